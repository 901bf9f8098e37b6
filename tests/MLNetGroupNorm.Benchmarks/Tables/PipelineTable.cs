using Microsoft.ML;
using MLNetGroupNorm.Benchmarks.Contenders;
using MLNetGroupNorm.Benchmarks.Measuring;
using MLNetGroupNorm.Benchmarks.Pipelines;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>What a row costs in a pipeline.</summary>
internal static class PipelineTable
{
    private const int Rows = 1000;
    private const int PassesOfEach = 41;

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
        string[] names = ["reading the column alone", "the kernel alone", .. ways.Select(way => way.Name)];
        for (int i = 0; i < names.Length; i++)
            table.Add(names[i], Cell(enumerable[i]), Cell(cache[i]), i < 2 || i == 3 ? "" : Report.Error(
                pipelines.LargestError(ways[i - 2].Apply(pipelines.FromEnumerable()))));
        report.Write(table);
        Goal.Write(report,
        [
            new("from the enumerable: ours against reading + kernel", enumerable[2].Time / (enumerable[0].Time + enumerable[1].Time), 1.15),
            new("from the cache: ours against reading + kernel", cache[2].Time / (cache[0].Time + cache[1].Time), 1.15),
            new("from the enumerable: rows per second against NormalizeGlobalContrast", enumerable[3].Time / enumerable[2].Time, 2, AtLeast: true),
            new("from the enumerable: processor time against it", enumerable[2].Processor / enumerable[3].Processor, 1.0 / 3),
            new("from the cache: rows per second against it", cache[3].Time / cache[2].Time, 1, AtLeast: true),
        ]);
    }

    private static (double Time, double Processor)[] Measure(RowPipelines pipelines, IDataView source,
        (string Name, Func<IDataView, IDataView> Apply)[] ways)
    {
        var kernel = new Ours(pipelines.Workload);
        return Passes.Run(PassesOfEach, Rows,
        [
            () => RowPipelines.Read(source, RowPipelines.Features),
            () =>
            {
                for (int i = 0; i < Rows; i++)
                    kernel.Run();
            },
            .. ways.Select(way => way.Apply(source)).Select(view => (Action)(() => RowPipelines.Read(view, RowPipelines.Normalized))),
        ]);
    }

    private static string Cell((double Time, double Processor) median) =>
        $"{Report.Number(median.Time)} ({Report.Number(median.Processor)})";
}
