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

    /// <summary>Lines that are made before they are used.</summary>
    private const int LinesAtOnce = 512;

    private readonly int _channels, _spatial, _length;

    /// <summary>Whether channels have one value each, which weight and bias are applied to after the line of its group.</summary>
    private readonly bool _isWeighed;

    /// <summary>The neighbouring values that share a line: a group's, or a channel's where it has weight and bias.</summary>
    private readonly int _run;

    private readonly Parameters _parameters;
    private readonly GroupTable _tile;

    private ChannelsFirst(in SampleShape shape, Parameters parameters, Span<double> memory)
    {
        _channels = shape.ChannelsPerGroup;
        _spatial = shape.SpatialSize;
        _length = shape.GroupLength;
        _isWeighed = !parameters.AreUniform && _spatial == 1;
        _run = parameters.AreUniform || _isWeighed ? _length : _spatial;
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
        bool allDeviate = Measure(ref x, count);
        if (_isWeighed && _run >= Lanes.Count)
            Application.Channels(ref x, ref y, (nuint)_channels, _tile, count, ref _parameters.Weights(group * _channels),
                ref _parameters.Biases(group * _channels));
        else
            Apply(ref x, ref y, group, count);

        if (!allDeviate)
            for (int g = 0; g < count; g++)
                if (!(_tile[g].Variance > 0))
                    Level(ref Unsafe.Add(ref y, (nuint)g * (nuint)_length), (group + g) * _channels, _tile[g].Variance);
    }

    /// <summary>Finds the statistics of each group. Whether each has a deviation.</summary>
    private bool Measure<T>(ref T x, int count)
        where T : unmanaged
    {
        var length = (nuint)_length;
        if (_length > BlockSums.Length)
        {
            _tile.Set(0, GroupStatistics.Of(ref x, length), _parameters.Epsilon);
            return _tile[0].Variance > 0;
        }

        bool allDeviate = true;
        BlockSums.OfRuns(ref x, length, count, ref _tile.Sums, ref _tile.Squares);
        for (int g = 0; g < count; g += Lanes.Count)
            for (uint rest = _tile.Finish(g, count, 1.0 / _length, _parameters.Epsilon); rest != 0; rest &= rest - 1)
            {
                int other = g + BitOperations.TrailingZeroCount(rest);
                var statistics = _tile[other].Settled(ref Unsafe.Add(ref x, (nuint)other * length), length);
                _tile.Set(other, statistics, _parameters.Epsilon);
                allDeviate &= statistics.Variance > 0;
            }

        return allDeviate;
    }

    /// <summary>Fills one group of (C/G, spatial) values that has no deviation.</summary>
    private void Level(ref float y, int channel, double variance)
    {
        for (int c = 0; c < _channels; c++)
            MemoryMarshal.CreateSpan(ref Unsafe.Add(ref y, (nuint)c * (nuint)_spatial), _spatial)
                .Fill(_parameters.Level(channel + c, variance));
    }

    /// <summary>Applies their statistics to neighbouring groups, runs of values that share a line.</summary>
    [SkipLocalsInit]
    private void Apply<T>(ref T x, ref float y, int group, int count)
        where T : unmanaged
    {
        // Vectors are read and written whole.
        Span<double> memory = stackalloc double[2 * (LinesAtOnce + Lanes.Count)];
        ref double a = ref memory[0];
        ref double b = ref memory[LinesAtOnce + Lanes.Count];
        int lines = _length / _run;
        int most = int.Max(1, LinesAtOnce / lines);
        for (int g = 0; g < count; g += most)
        {
            int groups = int.Min(most, count - g);
            for (int first = 0, end = groups * lines; first < end; first += LinesAtOnce)
            {
                int number = int.Min(LinesAtOnce, end - first);
                int channel = ((group + g) * _channels) + first;
                if (_parameters.AreUniform || _isWeighed)
                    _tile.Lines(g, number, ref a, ref b);
                else
                    _parameters.Lines(_tile, g, _channels, channel, number, ref a, ref b);

                nuint start = (nuint)(((g * lines) + first) * _run), length = (nuint)(number * _run);
                ref T from = ref Unsafe.Add(ref x, start);
                ref float to = ref Unsafe.Add(ref y, start);
                if (_run >= Lanes.Count)
                    Application.Runs(ref from, ref to, (nuint)number, (nuint)_run, ref a, ref b);
                else if (_isWeighed)
                    Application.ShortRuns(ref from, ref to, length, (nuint)_run, ref a, ref b, ref _parameters.Weights(channel),
                        ref _parameters.Biases(channel));
                else
                    Application.ShortRuns(ref from, ref to, length, (nuint)_run, ref a, ref b);
            }
        }
    }
}
