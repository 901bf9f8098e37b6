using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>Groups that lie in one run each: a sample of (C, spatial) values is (G, C/G · spatial) of them.</summary>
internal readonly ref struct ChannelsFirst
{
    /// <summary>Values whose statistics are taken before the first of them is written: they stay in the nearest cache.</summary>
    private const int TileLength = 4096;

    /// <summary>The most groups of a tile.</summary>
    private const int TileGroups = 128;

    /// <summary>Lines that are made before they are used.</summary>
    private const int LinesAtOnce = 512;

    private readonly int _channels, _spatial, _length;

    private readonly double _share;

    /// <summary>Whether channels have one value each, which weight and bias are applied to after the line of its group.</summary>
    private readonly bool _isWeighed;

    /// <summary>The neighbouring values that share a line: a group's, or a channel's where it has weight and bias.</summary>
    private readonly int _run;

    private readonly Parameters _parameters;
    private readonly GroupTable _tile;
    private readonly ref double _memory;

    private ChannelsFirst(in SampleShape shape, Parameters parameters, Span<double> memory)
    {
        _channels = shape.ChannelsPerGroup;
        _spatial = shape.SpatialSize;
        _length = shape.GroupLength;
        _share = 1.0 / _length;
        _isWeighed = !parameters.AreUniform && _spatial == 1;
        _run = parameters.AreUniform || _isWeighed ? _length : _spatial;
        _parameters = parameters;
        _tile = new GroupTable(memory[BlockSums.RunsMemory..], TileGroups);
        _memory = ref memory[0];
    }

    /// <summary>Normalizes groups <paramref name="first"/> to before <paramref name="end"/> of a sample.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize<T>(ref T x, ref float y, in SampleShape shape, int first, int end, Parameters parameters)
        where T : unmanaged
    {
        Span<double> memory = stackalloc double[GroupTable.Size(TileGroups) + BlockSums.RunsMemory + CacheLine.Doubles];
        var groups = new ChannelsFirst(shape, parameters, CacheLine.Aligned(memory));
        int tile = int.Clamp(TileLength / shape.GroupLength, 1, TileGroups);
        for (; first < end; first += tile)
        {
            nuint start = (nuint)first * (nuint)shape.GroupLength;
            groups.NormalizeTile(ref Unsafe.Add(ref x, start), ref Unsafe.Add(ref y, start), first, int.Min(tile, end - first));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Measure<T>(ref T x, int count)
        where T : unmanaged
    {
        var length = (nuint)_length;
        if (_length > BlockSums.Length)
        {
            _tile.Set(0, GroupStatistics.Of(ref x, length), _parameters.Epsilon);
            return _tile[0].Variance > 0;
        }

        // All sums first: what a root waits for is then long there.
        for (int g = 0; g < count; g += Lanes.Count)
            BlockSums.OfRuns(ref Unsafe.Add(ref x, (nuint)g * length), length, (nuint)int.Min(Lanes.Count, count - g),
                ref _memory, ref _tile.Sums(g), ref _tile.Squares(g));

        bool allDeviate = true;
        for (int g = 0; g < count; g += Lanes.Count)
        {
            uint unusual = _tile.Finish(g, count, _share, _parameters.Epsilon, Vector512<double>.Zero, out uint imprecise);
            if (unusual != 0)
                allDeviate &= Settle(ref Unsafe.Add(ref x, (nuint)g * length), g, unusual, imprecise);
        }

        return allDeviate;
    }

    /// <summary>
    /// Mends the statistics of those of eight groups whose sums lose too much. Whether each of them has a deviation.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Settle<T>(ref T x, int first, uint unusual, uint imprecise)
        where T : unmanaged
    {
        var length = (nuint)_length;
        bool areShifted = imprecise == GroupLanes.AllGroups && _length >= Lanes.Count;
        if (areShifted)
            unusual = Shift(ref x, first);

        bool allDeviate = true;
        for (; unusual != 0; unusual &= unusual - 1)
        {
            int group = BitOperations.TrailingZeroCount(unusual);
            ref T values = ref Unsafe.Add(ref x, (nuint)group * length);
            var statistics = _tile[first + group];
            statistics = areShifted ? statistics.WithoutCancellation(ref values, length) : statistics.Settled(ref values, length);
            _tile.Set(first + group, statistics, _parameters.Epsilon);
            allDeviate &= statistics.Variance > 0;
        }

        return allDeviate;
    }

    /// <summary>
    /// What <see cref="GroupStatistics.Settled"/> does with shifts, for eight groups that all want one. A bit for each group that is
    /// unusual still.
    /// </summary>
    private uint Shift<T>(ref T x, int first)
        where T : unmanaged
    {
        ref double shifts = ref _tile.Shifts[first];
        _tile.ShiftToMean(first, GroupLanes.AllGroups);
        BlockSums.OfEightRuns(ref x, (nuint)_length, ref shifts, ref _memory, ref _tile.Sums(first), ref _tile.Squares(first));
        return _tile.Finish(first, first + Lanes.Count, _share, _parameters.Epsilon, Lanes.Load(ref shifts, 0), out _);
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
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private void Apply<T>(ref T x, ref float y, int group, int count)
        where T : unmanaged
    {
        // Vectors are read and written whole.
        Span<double> memory = stackalloc double[(2 * (LinesAtOnce + Lanes.Count)) + CacheLine.Doubles];
        memory = CacheLine.Aligned(memory);
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
