using System.Numerics;
using MLNetGroupNorm.Benchmarks.Contenders;
using MLNetGroupNorm.Benchmarks.Measuring;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>Small groups, and inputs that need more than plain sums: time per value against that of N(0, 1) in large groups.</summary>
internal static class InputsTable
{
    /// <summary>Groups this small come with feature vectors only, where reading a row takes longer than normalizing it.</summary>
    private const double SmallGroupsLimit = 8;

    private const double FarMean = 1000;
    private const double Level = 128;
    private const int OneFarOf = 8;

    private const string Near = "N(0, 1)", AllFar = "N(1000, 1)", OneFar = "one N(1000, 1) among 8", Flat = "all 128",
        Plain = "N(0, 1), plain C# loop";

    private static readonly string[] _columns = [Near, AllFar, OneFar, Flat, Plain];
    private static readonly TensorShape _large = new(64, 56, 56, 32);
    private static readonly TensorShape[] _shapes =
    [
        _large, new(3, 224, 224, 1), new(512, 7, 7, 32), new(2048, 1, 1, 32),
        .. new[] { 16, 8, 4, 2 }.Select(size => new TensorShape(512, 1, 1, 512 / size)),
        .. new[] { 8, 6, 4, 3, 2 }.Select(size => new TensorShape(512, 1, size, 256)),
        .. new[] { 16, 15, 12, 9, 8, 7, 6, 5, 4, 3, 2 }.Select(size => new TensorShape(512, 1, size, 512)),
    ];

    private static readonly TimeSpan _duration = TimeSpan.FromSeconds(12);

    public static void Run(Report report)
    {
        report.Section("Small groups and inputs of other kinds", $"""
            One sample in the cache: time per value, as a multiple of that of N(0, 1) in {_large}; `channels first / channels last`.
            A far group among {OneFarOf} has that mean where the others have 0; a flat image has one value everywhere.
            """);
        var goals = new List<Goal>();
        Run<float>(report, "floats", goals);
        Run<double>(report, "doubles", goals);
        Goal.Write(report, goals);
    }

    private static void Run<T>(Report report, string type, List<Goal> goals)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        Case[] cases = [.. from shape in _shapes
                           from column in _columns
                           where column != OneFar || shape.Groups >= OneFarOf
                           from layout in Layouts(shape)
                           select new Case(shape, column, layout)];
        double[] seconds = Race.InCache(_duration, [.. cases.Select(Prepare<T>)]);
        double unit = seconds[Array.IndexOf(cases, new Case(_large, Near, TensorLayout.ChannelsFirst))] / _large.Length;
        var times = cases.Zip(seconds).ToDictionary(pair => pair.First, pair => pair.Second / pair.First.Shape.Length / unit);

        var table = new MarkdownTable([$"C x H x W / G, {type}", "values of a group", .. _columns]);
        foreach (var shape in _shapes)
            table.Add([shape.ToString(), $"{shape.GroupLength}", .. _columns.Select(column => string.Join(" / ", Layouts(shape)
                .Select(layout => new Case(shape, column, layout)).Where(times.ContainsKey).Select(key => Report.Number(times[key]))))]);
        report.Write(table);

        foreach (var layout in Enum.GetValues<TensorLayout>())
        {
            var ours = times.Where(pair => pair.Key.Layout == layout && pair.Key.Column != Plain).ToArray();
            goals.AddRange(from pair in ours
                           where pair.Key.Shape.GroupLength <= 16
                           group pair.Value by pair.Key.Column into small
                           select new Goal($"{type}, {layout}: groups of 2 to 16 values, {small.Key}, the worst", small.Max(),
                               SmallGroupsLimit));
            goals.Add(new Goal($"{type}, {layout}: any input against the plain loop, the worst",
                ours.Max(pair => pair.Value / times[pair.Key with { Column = Plain }]), 1));
        }
    }

    private static TensorLayout[] Layouts(TensorShape shape) =>
        shape.HasLayouts ? Enum.GetValues<TensorLayout>() : [TensorLayout.ChannelsFirst];

    private static Action Prepare<T>(Case entry)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var workload = new Workload<T>(entry.Shape, entry.Layout, 1);
        workload.Fill(entry.Column switch
        {
            AllFar => Sample.Normal<T>(entry.Shape, FarMean),
            OneFar => Sample.Normal<T>(entry.Shape, group => group % OneFarOf == 0 ? FarMean : 0),
            Flat => Sample.Constant(entry.Shape, Level),
            _ => Sample.Normal<T>(entry.Shape, 0),
        });
        return entry.Column == Plain ? new PlainLoop<T>(workload).Run : new Ours<T>(workload).Run;
    }

    private sealed record Case(TensorShape Shape, string Column, TensorLayout Layout);
}
