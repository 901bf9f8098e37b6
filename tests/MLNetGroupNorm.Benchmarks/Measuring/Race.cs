using System.Diagnostics;

namespace MLNetGroupNorm.Benchmarks.Measuring;

/// <summary>
/// Times several pieces of code against each other: in short bursts, again and again until a time is used up, of which each gets the
/// same share. The best burst of each counts. What disturbs a machine for a while disturbs all of them, and the best of many least.
/// </summary>
internal static class Race
{
    private const int MinBursts = 5;

    /// <summary>Seconds that one call of each piece takes.</summary>
    public static double[] Run(TimeSpan duration, params IReadOnlyList<Action> pieces)
    {
        Lane[] lanes = [.. pieces.Select(piece => new Lane(piece))];
        double share = duration.TotalSeconds / lanes.Length;
        while (lanes.Where(lane => lane.Spent < share || lane.Bursts < MinBursts).MinBy(lane => lane.Spent) is { } lane)
            lane.RunBurst();
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

        public int Bursts { get; private set; }

        /// <summary>Seconds of all bursts.</summary>
        public double Spent { get; private set; }

        public void RunBurst()
        {
            if (_calls > 1)
                _piece(); // brings its memory back into the cache
            double seconds = Time(_calls);
            Best = Math.Min(Best, seconds);
            Bursts++;
            Spent += seconds * _calls;
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
