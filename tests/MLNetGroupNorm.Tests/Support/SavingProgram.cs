using System.Globalization;

namespace MLNetGroupNorm.Tests.Support;

/// <summary>A program that saves a model and prints what it gives ("save", path), or loads one and prints that ("load", path).</summary>
internal static class SavingProgram
{
    public const string Source = """
        using System.Globalization;
        using Microsoft.ML;
        using Microsoft.ML.Data;

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

    /// <summary>What the program is to print: what the library gives in this process.</summary>
    public static string Expected { get; } = string.Concat(Enumerable.Range(0, 5).Select(ExpectedRow));

    private static string ExpectedRow(int row)
    {
        float[] values = [.. Enumerable.Range(0, 12).Select(i => i * i - 7f * row)];
        GroupNormalization.Normalize(values, values, 4, 2,
            affine: new GroupNormAffine([1f, 2f, -1f, 0.5f], [0f, 1f, 10f, -3f]));
        return string.Join(" ", values.Select(value => value.ToString("R", CultureInfo.InvariantCulture))) + Environment.NewLine;
    }
}
