using System.Reflection;
using MLNetGroupNorm.Tests.Support;

namespace MLNetGroupNorm.Samples.Tests;

/// <summary>The samples as programs, which are built with these tests.</summary>
internal static class SampleProgram
{
    private static readonly string _configuration =
        typeof(SampleProgram).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>The names of all samples that have a README.</summary>
    public static IEnumerable<string> All { get; } = Directory.GetDirectories(Folder(""))
        .Where(folder => File.Exists(Path.Combine(folder, "README.md")))
        .Select(folder => Path.GetFileName(folder))
        .Order(StringComparer.Ordinal);

    public static string Folder(string sample) => Path.Combine(DotnetCommand.RepositoryRoot, "samples", sample);

    /// <summary>Runs a sample by its README's command, in the repository's root.</summary>
    public static (int ExitCode, string Output, string Error) Run(string sample, params string[] arguments) =>
        DotnetCommand.Try(DotnetCommand.RepositoryRoot, DotnetCommand.Program,
            ["run", "--no-build", "--configuration", _configuration, "--project", $"samples/{sample}", "--", .. arguments]);
}
