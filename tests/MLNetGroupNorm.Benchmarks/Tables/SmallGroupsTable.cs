using MLNetGroupNorm.Benchmarks.Contenders;
using MLNetGroupNorm.Benchmarks.Measuring;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>Few positions to a channel, and groups down to two values: time per value against that of a sample of large groups.</summary>
internal static class SmallGroupsTable
{
    /// <summary>Groups this small come with feature vectors only, where reading a row takes longer than normalizing it.</summary>
    private const double Limit = 8;
    private const int Channels = 512;
    private static readonly TensorShape _large = new(64, 56, 56, 32);
    private static readonly int[] _groups = [32, 128, Channels / 2, Channels];
    private static readonly int[] _sizes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 49];
    private static readonly TimeSpan _duration = TimeSpan.FromSeconds(6);

    public static void Run(Report report)
    {
        report.Section("Small groups", $"""
            One sample in the cache: time per value, as a multiple of that of {_large}; `channels first / channels last`. A row is
            {Channels} channels of so many positions.
            """);
        var cases = (from size in _sizes
                     from groups in _groups
                     let shape = new TensorShape(Channels, 1, size, groups)
                     where shape.Length > groups
                     from layout in Enum.GetValues<TensorLayout>()
                     select (Shape: shape, Layout: layout)).Prepend((Shape: _large, Layout: TensorLayout.ChannelsFirst)).ToArray();
        Workload[] workloads = [.. cases.Select(entry => new Workload(entry.Shape, entry.Layout, 1))];
        foreach (var workload in workloads)
            workload.Fill(new Sample(workload.Shape, 0));
        double[] seconds = Race.InCache(_duration, [.. workloads.Select(workload => (Action)new Ours(workload).Run)]);
        double[] perValue = [.. seconds.Zip(cases, (time, entry) => time / entry.Shape.Length)];
        var ratios = cases.Zip(perValue).Skip(1).ToDictionary(pair => pair.First, pair => pair.Second / perValue[0]);

        var table = new MarkdownTable(["positions", .. _groups.Select(groups => $"{groups} groups")]);
        foreach (int size in _sizes)
            table.Add([$"{size}", .. _groups.Select(groups => string.Join(" / ", Enum.GetValues<TensorLayout>()
                .Select(layout => (new TensorShape(Channels, 1, size, groups), layout)).Where(ratios.ContainsKey)
                .Select(key => Report.Number(ratios[key]))))]);
        report.Write(table);
        Goal.Write(report,
            from pair in ratios
            group pair.Value by (pair.Key.Shape.Groups, IsOfPairs: pair.Key.Shape.Length == 2 * pair.Key.Shape.Groups, pair.Key.Layout) into worst
            select new Goal($"{worst.Key.Groups} groups{(worst.Key.IsOfPairs ? " of two values" : "")}, {worst.Key.Layout}: the worst",
                worst.Max(), Limit));
    }
}
