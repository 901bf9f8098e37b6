using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using MLNetGroupNorm.Benchmarks.Contenders;
using MLNetGroupNorm.Benchmarks.Measuring;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>
/// What a second core gains on batches of 16 MB, beside what it gains for copying them: that is the memory's limit. Large batches of
/// channels last are stored past the caches, so theirs is that of copies stored so. How near the limit is tells the time on two cores
/// against that of the faster copy on two cores.
/// </summary>
internal static class CoresTable
{
    private const double Limit = 1.7;

    /// <summary>Values from which vectors begin at multiples of their size.</summary>
    private const int VectorsAlign = 16;

    private static readonly TimeSpan _duration = TimeSpan.FromSeconds(2);

    private static readonly (string Name, Func<TimeSpan, IReadOnlyList<Action>, double[]> Race)[] _ways =
        [("from memory", Race.InMemory), ("again and again", Race.InCache)];

    public static void Run(Report report)
    {
        report.Section("NormalizeBatch on two cores", """
            Time on one core divided by time on two, batches of 16 MB, `from memory / again and again`, where the caches that cores share
            hold what they can. In brackets the time on two cores as a multiple of that of the faster copy on two cores.
            """);
        var table = new MarkdownTable("C x H x W / G", "copy", "copy past the caches", Columns.Ours, Columns.OursLast);
        var goals = new List<Goal>();
        foreach (var (shape, _, _, _) in KernelShapes.All)
        {
            var first = Filled(shape, TensorLayout.ChannelsFirst);
            var last = Filled(shape, TensorLayout.ChannelsLast);
            Action[] pieces = [
                () => first.Input.Span.CopyTo(first.Output.Span), () => OnTwoCores(first, (from, to) => from.Span.CopyTo(to.Span)),
                () => CopyPastCaches(first.Input, first.Output), () => OnTwoCores(first, CopyPastCaches),
                new Ours<float>(first).Run, new Ours<float>(first, cores: 2).Run, new Ours<float>(last).Run, new Ours<float>(last, cores: 2).Run];
            (double One, double Two)[][] times =
                [.. _ways.Select(way => way.Race(_duration, pieces).Chunk(2).Select(pair => (pair[0], pair[1])).ToArray())];
            string Gains(int column) => string.Join(" / ", times.Select(time => Report.Number(Gain(time[column]))));
            string Nearness(int column) => string.Join(" / ",
                times.Select(time => Report.Number(time[column].Two / Math.Min(time[0].Two, time[1].Two))));
            string Cell(int column) => $"{Gains(column)} ({Nearness(column)})";
            table.Add([shape.ToString(), Gains(0), Gains(1), Cell(2), shape.HasLayouts ? Cell(3) : ""]);
            foreach (var ((name, _), time) in _ways.Zip(times))
            {
                goals.Add(new Goal($"{shape}, {name}", Gain(time[2]), Limit, AtLeast: true));
                if (shape.HasLayouts)
                    goals.Add(new Goal($"{shape}, {name}, channels last", Gain(time[3]), Limit, AtLeast: true));
            }
        }

        report.Write(table);
        Goal.Write(report, goals);
    }

    private static double Gain((double One, double Two) time) => time.One / time.Two;

    private static void OnTwoCores(Workload<float> workload, Action<Memory<float>, Memory<float>> copy)
    {
        int half = workload.Input.Length / 2 / VectorsAlign * VectorsAlign;
        Parallel.Invoke(
            () => copy(workload.Input[..half], workload.Output[..half]), () => copy(workload.Input[half..], workload.Output[half..]));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void CopyPastCaches(Memory<float> from, Memory<float> to)
    {
        fixed (float* x = from.Span, y = to.Span)
            for (nint i = 0; i + Vector256<float>.Count <= from.Length; i += Vector256<float>.Count)
                Vector256.StoreAlignedNonTemporal(Vector256.Load(x + i), y + i);
    }

    private static Workload<float> Filled(TensorShape shape, TensorLayout layout)
    {
        var workload = new Workload<float>(shape, layout, KernelShapes.BatchSize<float>(shape));
        var random = new Random(1);
        foreach (ref float value in workload.Input.Span)
            value = random.NextSingle();
        return workload;
    }
}
