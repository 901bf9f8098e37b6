using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace MLNetGroupNorm.Samples.Tests.Readme;

/// <summary>A complete program from a README, compiled as <c>dotnet new console</c> sets a project up, with all packages at hand.</summary>
internal sealed class ReadmeProgram : IDisposable
{
    /// <summary>What ImplicitUsings gives a console project, and a web project beside it.</summary>
    private const string ImplicitUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        """;

    private const string WebUsings = """
        global using Microsoft.AspNetCore.Builder; global using Microsoft.AspNetCore.Http; global using Microsoft.AspNetCore.Routing;
        """;

    private static readonly MetadataReference[] _references =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => !Path.GetFileName(path).StartsWith("xunit", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path))];

    private readonly string _assembly;

    public ReadmeProgram(string code)
    {
        IsWeb = code.Contains("WebApplication", StringComparison.Ordinal);
        _assembly = Path.Combine(AppContext.BaseDirectory, $"Readme-{Guid.NewGuid():N}.dll");
        var compilation = CSharpCompilation.Create(Path.GetFileNameWithoutExtension(_assembly),
            [CSharpSyntaxTree.ParseText(ImplicitUsings + (IsWeb ? WebUsings : "")), CSharpSyntaxTree.ParseText(code)], _references,
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        var result = compilation.Emit(_assembly);
        var faults = result.Diagnostics.Where(diagnostic => diagnostic.Severity >= DiagnosticSeverity.Warning).ToList();
        if (faults.Count == 0)
            return;
        Dispose();
        Assert.Fail($"{string.Join('\n', faults)}\nin\n{code}");
    }

    /// <summary>Whether it is a web application, which does not end by itself.</summary>
    public bool IsWeb { get; }

    /// <summary>The arguments for <c>dotnet</c> that start it with the packages of these tests.</summary>
    public string[] Arguments =>
    [
        "exec", "--depsfile", BesideTests("deps.json"), "--runtimeconfig", BesideTests("runtimeconfig.json"), _assembly,
    ];

    public void Dispose() => File.Delete(_assembly);

    private static string BesideTests(string extension) =>
        Path.ChangeExtension(typeof(ReadmeProgram).Assembly.Location, extension);
}
