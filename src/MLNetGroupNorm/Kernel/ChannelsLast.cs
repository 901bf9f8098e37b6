using System.Runtime.CompilerServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Groups that are columns of a matrix: a sample of (spatial, C) values, C/G neighbouring columns to a group. All columns asked
/// for are read together, row after row, as they lie in memory.
/// </summary>
/// <remarks>
/// Rows of few channels are folded: several positions count as one row, so that vectors are full. With 3 channels a row is 32 positions
/// of 3 values, and column 4, counted from 0, has channel 1 of positions 1, 33, 65 and so on.
/// </remarks>
internal static class ChannelsLast<T, TResult>
    where T : unmanaged
    where TResult : unmanaged
{
    /// <summary>Where rows lie end to end, at least this many values are scaled in one step.</summary>
    private const int ScaleLength = 512;

    /// <summary>
    /// Results are written in pieces of this length, the last piece first: what was read last for the sums is what a cache still
    /// has. Within a piece they are written upwards, as processors fetch ahead.
    /// </summary>
    private const int PieceLength = 1 << 16;

    /// <summary>The most columns that are taken together, unless one group has more: they bound the working memory.</summary>
    private const int MostColumns = 1 << 16;

    /// <summary>Normalizes groups <paramref name="first"/> to before <paramref name="end"/> of a sample.</summary>
    public static void Normalize(ref T x, ref TResult y, in SampleShape shape, int first, int end, Parameters parameters,
        bool nonTemporal)
    {
        int most = GroupsAtOnce(shape);
        for (int groups; first < end; first += groups)
        {
            groups = int.Min(most, end - first);
            nuint start = (nuint)first * (nuint)shape.ChannelsPerGroup;
            NormalizePart(ref Unsafe.Add(ref x, start), ref Unsafe.Add(ref y, start), shape, first, first + groups, parameters,
                nonTemporal);
        }
    }

    /// <summary>The most groups that are taken together.</summary>
    public static int GroupsAtOnce(in SampleShape shape) =>
        shape.PositionsPerRow > 1 ? shape.Groups : int.Clamp(MostColumns / shape.ChannelsPerGroup, 1, shape.Groups);

    /// <summary>
    /// The doubles of working memory for some groups: in all, the capacity of the table of scales, and the part that sums and scales share.
    /// </summary>
    public static (long Total, long Scales, long Sums) WorkingMemory(in SampleShape shape, int first, int end)
    {
        // Scales and offsets: those of one position's channels, repeated to whole rows.
        long channels = (end - first) * (long)shape.ChannelsPerGroup;
        long row = shape.PositionsPerRow * channels;
        long scales = channels == shape.Channels ? row * ((ScaleLength + row - 1) / row) : row;
        long sums = Math.Max(ColumnSums<T>.Size(row), ScaleTable.Size<T>(scales));
        return (sums + GroupTable.Size(end - first), scales, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NormalizePart(ref T x, ref TResult y, in SampleShape shape, int first, int end, Parameters parameters,
        bool nonTemporal)
    {
        (long total, long length, long sums) = WorkingMemory(shape, first, end);
        using var memory = new Scratch(total);
        int count = end - first, channels = shape.ChannelsPerGroup;
        var table = new GroupTable(memory.Values[(int)sums..], count);
        bool isScaled = new GroupStatistics<T>(shape, count, table, parameters, memory.Values[..(int)sums]).Measure(ref x);

        // The sums are no longer needed: scales and offsets take their memory, repeated to a full row and four more.
        var scales = new ScaleTable(ref memory.Values[0], ScaleTable.Space(length));
        parameters.ScaleChannels<T>(table, channels, first * channels, count * channels, scales);
        scales.Repeat<T>(count * channels, (int)length + Lanes.Count);
        Apply(ref x, ref y, shape, count * channels, scales, (nuint)length, nonTemporal);
        if (!isScaled)
            parameters.FillConstants(ref y, shape, first, count, table);
    }

    /// <summary>
    /// Scales the first <paramref name="channels"/> channels of each position; the table repeats every <paramref name="width"/> values.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Apply(ref T x, ref TResult y, in SampleShape shape, int channels, ScaleTable scales, nuint width,
        bool nonTemporal)
    {
        // Rows that lie end to end are one long row, in which the scales repeat.
        bool endToEnd = channels == shape.Channels;
        nuint stride = endToEnd ? width : (nuint)shape.Channels;
        nuint size = endToEnd ? (nuint)shape.Length : (nuint)shape.SpatialSize * stride;
        nonTemporal &= endToEnd && width % Lanes.Count == 0;
        nuint head = nonTemporal ? Math.Min(size, (nuint)CacheLine.FloatsToAligned(ref Unsafe.As<TResult, float>(ref y))) : 0;
        if (head > 0)
            Scaling<T, TResult>.Row<Off>(ref x, ref y, head, scales, 0);
        var rotated = scales.From(head);

        // A small sample leaves room in the cache for the next one; of a large one, the processor fetches ahead by itself.
        nuint ahead = size <= PieceLength ? size : 0;
        nuint piece = Math.Max(1, PieceLength / stride) * stride;
        for (nuint end = size; end > head;)
        {
            nuint start = head + ((end - head - 1) / piece * piece);
            for (nuint i = start; i < end; i += stride)
            {
                nuint count = Math.Min(width, size - i);
                if (nonTemporal)
                    Scaling<T, TResult>.Row<On>(ref Unsafe.Add(ref x, i), ref Unsafe.Add(ref y, i), count, rotated, ahead);
                else
                    Scaling<T, TResult>.Row<Off>(ref Unsafe.Add(ref x, i), ref Unsafe.Add(ref y, i), count, rotated, 0);
            }

            end = start;
        }
    }
}
