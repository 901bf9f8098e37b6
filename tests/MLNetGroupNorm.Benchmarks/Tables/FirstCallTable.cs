using MLNetGroupNorm.Benchmarks.Measuring;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>What a process's first call takes, most of which is compiling.</summary>
internal static class FirstCallTable
{
    private const double FirstLimit = 20;
    private const double SecondLimit = 3;

    /// <summary>Processes of each kind.</summary>
    private const int Processes = 9;

    public static void Run(Report report)
    {
        report.Section("First call of a process", $"""
            Milliseconds to normalize {FirstCall.Shape} with weight and bias for every channel, in processes that have done nothing else
            before: medians of {Processes} processes of each row, which run in turn, and in brackets the best of them.
            """);
        (string Type, TensorLayout Layout)[] kinds =
        [
            .. from type in FirstCall.Types
               from layout in Enum.GetValues<TensorLayout>()
               select (type, layout),
        ];
        var runs = kinds.Select(_ => new List<CallTimes>()).ToArray();
        for (int i = 0; i < Processes; i++)
            for (int kind = 0; kind < kinds.Length; kind++)
                runs[kind].Add(FirstCall.Measure(kinds[kind].Type, kinds[kind].Layout));

        var table = new MarkdownTable("values", "layout", "first call", "second call", "best of the calls after");
        var goals = new List<Goal>();
        foreach (var ((type, layout), times) in kinds.Zip(runs))
        {
            var first = Of(times, time => time.First);
            var second = Of(times, time => time.Second);
            var later = Of(times, time => time.Later);
            table.Add(type, layout.ToString(), Cell(first), Cell(second), Cell(later));
            goals.Add(new Goal($"{type}, {layout}: first call", first.Median, FirstLimit));
            goals.Add(new Goal($"{type}, {layout}: second call against the best after", second.Median / later.Median, SecondLimit));
        }

        report.Write(table);
        Goal.Write(report, goals);
    }

    private static (double Median, double Best) Of(IEnumerable<CallTimes> times, Func<CallTimes, double> call)
    {
        double[] sorted = [.. times.Select(call).Order()];
        return (sorted[sorted.Length / 2], sorted[0]);
    }

    private static string Cell((double Median, double Best) time) => $"{Report.Number(time.Median)} ({Report.Number(time.Best)})";
}
