using System.Numerics;
using MLNetGroupNorm.Benchmarks.Contenders;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>The kernel against its peers on the shapes of networks.</summary>
internal static class KernelTable
{
    private const double HardMean = 1000;
    private static readonly TimeSpan _inCache = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan _batch = TimeSpan.FromSeconds(6);

    public static void Run(Report report)
    {
        report.Section("Kernel, one thread", """
            Time as a multiple of a plain copy of the same values, `one sample in the cache / a batch of 16 MB`, and in brackets the
            largest error of any value against the exact result, `(input N(0, 1), input N(1000, 1))`. Weight and bias for every channel.
            Doubles are in rows of their own; their batches are normalized sample by sample.
            """);
        string[] names = [.. Columns.OfFloats.Select(column => column.Name)];
        var table = new MarkdownTable(["C x H x W / G", "copy", .. names]);
        var floats = new List<Row>();
        var doubles = new List<Row>();
        foreach (var (shape, inCacheLimit, batchLimit, doubleLimit) in KernelShapes.All)
        {
            floats.Add(Row.Measure(shape.ToString(), shape, Columns.OfFloats, inCacheLimit, batchLimit));
            doubles.Add(Row.Measure($"{shape}, doubles", shape, Columns.OfDoubles, doubleLimit, null));
            foreach (var row in new[] { floats[^1], doubles[^1] })
                table.Add([row.Name, row.Copy(), .. names.Select(row.Cell)]);
            Console.Error.WriteLine(shape);
        }

        report.Write(table);
        KernelRace[] races = [.. floats.SelectMany(row => row.Races)];
        List<Goal> goals = [.. floats.Concat(doubles).SelectMany(row => row.Goals())];
        goals.AddRange(new[] { Columns.Ours, Columns.OursLast }.Select(ours => new Goal(
            $"{ours}: time against ONNX Runtime's better form, on the worst shape",
            Against(races, ours, Columns.OnnxOperator, Columns.OnnxInstances).Max(), 1)));
        AddPlain(goals, "floats", floats);
        AddPlain(goals, "doubles", doubles);
        goals.Add(new Goal("bytes allocated by a call",
            floats.Concat(doubles).SelectMany(row => row.Races).Max(race => race.AllocatedBytes), 0));
        AddTorch(goals, races, Columns.Ours, Columns.Torch);
        AddTorch(goals, races, Columns.OursLast, Columns.TorchLast);
        Goal.Write(report, goals);
    }

    private static void AddPlain(List<Goal> goals, string type, IEnumerable<Row> rows)
    {
        foreach (var (ours, plain) in new[] { (Columns.Ours, Columns.Plain), (Columns.OursLast, Columns.PlainLast) })
            goals.Add(new Goal($"{type}, {ours}: time against the plain loop, on the worst shape",
                Against(rows.SelectMany(row => row.Races), ours, plain).Max(), 1));
    }

    private static void AddTorch(List<Goal> goals, IEnumerable<KernelRace> races, string ours, string torch)
    {
        double[] ratios = [.. Against(races, ours, torch)];
        if (ratios.Length > 0)
            goals.Add(new Goal($"{ours}: time against libtorch, geometric mean", Math.Exp(ratios.Average(Math.Log)), 1));
    }

    /// <summary>Time against that of the fastest of some contenders, for each race in which all run.</summary>
    private static IEnumerable<double> Against(IEnumerable<KernelRace> races, string ours, params string[] others) =>
        races.Select(race => race.Ratio(ours) / others.Min(race.Ratio)).Where(double.IsFinite);

    private sealed record Row(string Name, KernelRace InCache, KernelRace Batch, double? InCacheLimit, double? BatchLimit)
    {
        public KernelRace[] Races => [InCache, Batch];

        public static Row Measure<T>(string name, TensorShape shape, IReadOnlyList<Column<T>> columns, double? inCacheLimit,
            double? batchLimit)
            where T : unmanaged, IFloatingPointIeee754<T>
        {
            var normal = Sample.Normal<T>(shape, 0);
            var hard = Sample.Normal<T>(shape, HardMean);
            return new Row(name, KernelRace.Run(shape, 1, columns, normal, hard, _inCache),
                KernelRace.Run(shape, KernelShapes.BatchSize<T>(shape), columns, normal, hard, _batch), inCacheLimit, batchLimit);
        }

        public string Copy() => $"{Report.Number(InCache.CopySeconds * 1e6)} / {Report.Number(Batch.CopySeconds * 1e6)} µs";

        public string Cell(string column)
        {
            if (double.IsNaN(InCache.Ratio(column)))
                return "";
            var (normal, hard) = Batch.Errors(column);
            return $"{Report.Number(InCache.Ratio(column))} / {Report.Number(Batch.Ratio(column))} "
                + $"({Report.Error(normal)}, {Report.Error(hard)})";
        }

        public IEnumerable<Goal> Goals() =>
            Goals($"{Name} in the cache", InCache, InCacheLimit).Concat(Goals($"{Name}, 16 MB", Batch, BatchLimit));

        private static IEnumerable<Goal> Goals(string what, KernelRace race, double? limit)
        {
            if (limit is null)
                yield break;
            yield return new Goal(what, race.Ratio(Columns.Ours), limit.Value);
            double last = race.Ratio(Columns.OursLast);
            if (!double.IsNaN(last))
                yield return new Goal($"{what}: channels last against channels first", last / race.Ratio(Columns.Ours),
                    KernelShapes.ChannelsLastLimit);
        }
    }
}
