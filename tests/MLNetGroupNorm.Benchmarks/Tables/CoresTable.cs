using MLNetGroupNorm.Benchmarks.Contenders;
using MLNetGroupNorm.Benchmarks.Measuring;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>What a second core gains on batches of 16 MB, beside what it gains for copying them: that is the memory's limit.</summary>
internal static class CoresTable
{
    private const double Limit = 1.7;
    private static readonly TimeSpan _duration = TimeSpan.FromSeconds(3);

    public static void Run(Report report)
    {
        report.Section("NormalizeBatch on two cores", "Time on one core divided by time on two, batches of 16 MB.");
        var table = new MarkdownTable("C x H x W / G", "copy", Columns.Ours, Columns.OursLast);
        var goals = new List<Goal>();
        foreach (var (shape, _, _) in KernelShapes.All)
        {
            var first = Filled(shape, TensorLayout.ChannelsFirst);
            var last = Filled(shape, TensorLayout.ChannelsLast);
            double[] seconds = Race.InMemory(_duration,
                () => first.Input.Span.CopyTo(first.Output.Span), () => CopyOnTwoCores(first),
                new Ours(first).Run, new Ours(first, cores: 2).Run, new Ours(last).Run, new Ours(last, cores: 2).Run);
            string[] gains = [.. seconds.Chunk(2).Select(pair => Report.Number(pair[0] / pair[1]))];
            table.Add([shape.ToString(), .. gains[..2], shape.HasLayouts ? gains[2] : ""]);
            goals.Add(new Goal($"{shape} on two cores", seconds[2] / seconds[3], Limit, AtLeast: true));
            if (shape.HasLayouts)
                goals.Add(new Goal($"{shape} on two cores, channels last", seconds[4] / seconds[5], Limit, AtLeast: true));
        }

        report.Write(table);
        Goal.Write(report, goals);
    }

    private static void CopyOnTwoCores(Workload workload)
    {
        int half = workload.Input.Length / 2;
        Parallel.Invoke(
            () => workload.Input.Span[..half].CopyTo(workload.Output.Span),
            () => workload.Input.Span[half..].CopyTo(workload.Output.Span[half..]));
    }

    private static Workload Filled(TensorShape shape, TensorLayout layout)
    {
        var workload = new Workload(shape, layout, KernelShapes.BatchSize(shape));
        var random = new Random(1);
        foreach (ref float value in workload.Input.Span)
            value = random.NextSingle();
        return workload;
    }
}
