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
            Time as a multiple of a plain copy of the same floats, `one sample in the cache / a batch of 16 MB`, and in brackets the largest
            error of any value against the exact result, `(input N(0, 1), input N(1000, 1))`. Weight and bias for every channel.
            """);
        string[] names = [.. Columns.ChannelsFirst.Concat(Columns.ChannelsLast).Select(column => column.Name)];
        var table = new MarkdownTable(["C x H x W / G", "copy", .. names]);
        var results = KernelShapes.All.Select(row =>
        {
            var normal = new Sample(row.Shape, 0);
            var hard = new Sample(row.Shape, HardMean);
            var inCache = new KernelRace(row.Shape, 1, normal, hard, _inCache);
            var batch = new KernelRace(row.Shape, KernelShapes.BatchSize(row.Shape), normal, hard, _batch);
            table.Add([row.Shape.ToString(), Copy(inCache, batch), .. names.Select(name => Cell(inCache, batch, name))]);
            Console.Error.WriteLine(row.Shape);
            return (row.Shape, row.InCacheLimit, row.BatchLimit, InCache: inCache, Batch: batch);
        }).ToArray();
        report.Write(table);

        var goals = results.SelectMany(row =>
            Goals($"{row.Shape} in the cache", row.InCache, row.InCacheLimit)
                .Concat(Goals($"{row.Shape}, 16 MB", row.Batch, row.BatchLimit))).ToList();
        var races = results.SelectMany(row => new[] { row.InCache, row.Batch }).ToArray();
        goals.AddRange(new[] { Columns.Ours, Columns.OursLast }.Select(ours => new Goal(
            $"{ours}: time against ONNX Runtime's better form, on the worst shape", races.Select(race => race.Ratio(ours)
                / Math.Min(race.Ratio(Columns.OnnxOperator), race.Ratio(Columns.OnnxInstances))).Where(double.IsFinite).Max(), 1)));
        goals.Add(new Goal("bytes allocated by a call", races.Max(race => race.AllocatedBytes), 0));
        AddTorch(goals, races, Columns.Ours, Columns.Torch);
        AddTorch(goals, races, Columns.OursLast, Columns.TorchLast);
        Goal.Write(report, goals);
    }

    private static string Copy(KernelRace inCache, KernelRace batch) =>
        $"{Report.Number(inCache.CopySeconds * 1e6)} / {Report.Number(batch.CopySeconds * 1e6)} µs";

    private static string Cell(KernelRace inCache, KernelRace batch, string name)
    {
        if (double.IsNaN(inCache.Ratio(name)))
            return "";
        var (normal, hard) = batch.Errors(name);
        return $"{Report.Number(inCache.Ratio(name))} / {Report.Number(batch.Ratio(name))} ({Report.Error(normal)}, {Report.Error(hard)})";
    }

    private static IEnumerable<Goal> Goals(string what, KernelRace race, double limit)
    {
        yield return new Goal(what, race.Ratio(Columns.Ours), limit);
        double last = race.Ratio(Columns.OursLast);
        if (!double.IsNaN(last))
            yield return new Goal($"{what}: channels last against channels first", last / race.Ratio(Columns.Ours), KernelShapes.ChannelsLastLimit);
    }

    private static void AddTorch(List<Goal> goals, IEnumerable<KernelRace> races, string ours, string torch)
    {
        double[] ratios = [.. races.Select(race => race.Ratio(ours) / race.Ratio(torch)).Where(double.IsFinite)];
        if (ratios.Length > 0)
            goals.Add(new Goal($"{ours}: time against libtorch, geometric mean", Math.Exp(ratios.Average(Math.Log)), 1));
    }
}
