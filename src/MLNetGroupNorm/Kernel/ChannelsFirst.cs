using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>Groups that lie in one run each: a sample of (C, spatial) values is (G, C/G · spatial) of them.</summary>
internal static class ChannelsFirst
{
    /// <summary>Values whose statistics are taken before the first of them is written: they stay in the nearest cache.</summary>
    private const int TileLength = 4096;

    /// <summary>The most groups of a tile.</summary>
    private const int TileGroups = 32;

    /// <summary>Fewer positions than this do not fill a vector, and the channels' lines are laid out value by value.</summary>
    private const int ShortestRun = Lanes.Count;

    /// <summary>Values whose lines are laid out at a time.</summary>
    private const int LineLength = 512;

    /// <summary>Normalizes groups <paramref name="first"/> to before <paramref name="end"/> of a sample.</summary>
    public static void Normalize<T>(ref T x, ref float y, in SampleShape shape, int first, int end, Parameters parameters)
        where T : unmanaged
    {
        var length = (nuint)shape.GroupLength;
        int tile = Math.Clamp(TileLength / shape.GroupLength, 1, TileGroups);
        Span<GroupStatistics> statistics = stackalloc GroupStatistics[TileGroups];

        for (; first < end; first += tile)
        {
            int groups = Math.Min(tile, end - first);
            for (int g = 0; g < groups; g++)
                statistics[g] = GroupStatistics.Of(ref Unsafe.Add(ref x, (nuint)(first + g) * length), length);
            for (int g = 0; g < groups; g++)
            {
                nuint start = (nuint)(first + g) * length;
                Apply(ref Unsafe.Add(ref x, start), ref Unsafe.Add(ref y, start), shape, first + g, statistics[g], parameters);
            }
        }
    }

    /// <summary>Applies its statistics to one group of (C/G, spatial) values.</summary>
    private static void Apply<T>(ref T x, ref float y, in SampleShape shape, int group, GroupStatistics statistics,
        Parameters parameters)
        where T : unmanaged
    {
        int channels = shape.ChannelsPerGroup;
        int channel = group * channels;
        var spatial = (nuint)shape.SpatialSize;
        double inverse = parameters.InverseDeviation(statistics.Variance);

        if (!(statistics.Variance > 0))
            for (nuint c = 0; c < (nuint)channels; c++)
                MemoryMarshal.CreateSpan(ref Unsafe.Add(ref y, c * spatial), shape.SpatialSize)
                    .Fill(parameters.Level(channel + (int)c, statistics.Variance));
        else if (parameters.AreUniform)
            Application.Run(ref x, ref y, (nuint)shape.GroupLength, parameters.Line(channel, statistics.Mean, inverse));
        else if (shape.SpatialSize >= ShortestRun)
            for (nuint c = 0; c < (nuint)channels; c++)
                Application.Run(ref Unsafe.Add(ref x, c * spatial), ref Unsafe.Add(ref y, c * spatial), spatial,
                    parameters.Line(channel + (int)c, statistics.Mean, inverse));
        else
            ApplyByLines(ref x, ref y, shape, channel, statistics.Mean, inverse, parameters);
    }

    /// <summary>The same where channels are too short for runs: their lines are laid out as the values are.</summary>
    private static void ApplyByLines<T>(ref T x, ref float y, in SampleShape shape, int channel, double mean, double inverse,
        Parameters parameters)
        where T : unmanaged
    {
        Span<double> a = stackalloc double[LineLength];
        Span<double> b = stackalloc double[LineLength];
        int spatial = shape.SpatialSize;
        int step = LineLength / spatial;
        for (int c = 0; c < shape.ChannelsPerGroup; c += step)
        {
            int channels = Math.Min(step, shape.ChannelsPerGroup - c);
            for (int j = 0; j < channels; j++)
            {
                var line = parameters.Line(channel + c + j, mean, inverse);
                a.Slice(j * spatial, spatial).Fill(line.A);
                b.Slice(j * spatial, spatial).Fill(line.B);
            }

            nuint start = (nuint)c * (nuint)spatial;
            Application.Row(ref Unsafe.Add(ref x, start), ref Unsafe.Add(ref y, start), (nuint)(channels * spatial),
                ref MemoryMarshal.GetReference(a), ref MemoryMarshal.GetReference(b));
        }
    }
}
