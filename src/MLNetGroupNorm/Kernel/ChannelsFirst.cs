using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Groups that lie in one run each: a sample of (C, spatial) values is (G, C/G · spatial) of them. Groups are taken in tiles: all
/// statistics of a tile are computed before its first value is written.
/// </summary>
internal readonly ref struct ChannelsFirst<T, TResult, TLanes>
    where T : unmanaged
    where TResult : unmanaged
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>
    /// The most values of a tile, which the nearest cache holds. A longer group has a tile to itself, which <see cref="Measure"/> relies
    /// on.
    /// </summary>
    private const int TileLength = BlockSums.Length;

    /// <summary>The most groups of a tile.</summary>
    private const int TileGroups = 128;

    /// <summary>The most channels with a scale and an offset of their own, prepared before they are used.</summary>
    private const int ChannelsAtOnce = 512;

    private readonly int _channels, _spatial, _length;
    private readonly Parameters _parameters;
    private readonly GroupTable _table;

    private ChannelsFirst(in SampleShape shape, Parameters parameters, Span<double> memory)
    {
        _channels = shape.ChannelsPerGroup;
        _spatial = shape.SpatialSize;
        _length = shape.GroupLength;
        _parameters = parameters;
        _table = new GroupTable(memory, TileGroups);
    }

    /// <summary>The groups of a tile. With scales for each channel, all fit in <see cref="ChannelsAtOnce"/>, or the tile is one group.</summary>
    private int GroupsPerTile => int.Clamp(
        ScalesChannels ? int.Min(TileLength / _length, ChannelsAtOnce / _channels) : TileLength / _length, 1, TileGroups);

    /// <summary>
    /// Whether each channel has a scale and an offset of its own, rather than each group. A channel of a single value has not: its
    /// weight and bias come after the scale and offset of its group.
    /// </summary>
    private bool ScalesChannels => _parameters.HasAffine && _spatial > 1;

    /// <summary>Normalizes groups <paramref name="first"/> to before <paramref name="end"/> of a sample.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize(ref T x, ref TResult y, in SampleShape shape, int first, int end, Parameters parameters)
    {
        Span<double> memory = stackalloc double[GroupTable.Size(TileGroups) + CacheLine.Doubles];
        var groups = new ChannelsFirst<T, TResult, TLanes>(shape, parameters, CacheLine.Aligned(memory));
        int tile = groups.GroupsPerTile;
        for (; first < end; first += int.Min(tile, end - first))
        {
            nuint start = (nuint)first * (nuint)shape.GroupLength;
            groups.NormalizeTile(ref Unsafe.Add(ref x, start), ref Unsafe.Add(ref y, start), first, int.Min(tile, end - first));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void NormalizeTile(ref T x, ref TResult y, int group, int count)
    {
        bool allVary = typeof(T) == typeof(double)
            ? MeasureDoubles(ref Unsafe.As<T, double>(ref x), count)
            : Measure(ref x, count);
        for (int g = 0; !allVary && g < count; g++)
            if (_parameters.ScalesConstants(_table.Variances(g)))
                _table.SetConstant(g);
        Apply(ref x, ref y, group * _channels, count);
        for (int g = 0; !allVary && g < count; g++)
            if (!(_table.Variances(g) > 0) && !_parameters.ScalesConstants(_table.Variances(g)))
                FillConstant(ref Unsafe.Add(ref y, (nuint)g * (nuint)_length), (group + g) * _channels, _table.Variances(g));
    }

    /// <summary>Finds the statistics of each group of Single or Byte. Whether each has a variance above 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Measure(ref T x, int count)
    {
        if (_length > BlockSums.Length)
        {
            _table.Set(0, GroupStatistics.Of<T, TLanes>(ref x, (nuint)_length), _parameters.Epsilon);
            return _table.Variances(0) > 0;
        }

        // The sums of all groups come first: square roots must not wait for their sums.
        for (int g = 0; g < count; g += Lanes.Count)
            Sum(ref x, g, count, shifted: false);
        bool allVary = true;
        for (int g = 0; g < count; g += Lanes.Count)
        {
            uint unusual = _table.Finish<T, TLanes>(g, count, _length, _parameters.Epsilon, shifted: false, out uint imprecise);
            if (unusual != 0)
                allVary &= Refine(ref x, g, count, unusual, imprecise);
        }

        return allVary;
    }

    private void Sum(ref T x, int group, int count, bool shifted) =>
        BlockSums<T, TLanes>.OfRuns(ref Unsafe.Add(ref x, (nuint)group * (nuint)_length), (nuint)_length,
            (nuint)int.Min(Lanes.Count, count - group), shifted, ref _table.Shifts(group), ref _table.Sums(group),
            ref _table.Squares(group));

    /// <summary>
    /// Does for eight groups what <see cref="GroupStatistics.Refined"/> does for one. Whether each has a variance above 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Refine(ref T x, int first, int count, uint unusual, uint imprecise)
    {
        // Short runs are shifted together even if only some need it, long runs only if all eight do. The second attempt of a single
        // group is for the mean of a first block; a group's own mean is always near enough.
        bool together = imprecise == GroupTable.EightGroups || (imprecise != 0 && _length < Lanes.Count);
        if (together)
        {
            _table.Restart<T>(first, Lanes.Count);
            _table.ShiftToMeans<T>(first, imprecise);
            Sum(ref x, first, count, shifted: true);
            unusual = _table.Finish<T, TLanes>(first, count, _length, _parameters.Epsilon, shifted: true, out _);
        }

        bool allVary = true;
        for (; unusual != 0; unusual &= unusual - 1)
        {
            int bit = BitOperations.TrailingZeroCount(unusual), group = first + bit;
            ref T values = ref Unsafe.Add(ref x, (nuint)group * (nuint)_length);
            var statistics = _table[group];
            var refined = !together && (imprecise >> bit & 1) != 0
                ? statistics.Refined<T, TLanes>(ref values, (nuint)_length)
                : statistics.WithExactMean<T, TLanes>(ref values, (nuint)_length);
            if (refined != statistics)
                _table.Set(group, refined, _parameters.Epsilon);
            allVary &= refined.Variance > 0;
        }

        return allVary;
    }

    /// <summary>
    /// Finds the statistics of each group of doubles, eight at a time. The first values usually give a good shift for all.
    /// Whether each has a variance above 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool MeasureDoubles(ref double x, int count)
    {
        bool allVary = true;
        int head = int.Min(_length, GroupTable.HeadLength);
        for (int first = 0; first < count; first += Lanes.Count)
        {
            ref double eight = ref Unsafe.Add(ref x, (nuint)first * (nuint)_length);
            int groups = int.Min(Lanes.Count, count - first);
            _table.Restart<double>(first, Lanes.Count);
            DoubleSums<TLanes>.OfRuns(ref eight, (nuint)_length, (nuint)head, groups, _table, first);
            _table.GuessShifts<TLanes>(first, head);

            uint unusual = 0, imprecise = 0;
            for (int pass = 1; pass <= GroupTable.MostPasses; pass++)
            {
                _table.ShiftToMeans<double>(first, imprecise);
                DoubleSums<TLanes>.OfRuns(ref eight, (nuint)_length, (nuint)_length, groups, _table, first);
                unusual = _table.Finish<double, TLanes>(first, first + groups, _length, _parameters.Epsilon, shifted: true, out imprecise);
                if (imprecise == 0)
                    break;
            }

            for (; unusual != 0; unusual &= unusual - 1)
            {
                int group = BitOperations.TrailingZeroCount(unusual);
                new ExtremeGroup(ref Unsafe.Add(ref eight, (nuint)group * (nuint)_length), 1, 0, (nuint)_length)
                    .Measure(_table, first + group, _parameters.Epsilon);
                allVary &= _table.Variances(first + group) > 0;
            }
        }

        return allVary;
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private void Apply(ref T x, ref TResult y, int channel, int count)
    {
        Span<double> memory = stackalloc double[(int)ScaleTable.Size<T>(ChannelsAtOnce) + CacheLine.Doubles];
        var scales = new ScaleTable(CacheLine.Aligned(memory), ChannelsAtOnce);
        if (ScalesChannels)
        {
            for (int first = 0, end = count * _channels; first < end; first += ChannelsAtOnce)
            {
                int channels = int.Min(ChannelsAtOnce, end - first);
                nuint start = (nuint)first * (nuint)_spatial;
                _parameters.ScaleChannels<T, TLanes>(_table, _channels, channel + first, channels, scales);
                Scaling<T, TResult, TLanes>.Runs(ref Unsafe.Add(ref x, start), ref Unsafe.Add(ref y, start), (nuint)channels,
                    (nuint)_spatial, scales);
            }

            return;
        }

        // One scale for each group, whatever its channels.
        new Parameters(_parameters.Epsilon, null).ScaleChannels<T, TLanes>(_table, 1, 0, count, scales, bias: -0.0);
        if (_parameters.HasAffine)
            Scaling<T, TResult, TLanes>.WeightedRuns(ref x, ref y, (nuint)count, (nuint)_length, scales,
                ref _parameters.Weights(channel), ref _parameters.Biases(channel));
        else
            Scaling<T, TResult, TLanes>.Runs(ref x, ref y, (nuint)count, (nuint)_length, scales);
    }

    /// <summary>Fills one group of (C/G, spatial) values that has no variance.</summary>
    private void FillConstant(ref TResult y, int channel, double variance)
    {
        for (int c = 0; c < _channels; c++)
        {
            TResult result = default;
            Lanes.StoreScalar(_parameters.ConstantResult(channel + c, variance), ref result, 0);
            MemoryMarshal.CreateSpan(ref Unsafe.Add(ref y, (nuint)c * (nuint)_spatial), _spatial).Fill(result);
        }
    }
}
