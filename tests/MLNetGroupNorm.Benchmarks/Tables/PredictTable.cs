using Microsoft.ML;
using MLNetGroupNorm.Benchmarks.Contenders;
using MLNetGroupNorm.Benchmarks.Measuring;
using MLNetGroupNorm.Benchmarks.Pipelines;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>One picture at a time through a prediction engine.</summary>
internal static class PredictTable
{
    private const double Limit = 1.3;
    private const int Calls = 50;
    private const int PassesOfEach = 61;

    public static void Run(Report report)
    {
        report.Section("PredictionEngine.Predict on a 3x224x224 row", $"""
            Microseconds a call, and in brackets processor time of all threads; medians of {PassesOfEach} passes of {Calls} calls.
            """);
        var workload = new Workload<float>(new TensorShape(3, 224, 224, 1), TensorLayout.ChannelsFirst, 1);
        workload.Fill(Sample.Normal<float>(workload.Shape, 0));
        var kernel = new Ours<float>(workload, hasParameters: false);
        var row = AlignedMemory.Copy<float>(workload.Input.Span);
        var result = AlignedMemory.Copy<float>(workload.Input.Span);

        var ml = new MLContext(seed: 1);
        var picture = new Picture { Pixels = row.ToArray() };
        var model = ml.Transforms.GroupNormalize("Normalized", 1, nameof(Picture.Pixels), epsilon: Sample.Epsilon)
            .Fit(ml.Data.LoadFromEnumerable([picture]));
        using var arrays = ml.Model.CreatePredictionEngine<Picture, ArrayPrediction>(model);
        using var buffers = ml.Model.CreatePredictionEngine<Picture, BufferPrediction>(model);
        var array = new ArrayPrediction();
        var buffer = new BufferPrediction();

        (string Name, Action Call)[] ways =
        [
            ("row copy + kernel", () =>
            {
                row.Span.CopyTo(workload.Input.Span);
                kernel.Run();
            }),
            ("row copy + kernel + copy of the result", () =>
            {
                row.Span.CopyTo(workload.Input.Span);
                kernel.Run();
                workload.Output.Span.CopyTo(result.Span);
            }),
            ("row copy + kernel, into a new array", () =>
            {
                row.Span.CopyTo(workload.Input.Span);
                GroupNormalization.Normalize(workload.Input.Span, new float[row.Length], workload.Shape.Channels, workload.Shape.Groups,
                    Sample.Epsilon);
            }),
            ("Predict(x), float[] in the result", () => arrays.Predict(picture)),
            ("Predict(x, ref y), float[] in the result", () => arrays.Predict(picture, ref array)),
            ("Predict(x), VBuffer in the result", () => buffers.Predict(picture)),
            ("Predict(x, ref y), VBuffer in the result", () => buffers.Predict(picture, ref buffer)),
        ];
        var medians = Passes.Run(PassesOfEach, Calls, [.. ways.Select(way => (Action)(() =>
        {
            for (int i = 0; i < Calls; i++)
                way.Call();
        }))]);

        var table = new MarkdownTable("", "microseconds a call");
        foreach (var (way, median) in ways.Zip(medians))
            table.Add(way.Name, $"{Report.Number(median.Time)} ({Report.Number(median.Processor)})");
        report.Write(table);
        Goal.Write(report, ways.Zip(medians).Skip(3).Select(pair =>
            new Goal($"{pair.First.Name}, against row copy + kernel", pair.Second.Time / medians[0].Time, Limit)));
    }
}
