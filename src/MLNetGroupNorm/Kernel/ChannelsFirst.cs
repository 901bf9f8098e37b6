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
        if (_length > BlockSums.Length)
            _tile.Set(0, GroupStatistics.Of(ref x, (nuint)_length), _parameters.Epsilon);
        else
            Measure(ref x, count);

        bool byLines = !_parameters.AreUniform && _spatial is > 1 and < ShortestRun;
        if (byLines)
            ApplyByLines(ref x, ref y, group, count);
        for (int g = 0; g < count; g++)
        {
            nuint start = (nuint)g * (nuint)_length;
            int channel = (group + g) * _channels;
            var statistics = _tile[g];
            if (!(statistics.Variance > 0))
                Level(ref Unsafe.Add(ref y, start), channel, statistics.Variance);
            else if (!byLines)
                Apply(ref Unsafe.Add(ref x, start), ref Unsafe.Add(ref y, start), channel, statistics.Mean, _tile.Inverse(g));
        }
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
                _tile.Set(other, _tile[other].Settled(ref Unsafe.Add(ref x, (nuint)other * length), length), _parameters.Epsilon);
            }
    }

    /// <summary>Applies its statistics to one group of (C/G, spatial) values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Apply<T>(ref T x, ref float y, int channel, double mean, double inverse)
        where T : unmanaged
    {
        if (_parameters.AreUniform)
            Application.Run(ref x, ref y, (nuint)_length, new Line(inverse, -(mean * inverse)));
        else if (_spatial == 1)
            Application.Channels(ref x, ref y, (nuint)_length, new Line(inverse, -(mean * inverse)),
                ref _parameters.Weights(channel), ref _parameters.Biases(channel));
        else
            for (int c = 0; c < _channels; c++)
            {
                nuint start = (nuint)c * (nuint)_spatial;
                Application.Run(ref Unsafe.Add(ref x, start), ref Unsafe.Add(ref y, start), (nuint)_spatial,
                    _parameters.Line(channel + c, mean, inverse));
            }
    }

    /// <summary>Fills one group of (C/G, spatial) values that has no deviation.</summary>
    private void Level(ref float y, int channel, double variance)
    {
        for (int c = 0; c < _channels; c++)
            MemoryMarshal.CreateSpan(ref Unsafe.Add(ref y, (nuint)c * (nuint)_spatial), _spatial)
                .Fill(_parameters.Level(channel + c, variance));
    }

    /// <summary>
    /// Applies their statistics to neighbouring groups whose channels are too short for runs: the channels' lines are laid out
    /// as the values are, those of several groups before any is read, which would have to wait for their being written.
    /// </summary>
    [SkipLocalsInit]
    private void ApplyByLines<T>(ref T x, ref float y, int group, int count)
        where T : unmanaged
    {
        // Vectors are written whole, and the next ones overwrite what is too much.
        Span<double> memory = stackalloc double[4 * (LineLength + Lanes.Count)];
        Span<double> a = memory[..(LineLength + Lanes.Count)];
        Span<double> b = memory.Slice(a.Length, a.Length);
        Span<double> channelA = memory.Slice(2 * a.Length, a.Length);
        Span<double> channelB = memory.Slice(3 * a.Length, a.Length);
        int room = LineLength / _spatial, laidOut = 0;
        nuint start = 0;
        for (int g = 0; g < count; g++)
            for (int c = 0; c < _channels;)
            {
                int channels = int.Min(room - laidOut, _channels - c);
                _parameters.Lines(channelA[laidOut..], channelB[laidOut..], ((group + g) * _channels) + c, channels, _tile[g].Mean,
                    _tile.Inverse(g));
                c += channels;
                laidOut += channels;
                if (laidOut < room && (c < _channels || g + 1 < count))
                    continue;

                Repetition.Of(ref channelA[0], laidOut, _spatial, ref a[0]);
                Repetition.Of(ref channelB[0], laidOut, _spatial, ref b[0]);
                nuint length = (nuint)(laidOut * _spatial);
                Application.Row(ref Unsafe.Add(ref x, start), ref Unsafe.Add(ref y, start), length,
                    ref MemoryMarshal.GetReference(a), ref MemoryMarshal.GetReference(b));
                start += length;
                laidOut = 0;
            }
    }
}
