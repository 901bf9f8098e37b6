using Microsoft.ML;
using MLNetGroupNorm.Benchmarks.Measuring;
using MLNetGroupNorm.Benchmarks.Pipelines;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>What a row costs in a pipeline.</summary>
internal static class PipelineTable
{
    private const int Rows = 1000;
    private const int PassesOfEach = 41;

    // Places in the list of what is measured.
    private const int Floor = 2, Ours = 3, GlobalContrast = 4;
    private static readonly string[] _floors = ["reading the column alone", "the kernel alone", "reading + kernel, no transform between"];

    public static void Run(Report report)
    {
        report.Section("Rows of 12x28x28 through a pipeline", $"""
            Microseconds a row, consumed by one cursor, and in brackets processor time of all threads; medians of {PassesOfEach} passes over
            {Rows} rows. Error: of any value against the exact result, input N(0, 1).
            """);
        var pipelines = new RowPipelines(Rows);
        (string Name, Func<IDataView, IDataView> Apply)[] ways =
        [
            ("ours", pipelines.Ours),
            ("NormalizeGlobalContrast", pipelines.GlobalContrast),
            ("CustomMapping, plain loop", pipelines.MappedLoop),
            ("CustomMapping, our kernel", pipelines.MappedKernel),
            ("ApplyOnnxModel, GroupNormalization", pipelines.Onnx),
        ];
        var enumerable = Measure(pipelines, pipelines.FromEnumerable(), ways);
        var cache = Measure(pipelines, pipelines.FromCache(), ways);

        var table = new MarkdownTable("", "rows from LoadFromEnumerable", "rows from Cache", "largest error");
        string[] names = [.. _floors, .. ways.Select(way => way.Name)];
        for (int i = 0; i < names.Length; i++)
            table.Add(names[i], Cell(enumerable[i]), Cell(cache[i]), i < _floors.Length || i == GlobalContrast ? "" : Report.Error(
                pipelines.LargestError(ways[i - _floors.Length].Apply(pipelines.FromEnumerable()))));
        report.Write(table);
        Goal.Write(report,
        [
            .. AgainstFloor("from the enumerable", enumerable),
            .. AgainstFloor("from the cache", cache),
            new("from the enumerable: rows per second against NormalizeGlobalContrast",
                enumerable[GlobalContrast].Time / enumerable[Ours].Time, 2, AtLeast: true),
            new("from the enumerable: processor time against it",
                enumerable[Ours].Processor / enumerable[GlobalContrast].Processor, 1.0 / 3),
            new("from the cache: rows per second against it", cache[GlobalContrast].Time / cache[Ours].Time, 1, AtLeast: true),
        ]);
    }

    private static (double Time, double Processor)[] Measure(RowPipelines pipelines, IDataView source,
        (string Name, Func<IDataView, IDataView> Apply)[] ways)
    {
        var kernel = new Contenders.Ours<float>(pipelines.Workload);
        return Passes.Run(PassesOfEach, Rows,
        [
            () => RowPipelines.Read(source, RowPipelines.Features),
            () =>
            {
                for (int i = 0; i < Rows; i++)
                    kernel.Run();
            },
            () => pipelines.ReadAndNormalize(source),
            .. ways.Select(way => way.Apply(source)).Select(view => (Action)(() => RowPipelines.Read(view, RowPipelines.Normalized))),
        ]);
    }

    private static IEnumerable<Goal> AgainstFloor(string source, (double Time, double Processor)[] medians)
    {
        yield return new($"{source}: ours against reading + kernel, each alone", medians[Ours].Time / (medians[0].Time + medians[1].Time), 1.15);
        yield return new($"{source}: ours against reading + kernel, in one pass", medians[Ours].Time / medians[Floor].Time, 1.15);
    }

    private static string Cell((double Time, double Processor) median) =>
        $"{Report.Number(median.Time)} ({Report.Number(median.Processor)})";
}
