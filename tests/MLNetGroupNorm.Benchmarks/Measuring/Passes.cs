using System.Diagnostics;

namespace MLNetGroupNorm.Benchmarks.Measuring;

/// <summary>
/// Times pieces of code that use threads and the collector, where the best case says little: whole passes in turn, and of each the
/// median, of time and of processor time on all cores.
/// </summary>
internal static class Passes
{
    private const int WarmUps = 5;

    /// <summary>Microseconds of each piece for one of the <paramref name="rows"/> of a pass.</summary>
    public static (double Time, double Processor)[] Run(int passes, int rows, params IReadOnlyList<Action> pieces)
    {
        var times = pieces.Select(_ => (Time: new List<double>(), Processor: new List<double>())).ToArray();
        for (int pass = -WarmUps; pass < passes; pass++)
            for (int i = 0; i < pieces.Count; i++)
            {
                var processor = Environment.CpuUsage.TotalTime;
                long start = Stopwatch.GetTimestamp();
                pieces[i]();
                double time = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
                if (pass < 0)
                    continue;
                times[i].Time.Add(time / rows);
                times[i].Processor.Add((Environment.CpuUsage.TotalTime - processor).TotalMicroseconds / rows);
            }

        return Array.ConvertAll(times, piece => (Median(piece.Time), Median(piece.Processor)));
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
