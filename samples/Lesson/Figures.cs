using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetGroupNorm.Samples.Lesson;

/// <summary>The lesson's tensor: the numbers 0 to 1469 as 5 samples of 6 channels of 7x7, in 2 groups.</summary>
internal static class Figures
{
    private const int Samples = 5;
    private const int Channels = 6;
    private const int Side = 7;
    private const int Groups = 2;
    private const int Length = Channels * Side * Side;

    /// <summary>The lesson prints columns 0, 1, 2 and 4, 5, 6 of these rows of the first sample, each to four decimals.</summary>
    private static readonly (int Channel, int Row, double[] Values)[] _printed =
    [
        (0, 0, [-1.7203, -1.6967, -1.6732, -1.6260, -1.6025, -1.5789]),
        (0, 1, [-1.5553, -1.5318, -1.5082, -1.4611, -1.4375, -1.4140]),
        (0, 2, [-1.3904, -1.3668, -1.3433, -1.2961, -1.2726, -1.2490]),
        (0, 4, [-1.0605, -1.0369, -1.0133, -0.9662, -0.9426, -0.9191]),
        (0, 5, [-0.8955, -0.8719, -0.8484, -0.8012, -0.7777, -0.7541]),
        (0, 6, [-0.7305, -0.7070, -0.6834, -0.6363, -0.6127, -0.5891]),
        (1, 0, [-0.5656, -0.5420, -0.5184, -0.4713, -0.4478, -0.4242]),
        (1, 1, [-0.4006, -0.3771, -0.3535, -0.3064, -0.2828, -0.2592]),
        (1, 2, [-0.2357, -0.2121, -0.1885, -0.1414, -0.1178, -0.0943]),
        (1, 4, [0.0943, 0.1178, 0.1414, 0.1885, 0.2121, 0.2357]),
        (1, 5, [0.2592, 0.2828, 0.3064, 0.3535, 0.3771, 0.4006]),
        (1, 6, [0.4242, 0.4478, 0.4713, 0.5184, 0.5420, 0.5656]),
        (2, 0, [0.5891, 0.6127, 0.6363, 0.6834, 0.7070, 0.7305]),
    ];

    private static readonly int[] _printedColumns = [0, 1, 2, 4, 5, 6];

    public static void Run(Checks checks)
    {
        Console.WriteLine("The lesson: arange(1470) as 5x6x7x7, 2 groups, epsilon 0");
        float[][] rows = [.. Enumerable.Range(0, Samples)
            .Select(sample => Enumerable.Range(sample * Length, Length).Select(i => (float)i).ToArray())];

        float[][] fromPipeline = InPipeline(rows);
        float[][] fromSpans = Array.ConvertAll(rows, row =>
        {
            var output = new float[Length];
            GroupNormalization.Normalize(row, output, numberOfChannels: Channels, numberOfGroups: Groups, epsilon: 0);
            return output;
        });

        Console.WriteLine("  first sample              GroupNormalize                            | the lesson's own figures");
        foreach (var (channel, row, values) in _printed)
        {
            int start = (channel * Side + row) * Side;
            var ours = _printedColumns.Select(column => (double)fromPipeline[0][start + column]);
            Console.WriteLine($"  channel {channel} row {row}  {Line(ours)} | {Line(values)}");
        }

        checks.That("every figure of the lesson comes out, in all 5 samples", fromPipeline.All(HasPrintedValues));
        double difference = fromPipeline.Zip(fromSpans, (a, b) => a.Zip(b, (x, y) => (double)x - y).Sum()).Sum();
        checks.That($"pipeline and span function: the sum of their differences is {difference}", difference == 0);
        double fromFormula = rows.Zip(fromPipeline, (row, output) => ByFormula(row).Zip(output, (x, y) => x - y).Sum()).Sum();
        checks.That($"pipeline and the formula in plain loops: the sum of their differences is {fromFormula:F6}",
            Math.Abs(fromFormula) < 1e-6);
        Console.WriteLine();
    }

    private static float[][] InPipeline(float[][] rows)
    {
        var mlContext = new MLContext();
        var data = mlContext.Data.LoadFromEnumerable(rows.Select(row => new Sample { Features = row }));
        var pipeline = mlContext.Transforms.GroupNormalize("Features", numberOfGroups: Groups, epsilon: 0);
        var normalized = pipeline.Fit(data).Transform(data);
        return [.. normalized.GetColumn<float[]>("Features")];
    }

    /// <summary>The lesson's MyGroupNorm for one sample: mean and biased variance of each group, in plain loops.</summary>
    private static double[] ByFormula(float[] row)
    {
        var output = new double[row.Length];
        int size = row.Length / Groups;
        for (int group = 0; group < Groups; group++)
        {
            var values = row.AsSpan(group * size, size).ToArray();
            double mean = values.Average(value => (double)value);
            double variance = values.Average(value => (value - mean) * (value - mean));
            for (int i = 0; i < size; i++)
                output[group * size + i] = (values[i] - mean) / Math.Sqrt(variance);
        }

        return output;
    }

    private static bool HasPrintedValues(float[] sample) => _printed.All(printed =>
        printed.Values.Zip(_printedColumns).All(pair =>
            Math.Round((double)sample[(printed.Channel * Side + printed.Row) * Side + pair.Second], 4) == pair.First));

    private static string Line(IEnumerable<double> values) =>
        string.Join(" ", values.Select((value, i) => (i == 3 ? "... " : "") + $"{value,7:F4}"));

    private sealed class Sample
    {
        [VectorType(Channels, Side, Side)]
        public float[] Features { get; set; } = [];
    }
}
