using System.Numerics;
using System.Runtime.CompilerServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Groups that lie in one run each: a sample of (C, spatial) values is (G, C/G · spatial) of them. Groups are taken in tiles: all
/// statistics of a tile are computed before its first value is written.
/// </summary>
internal readonly ref struct ChannelsFirst<T, TResult>
    where T : unmanaged
    where TResult : unmanaged
{
    /// <summary>
    /// The most values of a tile: as Single, 16 KB of the nearest cache. A longer group is a tile of its own; <see cref="Measure"/> relies
    /// on that.
    /// </summary>
    private const int TileLength = BlockSums.Length;

    /// <summary>The most groups of a tile.</summary>
    private const int TileGroups = 128;

    /// <summary>From this length on, a run is summed again by itself where it needs a shift.</summary>
    private const int SummedAloneFrom = 128;

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

    /// <summary>
    /// The groups of a tile. With scales for each channel, all fit in <see cref="ChannelsAtOnce"/>, or the tile is one group.
    /// </summary>
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
        var groups = new ChannelsFirst<T, TResult>(shape, parameters, CacheLine.Aligned(memory));
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
        bool done = Measure(ref x, count) || _table.Complete<T>(count, _parameters.BiasIsConstantResult);
        Apply(ref x, ref y, group * _channels, count);
        for (int g = 0; !done && g < count; g++)
            if (!(_table.Variances(g) > 0))
                _parameters.FillConstant(ref Unsafe.Add(ref y, (nuint)g * (nuint)_length), (group + g) * _channels, _channels,
                    _spatial, _spatial, 1, _table.Variances(g));
    }

    /// <summary>
    /// Finds the statistics of each group. The sums of all groups come first: square roots must not wait for their sums.
    /// </summary>
    /// <returns>
    /// True where every variance is above 0 and no group needed a second look; then <see cref="GroupTable.Complete"/> has nothing to do.
    /// </returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Measure(ref T x, int count)
    {
        _table.Restart<T>(count);
        if (typeof(T) == typeof(double))
        {
            // The first values usually give a good shift for all.
            int head = int.Min(_length, GroupTable.HeadLength);
            DoubleSums.OfRuns(ref Unsafe.As<T, double>(ref x), (nuint)_length, (nuint)head, count, _table);
            _table.GuessShifts(count, head);
        }
        else if (_length > BlockSums.Length)
        {
            _table.Set(0, GroupStatistics.Of(ref x, (nuint)_length), _parameters.Epsilon);
            return _table.Variances(0) > 0;
        }

        if (SumAndFinish(ref x, count, shifted: false, out bool allVary))
            return allVary;
        Refine(ref x, count);
        return false;
    }

    /// <summary>
    /// Sums the groups, less their shifts where they are doubles or <paramref name="shifted"/>, and finishes them. Whether none needs a
    /// closer look.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool SumAndFinish(ref T x, int count, bool shifted, out bool allVary)
    {
        if (typeof(T) == typeof(double))
            DoubleSums.OfRuns(ref Unsafe.As<T, double>(ref x), (nuint)_length, (nuint)_length, count, _table);
        else
            BlockSums<T>.OfRuns(ref x, (nuint)_length, (nuint)count, shifted, ref _table.Shifts(0), ref _table.Sums(0),
                ref _table.Squares(0));
        return _table.Finish<T>(count, _length, _parameters.Epsilon, out allVary);
    }

    /// <summary>Sums again the groups that need it: with a shift, without rounding, or value by value.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Refine(ref T x, int count)
    {
        // Short runs and doubles are summed again all together. A group that keeps its shift keeps its bits.
        bool together = typeof(T) == typeof(double) || _length < SummedAloneFrom;
        for (int pass = 1; together && pass < GroupTable.MostPasses && _table.ShiftToMeans<T>(count, _length); pass++)
            SumAndFinish(ref x, count, shifted: true, out _);

        for (int first = 0; first < count; first += Lanes.Count)
            for (uint unusual = _table.Unusual<T>(first, count, _length); unusual != 0; unusual &= unusual - 1)
            {
                int group = first + BitOperations.TrailingZeroCount(unusual);
                ref T values = ref Unsafe.Add(ref x, (nuint)group * (nuint)_length);
                if (typeof(T) == typeof(double))
                    new ExtremeGroup(ref Unsafe.As<T, double>(ref values), 1, 0, (nuint)_length)
                        .Measure(_table, group, _parameters.Epsilon);
                else
                    _table.Set(group, _table[group].Refined(ref values, (nuint)_length), _parameters.Epsilon);
            }
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
                _parameters.ScaleChannels<T>(_table, _channels, channel + first, channels, scales);
                Scaling<T, TResult>.Runs(ref Unsafe.Add(ref x, start), ref Unsafe.Add(ref y, start), (nuint)channels,
                    (nuint)_spatial, scales);
            }

            return;
        }

        // One scale for each group, whatever its channels.
        new Parameters(_parameters.Epsilon, null).ScaleChannels<T>(_table, 1, 0, count, scales, bias: -0.0);
        if (_parameters.HasAffine)
            Scaling<T, TResult>.WeightedRuns(ref x, ref y, (nuint)count, (nuint)_length, scales,
                ref _parameters.Weights(channel), ref _parameters.Biases(channel));
        else
            Scaling<T, TResult>.Runs(ref x, ref y, (nuint)count, (nuint)_length, scales);
    }
}
