using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>Groups that lie in one run each: a sample of (C, spatial) values is (G, C/G · spatial) of them.</summary>
internal readonly ref struct ChannelsFirst
{
    /// <summary>Values whose statistics are taken before the first of them is written: they stay in the nearest cache.</summary>
    private const int TileLength = 4096;

    /// <summary>The most groups of a tile.</summary>
    private const int TileGroups = 32;

    /// <summary>Fewer positions than this do not fill a vector, and the channels' lines are laid out value by value.</summary>
    private const int ShortestRun = Lanes.Count;

    /// <summary>Values whose lines are laid out at a time.</summary>
    private const int LineLength = 512;

    private readonly int _channels, _spatial, _length;
    private readonly Parameters _parameters;
    private readonly GroupTable _tile;

    private ChannelsFirst(in SampleShape shape, Parameters parameters, Span<double> memory)
    {
        _channels = shape.ChannelsPerGroup;
        _spatial = shape.SpatialSize;
        _length = shape.GroupLength;
        _parameters = parameters;
        _tile = new GroupTable(memory, TileGroups);
    }

    /// <summary>Normalizes groups <paramref name="first"/> to before <paramref name="end"/> of a sample.</summary>
    [SkipLocalsInit]
    public static void Normalize<T>(ref T x, ref float y, in SampleShape shape, int first, int end, Parameters parameters)
        where T : unmanaged
    {
        Span<double> memory = stackalloc double[GroupTable.Size(TileGroups)];
        var groups = new ChannelsFirst(shape, parameters, memory);
        int tile = int.Clamp(TileLength / shape.GroupLength, 1, TileGroups);
        for (; first < end; first += tile)
        {
            nuint start = (nuint)first * (nuint)shape.GroupLength;
            groups.NormalizeTile(ref Unsafe.Add(ref x, start), ref Unsafe.Add(ref y, start), first, int.Min(tile, end - first));
        }
    }

    private void NormalizeTile<T>(ref T x, ref float y, int group, int count)
        where T : unmanaged
    {
        var length = (nuint)_length;
        if (_length > BlockSums.Length)
            _tile.Set(0, GroupStatistics.Of(ref x, length), _parameters.Epsilon);
        else
            Measure(ref x, count);
        for (int g = 0; g < count; g++)
            Apply(ref Unsafe.Add(ref x, (nuint)g * length), ref Unsafe.Add(ref y, (nuint)g * length), (group + g) * _channels,
                _tile[g], _tile.Inverse(g));
    }

    /// <summary>The statistics of groups of one block each.</summary>
    private void Measure<T>(ref T x, int count)
        where T : unmanaged
    {
        var length = (nuint)_length;
        for (int g = 0; g < count; g++)
            _tile.SetSums(g, BlockSums.Of(ref Unsafe.Add(ref x, (nuint)g * length), length));
        for (int g = 0; g < count; g += Lanes.Count)
            for (uint rest = _tile.Finish(g, count, 1.0 / _length, _parameters.Epsilon); rest != 0; rest &= rest - 1)
            {
                int other = g + BitOperations.TrailingZeroCount(rest);
                _tile.Set(other, GroupStatistics.Of(ref Unsafe.Add(ref x, (nuint)other * length), length), _parameters.Epsilon);
            }
    }

    /// <summary>Applies its statistics to one group of (C/G, spatial) values.</summary>
    private void Apply<T>(ref T x, ref float y, int channel, GroupStatistics statistics, double inverse)
        where T : unmanaged
    {
        if (!(statistics.Variance > 0))
            for (int c = 0; c < _channels; c++)
                MemoryMarshal.CreateSpan(ref Unsafe.Add(ref y, (nuint)c * (nuint)_spatial), _spatial)
                    .Fill(_parameters.Level(channel + c, statistics.Variance));
        else if (_parameters.AreUniform)
            Application.Run(ref x, ref y, (nuint)_length, _parameters.Line(channel, statistics.Mean, inverse));
        else if (_spatial == 1)
            Application.Channels(ref x, ref y, (nuint)_channels, new Line(inverse, -(statistics.Mean * inverse)), _parameters,
                (nuint)channel);
        else if (_spatial >= ShortestRun)
            for (int c = 0; c < _channels; c++)
                Application.Run(ref Unsafe.Add(ref x, (nuint)c * (nuint)_spatial), ref Unsafe.Add(ref y, (nuint)c * (nuint)_spatial),
                    (nuint)_spatial, _parameters.Line(channel + c, statistics.Mean, inverse));
        else
            ApplyByLines(ref x, ref y, channel, statistics.Mean, inverse);
    }

    /// <summary>The same where channels are too short for runs: their lines are laid out as the values are.</summary>
    [SkipLocalsInit]
    private void ApplyByLines<T>(ref T x, ref float y, int channel, double mean, double inverse)
        where T : unmanaged
    {
        // A vector of a channel's line is written whole, and the next channel overwrites what is too much.
        Span<double> a = stackalloc double[LineLength + Lanes.Count];
        Span<double> b = stackalloc double[LineLength + Lanes.Count];
        int step = LineLength / _spatial;
        for (int c = 0; c < _channels; c += step)
        {
            int channels = int.Min(step, _channels - c);
            for (int j = 0; j < channels; j++)
                _parameters.Line(channel + c + j, mean, inverse).CopyTo(
                    ref a[j * _spatial], ref b[j * _spatial]);
            nuint start = (nuint)c * (nuint)_spatial;
            Application.Row(ref Unsafe.Add(ref x, start), ref Unsafe.Add(ref y, start), (nuint)(channels * _spatial),
                ref MemoryMarshal.GetReference(a), ref MemoryMarshal.GetReference(b));
        }
    }
}
