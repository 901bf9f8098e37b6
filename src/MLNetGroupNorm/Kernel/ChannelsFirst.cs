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
    /// The most values of a tile: as Single, 16 KB of the nearest cache. A longer group is a tile of its own;
    /// <see cref="GroupStatistics{T}"/> relies on that.
    /// </summary>
    private const int TileLength = BlockSums.Length;

    /// <summary>The most groups of a tile.</summary>
    private const int TileGroups = 128;

    /// <summary>The most channels with a scale and an offset of their own, prepared before they are used.</summary>
    private const int ChannelsAtOnce = 512;

    private readonly SampleShape _shape;
    private readonly Parameters _parameters;
    private readonly GroupTable _table;

    private ChannelsFirst(in SampleShape shape, Parameters parameters, Span<double> memory)
    {
        _shape = shape;
        _parameters = parameters;
        _table = new GroupTable(memory, TileGroups);
    }

    /// <summary>
    /// The groups of a tile. With scales for each channel, all fit in <see cref="ChannelsAtOnce"/>, or the tile is one group.
    /// </summary>
    private int GroupsPerTile => int.Clamp(
        int.Min(TileLength / _shape.GroupLength, ScalesChannels ? ChannelsAtOnce / _shape.ChannelsPerGroup : TileGroups), 1, TileGroups);

    /// <summary>
    /// Whether each channel has a scale and an offset of its own, rather than each group. A channel of a single value has not: its
    /// weight and bias come after the scale and offset of its group.
    /// </summary>
    private bool ScalesChannels => _parameters.HasAffine && _shape.SpatialSize > 1;

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
    private void NormalizeTile(ref T x, ref TResult y, int first, int count)
    {
        bool isScaled = new GroupStatistics<T>(_shape, count, _table, _parameters).Measure(ref x);
        Apply(ref x, ref y, first * _shape.ChannelsPerGroup, count);
        if (!isScaled)
            _parameters.FillConstants(ref y, _shape, first, count, _table);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private void Apply(ref T x, ref TResult y, int channel, int count)
    {
        Span<double> memory = stackalloc double[(int)ScaleTable.Size<T>(ChannelsAtOnce) + CacheLine.Doubles];
        var scales = new ScaleTable(ref CacheLine.Aligned(memory)[0], ScaleTable.Space(ChannelsAtOnce));
        if (ScalesChannels)
        {
            for (int first = 0, end = count * _shape.ChannelsPerGroup; first < end; first += ChannelsAtOnce)
            {
                int channels = int.Min(ChannelsAtOnce, end - first);
                nuint start = (nuint)first * (nuint)_shape.SpatialSize;
                _parameters.ScaleChannels<T>(_table, _shape.ChannelsPerGroup, channel + first, channels, scales);
                Scaling<T, TResult>.Runs<Off>(ref Unsafe.Add(ref x, start), ref Unsafe.Add(ref y, start), (nuint)channels,
                    (nuint)_shape.SpatialSize, scales);
            }

            return;
        }

        // One scale for each group, whatever its channels.
        new Parameters(_parameters.Epsilon, null).ScaleChannels<T>(_table, 1, 0, count, scales, bias: -0.0);
        if (_parameters.HasAffine)
            Scaling<T, TResult>.Runs<On>(ref x, ref y, (nuint)count, (nuint)_shape.GroupLength, scales, _parameters, channel);
        else
            Scaling<T, TResult>.Runs<Off>(ref x, ref y, (nuint)count, (nuint)_shape.GroupLength, scales);
    }
}
