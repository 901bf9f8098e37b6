using System.Globalization;
using System.Xml.Linq;

namespace MLNetGroupNorm.Tests.Support;

/// <summary>A console project outside the repository that has the packed library and nothing else of it.</summary>
internal sealed class PackageConsumer
{
    private const string Program = """
        using System.Globalization;
        using Microsoft.ML;
        using Microsoft.ML.Data;

        if (args[0] == "hash")
        {
            System.Security.Cryptography.SHA256.HashData([]);
            return;
        }

        if (args[0] == "save")
            Training.SaveModel(args[1]);
        else if (AppDomain.CurrentDomain.GetAssemblies().Any(assembly => assembly.GetName().Name == "MLNetGroupNorm"))
            throw new InvalidOperationException("Loaded too early to tell whether the model finds the library by itself.");
        Prediction.PrintOutput(args[1]);

        static class Training
        {
            public static void SaveModel(string path)
            {
                var mlContext = new MLContext(seed: 1);
                var data = mlContext.Data.LoadFromEnumerable(Row.All);
                var affine = new MLNetGroupNorm.GroupNormAffine([1f, 2f, -1f, 0.5f], [0f, 1f, 10f, -3f]);
                var model = mlContext.Transforms.GroupNormalize("Output", 2, "Input", affine: affine).Fit(data);
                mlContext.Model.Save(model, data.Schema, path);
            }
        }

        static class Prediction
        {
            public static void PrintOutput(string path)
            {
                var mlContext = new MLContext(seed: 1);
                var model = mlContext.Model.Load(path, out _);
                var output = model.Transform(mlContext.Data.LoadFromEnumerable(Row.All));
                foreach (float[] row in output.GetColumn<float[]>("Output"))
                    Console.WriteLine(string.Join(" ", row.Select(value => value.ToString("R", CultureInfo.InvariantCulture))));
            }
        }

        class Row
        {
            [VectorType(4, 3)]
            public float[] Input { get; set; } = [];

            public static IEnumerable<Row> All => Enumerable.Range(0, 5).Select(
                row => new Row { Input = [.. Enumerable.Range(0, 12).Select(i => i * i - 7f * row)] });
        }
        """;

    private readonly string _directory;

    public PackageConsumer(PackedLibrary package)
    {
        _directory = Directory.CreateDirectory(Path.Combine(package.Root, "consumer")).FullName;
        // Files that end the search for those of the folders above.
        foreach (string name in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props" })
            Write(name, "<Project />");
        Write("Program.cs", Program);
        // The package is unpacked here; all others are taken from where this machine has them already, if it has.
        var project = new XElement("Project", new XAttribute("Sdk", "Microsoft.NET.Sdk"),
            new XElement("PropertyGroup",
                new XElement("OutputType", "Exe"),
                new XElement("TargetFramework", $"net{Environment.Version.Major}.0"),
                new XElement("ImplicitUsings", "enable"),
                new XElement("Nullable", "enable"),
                new XElement("InvariantGlobalization", "true"),
                new XElement("RestoreAdditionalProjectSources", package.Feed),
                new XElement("RestorePackagesPath", Path.Combine(package.Root, "packages")),
                new XElement("RestoreFallbackFolders", InstalledPackages())),
            new XElement("ItemGroup",
                new XElement("PackageReference",
                    new XAttribute("Include", "MLNetGroupNorm"), new XAttribute("Version", package.Version))));
        Write("consumer.csproj", project.ToString());
        DotnetCommand.Run(_directory, "build", "--configuration", "Release", "--output", "out", "--disable-build-servers");
    }

    /// <summary>What the program is to print: what the library gives in this process.</summary>
    public static string Expected { get; } = string.Concat(Enumerable.Range(0, 5).Select(ExpectedRow));

    /// <summary>Lets the program save its model and print what it gives, or load it and print that.</summary>
    public string Run(string mode) => DotnetCommand.Run(_directory, Path.Combine("out", "consumer.dll"), mode, "model.zip");

    /// <summary>The same on a Linux without OpenSSL; <c>hash</c> asks for SHA-256 and does nothing else.</summary>
    public (int ExitCode, string Output) RunWithoutOpenSsl(string mode) =>
        HiddenOpenSsl.Run(_directory, DotnetCommand.Program, Path.Combine("out", "consumer.dll"), mode, "model-without.zip");

    private static string ExpectedRow(int row)
    {
        float[] values = [.. Enumerable.Range(0, 12).Select(i => i * i - 7f * row)];
        GroupNormalization.Normalize(values, values, 4, 2,
            affine: new GroupNormAffine([1f, 2f, -1f, 0.5f], [0f, 1f, 10f, -3f]));
        return string.Join(" ", values.Select(value => value.ToString("R", CultureInfo.InvariantCulture))) + Environment.NewLine;
    }

    private static string InstalledPackages() =>
        DotnetCommand.Run(DotnetCommand.RepositoryRoot, "nuget", "locals", "global-packages", "--list")
            .Split(':', 2)[1].Trim();

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_directory, name), text);
}
