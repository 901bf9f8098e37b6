using System.Runtime.CompilerServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Groups that lie in one run each: a sample of (C, spatial) values is (G, C/G · spatial) of them. Groups are taken in tiles: all
/// statistics of a tile are computed before its first value is written.
/// </summary>
internal static class ChannelsFirst<T, TResult>
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

    /// <summary>Normalizes groups <paramref name="first"/> to before <paramref name="end"/> of a sample.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize(ref T x, ref TResult y, in SampleShape shape, int first, int end, Parameters parameters)
    {
        // Each channel has a scale and an offset of its own, but for channels of a single value: their weights and biases come after the
        // scale and offset of their group. All channels of a tile fit in a table, or the tile is one group.
        bool scalesChannels = parameters.HasAffine && shape.SpatialSize > 1;
        int most = scalesChannels ? ChannelsAtOnce / shape.ChannelsPerGroup : TileGroups;
        int tile = int.Clamp(int.Min(TileLength / shape.GroupLength, most), 1, TileGroups);
        Span<double> memory = stackalloc double[GroupTable.Size(TileGroups) + (int)ScaleTable.Size<T>(ChannelsAtOnce) + CacheLine.Doubles];
        memory = CacheLine.Aligned(memory);
        var table = new GroupTable(memory, TileGroups);
        var scales = new ScaleTable(ref memory[GroupTable.Size(TileGroups)], ScaleTable.Space(ChannelsAtOnce));
        for (int count; first < end; first += count)
        {
            count = int.Min(tile, end - first);
            nuint start = (nuint)first * (nuint)shape.GroupLength;
            ref T values = ref Unsafe.Add(ref x, start);
            ref TResult results = ref Unsafe.Add(ref y, start);
            bool isScaled = new GroupStatistics<T>(shape, count, table, parameters).Measure(ref values);
            if (scalesChannels)
                ScaleChannels(ref values, ref results, shape, first, count, parameters, table, scales);
            else
                ScaleGroups(ref values, ref results, shape, first, count, parameters, table, scales);
            if (!isScaled)
                parameters.FillConstants(ref results, shape, first, count, table);
        }
    }

    private static void ScaleChannels(ref T x, ref TResult y, in SampleShape shape, int group, int groups, in Parameters parameters,
        in GroupTable table, ScaleTable scales)
    {
        for (int first = 0, count, end = groups * shape.ChannelsPerGroup; first < end; first += count)
        {
            count = int.Min(ChannelsAtOnce, end - first);
            nuint start = (nuint)first * (nuint)shape.SpatialSize;
            parameters.ScaleChannels<T>(table, shape.ChannelsPerGroup, (group * shape.ChannelsPerGroup) + first, count, scales);
            Scaling<T, TResult>.Runs<Off>(ref Unsafe.Add(ref x, start), ref Unsafe.Add(ref y, start), (nuint)count,
                (nuint)shape.SpatialSize, scales);
        }
    }

    private static void ScaleGroups(ref T x, ref TResult y, in SampleShape shape, int group, int groups, in Parameters parameters,
        in GroupTable table, ScaleTable scales)
    {
        new Parameters(parameters.Epsilon, null).ScaleChannels<T>(table, 1, 0, groups, scales, bias: -0.0);
        if (parameters.HasAffine)
            Scaling<T, TResult>.Runs<On>(ref x, ref y, (nuint)groups, (nuint)shape.GroupLength, scales, parameters,
                group * shape.ChannelsPerGroup);
        else
            Scaling<T, TResult>.Runs<Off>(ref x, ref y, (nuint)groups, (nuint)shape.GroupLength, scales);
    }
}
