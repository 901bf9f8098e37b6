using System.Globalization;

namespace MLNetGroupNorm.Tests.Support;

/// <summary>A program that has the package, and saves a model and prints what it gives, or loads one and prints that.</summary>
internal sealed class SavingProgram
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

    private static readonly string _assembly = Path.Combine("out", "consumer.dll");

    private readonly PackageConsumer _consumer;

    /// <summary>Builds the program.</summary>
    public SavingProgram(PackedLibrary package)
    {
        _consumer = new(package, "consumer", Program);
        _consumer.Dotnet("build", "--configuration", "Release", "--output", "out", "--disable-build-servers");
    }

    /// <summary>What the program is to print: what the library gives in this process.</summary>
    public static string Expected { get; } = string.Concat(Enumerable.Range(0, 5).Select(ExpectedRow));

    /// <summary>Lets the program <c>save</c> its model and print what it gives, or <c>load</c> it and print that.</summary>
    public string Run(string mode) => _consumer.Dotnet(_assembly, mode, "model.zip");

    /// <summary>The same on a Linux without OpenSSL; <c>hash</c> asks for SHA-256 and does nothing else.</summary>
    public (int ExitCode, string Output) RunWithoutOpenSsl(string mode) =>
        HiddenOpenSsl.Run(_consumer.Directory, DotnetCommand.Program, _assembly, mode, "model-without.zip");

    private static string ExpectedRow(int row)
    {
        float[] values = [.. Enumerable.Range(0, 12).Select(i => i * i - 7f * row)];
        GroupNormalization.Normalize(values, values, 4, 2,
            affine: new GroupNormAffine([1f, 2f, -1f, 0.5f], [0f, 1f, 10f, -3f]));
        return string.Join(" ", values.Select(value => value.ToString("R", CultureInfo.InvariantCulture))) + Environment.NewLine;
    }
}
