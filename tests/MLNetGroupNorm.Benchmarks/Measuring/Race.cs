using System.Diagnostics;

namespace MLNetGroupNorm.Benchmarks.Measuring;

/// <summary>
/// Times several pieces of code against each other: in turn, in short bursts, again and again until a time is used up. The best burst
/// of each counts. What disturbs a machine for a while disturbs all of them, and the best of many is disturbed least.
/// </summary>
internal static class Race
{
    private const int MinRounds = 10;

    /// <summary>Written before a burst, so that nothing else is left in the caches.</summary>
    private static readonly byte[] _scrub = new byte[64 << 20];

    /// <summary>Seconds that one call of each piece takes, its memory in the caches as far as they hold it.</summary>
    public static double[] InCache(TimeSpan duration, params IReadOnlyList<Action> pieces) =>
        Run(duration, lane => lane.RunBurst(), pieces);

    /// <summary>The same with memory that has not been touched lately: else who runs after whom would decide.</summary>
    public static double[] InMemory(TimeSpan duration, params IReadOnlyList<Action> pieces) =>
        Run(duration, lane => lane.RunCold(), pieces);

    private static double[] Run(TimeSpan duration, Action<Lane> burst, IReadOnlyList<Action> pieces)
    {
        Lane[] lanes = [.. pieces.Select(piece => new Lane(piece))];
        long start = Stopwatch.GetTimestamp();
        for (int round = 0; round < MinRounds || Stopwatch.GetElapsedTime(start) < duration; round++)
            foreach (var lane in lanes)
                burst(lane);
        return Array.ConvertAll(lanes, lane => lane.Best);
    }

    private sealed class Lane
    {
        /// <summary>Long enough for the clock, short enough to fit between two interruptions.</summary>
        private const double BurstSeconds = 100e-6;

        /// <summary>The runtime compiles a method anew after 30 calls, in the background.</summary>
        private const int WarmUpCalls = 40;

        private readonly Action _piece;
        private readonly int _calls;

        public Lane(Action piece)
        {
            _piece = piece;
            double longest = 0.3;
            for (int i = 0; i < WarmUpCalls && longest > 0; i++)
            {
                double seconds = Time(1);
                longest -= seconds;
                Best = Math.Min(Best, seconds);
            }

            _calls = (int)Math.Clamp(BurstSeconds / Best, 1, 10_000);
            Best = double.PositiveInfinity;
        }

        public double Best { get; private set; } = double.PositiveInfinity;

        public void RunBurst()
        {
            _piece(); // brings its memory back into the cache
            Best = Math.Min(Best, Time(_calls));
        }

        public void RunCold()
        {
            _scrub.AsSpan().Fill((byte)_calls);
            Best = Math.Min(Best, Time(1));
        }

        private double Time(int calls)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < calls; i++)
                _piece();
            return Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
        }
    }
}
