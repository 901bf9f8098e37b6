using System.Numerics;
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
internal ref struct ChannelsLast<T, TResult>
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

    private readonly SampleShape _shape;
    private readonly int _groups, _channels;

    /// <summary>The values of a row that belong to the groups asked for, and all values of a row.</summary>
    private readonly nuint _width, _stride;

    /// <summary>The number of full rows, and the values of the last row where it has fewer positions.</summary>
    private readonly nuint _rows, _lastRow;
    private readonly Parameters _parameters;
    private readonly GroupTable _table;
    private ColumnSums<T> _sums;

    /// <summary>Whether no group needs <see cref="Refine"/>, and whether each has a variance above 0.</summary>
    private bool _usual, _allVary;

    private ChannelsLast(in SampleShape shape, int first, int end, Parameters parameters, Span<double> sums, Span<double> table)
    {
        int positions = shape.PositionsPerRow;
        _shape = shape;
        _groups = end - first;
        _channels = _groups * shape.ChannelsPerGroup;
        _width = (nuint)(positions * _channels);
        _stride = (nuint)(positions * shape.Channels);
        _rows = (nuint)(shape.SpatialSize / positions);
        _lastRow = (nuint)(shape.SpatialSize % positions * _channels);
        _parameters = parameters;
        _sums = new ColumnSums<T>(sums, (int)_width);
        _table = new GroupTable(table, _groups);
    }

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
        var groups = new ChannelsLast<T, TResult>(shape, first, end, parameters, memory.Values[..(int)sums],
            memory.Values[(int)sums..]);
        bool done = groups.Measure(ref x) || groups._table.Complete<T>(groups._groups, parameters.BiasIsConstantResult);

        // The sums are no longer needed: scales and offsets take their memory, repeated to a full row and four more.
        var scales = new ScaleTable(memory.Values, length);
        int channels = shape.ChannelsPerGroup;
        parameters.ScaleChannels<T>(groups._table, channels, first * channels, groups._channels, scales);
        scales.Repeat<T>(groups._channels, (int)length + Lanes.Count);
        groups.Apply(ref x, ref y, scales, (nuint)length, nonTemporal);
        for (int g = 0; !done && g < groups._groups; g++)
            if (!(groups._table.Variances(g) > 0))
                parameters.FillConstant(ref Unsafe.Add(ref y, g * channels), (first + g) * channels, channels, 1, shape.SpatialSize,
                    shape.Channels, groups._table.Variances(g));
    }

    /// <summary>
    /// Finds the statistics of all groups, of Single and Byte by the rules of <see cref="GroupStatistics.Of"/>: a first block tells which
    /// groups need a shift. A shift of 0 changes no bit of a group that needs none while a neighbour does.
    /// </summary>
    /// <returns>
    /// True where every variance is above 0 and no group needed a second look; then <see cref="GroupTable.Complete"/> has nothing to do.
    /// </returns>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Measure(ref T x)
    {
        _table.Restart<T>(_groups);
        int pass = 1;
        bool precise = false;
        if (typeof(T) == typeof(double))
            GuessShifts(ref x);
        else
        {
            nuint head = Math.Min(_rows, BlockSums.Rows);
            precise = SumAndShift(ref x, 0, head, shifted: false, isLast: false)
                && (head == _rows || SumAndShift(ref x, head, _rows, shifted: false, isLast: false));
            pass++;
        }

        // Means of Single and Byte then lack their shifts.
        bool hasShifts = typeof(T) != typeof(double) && !precise;
        for (; !precise && pass <= GroupTable.MostPasses; pass++)
        {
            _sums.Restart(_table, _groups, _shape.ChannelsPerGroup);
            precise = SumAndShift(ref x, 0, _rows, shifted: true, isLast: pass == GroupTable.MostPasses);
        }

        for (int g = 0; !_usual && g < _groups; g += Lanes.Count)
            for (uint unusual = _table.Unusual<T>(g, _groups, _shape.GroupLength); unusual != 0; unusual &= unusual - 1)
                Refine(ref x, g + BitOperations.TrailingZeroCount(unusual));
        return _usual && _allVary && !hasShifts;
    }

    /// <summary>Sets the shifts of doubles. The first rows usually give a good one for all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void GuessShifts(ref T x)
    {
        int valuesPerRow = _shape.PositionsPerRow * _shape.ChannelsPerGroup;
        nuint head = Math.Min(_rows, (nuint)(1 + ((GroupTable.HeadLength - 1) / valuesPerRow)));
        if (head == 0)
            return;
        _sums.Restart(_table, _groups, _shape.ChannelsPerGroup);
        _sums.Add(ref x, head, _stride, _width, shifted: false);
        _sums.OfGroups(_shape.ChannelsPerGroup, _groups, _table);
        _table.GuessShifts(_groups, head * (nuint)valuesPerRow);
    }

    /// <summary>
    /// Adds rows, finds the statistics of all rows so far, and sets the shift of groups whose sums are not precise, unless this is
    /// the last sum. Whether all are precise.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool SumAndShift(ref T x, nuint start, nuint end, bool shifted, bool isLast)
    {
        _sums.Add(ref Unsafe.Add(ref x, start * _stride), end - start, _stride, _width, shifted);
        if (end == _rows && _lastRow > 0)
            _sums.Add(ref Unsafe.Add(ref x, end * _stride), 1, _stride, _lastRow, shifted);

        nuint positions = end == _rows ? (nuint)_shape.SpatialSize : end * (nuint)_shape.PositionsPerRow;
        nuint n = positions * (nuint)_shape.ChannelsPerGroup;
        _sums.OfGroups(_shape.ChannelsPerGroup, _groups, _table);
        _usual = _table.Finish<T>(_groups, n, _parameters.Epsilon, out _allVary);
        return _usual || isLast || !_table.ShiftToMeans<T>(_groups, n);
    }

    /// <summary>Does for a group what sums of columns do not: a mean without rounding, and doubles of extreme magnitude.</summary>
    private readonly void Refine(ref T x, int group)
    {
        nuint rows = (nuint)_shape.SpatialSize, stride = (nuint)_shape.Channels, width = (nuint)_shape.ChannelsPerGroup;
        x = ref Unsafe.Add(ref x, (nuint)group * width);
        if (typeof(T) == typeof(double))
        {
            new ExtremeGroup(ref Unsafe.As<T, double>(ref x), rows, stride, width).Measure(_table, group, _parameters.Epsilon);
            return;
        }

        if (!_table[group].HasCancelled)
            return;
        var sum = default(Compensated);
        for (nuint row = 0; row < rows; row++)
            for (nuint c = 0; c < width; c++)
                sum += Lanes.LoadScalar(ref x, (row * stride) + c);
        _table.Set(group, _table[group] with { Mean = sum.Value / _shape.GroupLength }, _parameters.Epsilon);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Apply(ref T x, ref TResult y, ScaleTable scales, nuint width, bool nonTemporal)
    {
        // Rows that lie end to end are one long row, in which the scales repeat.
        bool endToEnd = _channels == _shape.Channels;
        nuint stride = endToEnd ? width : (nuint)_shape.Channels;
        nuint size = endToEnd ? (nuint)_shape.Length : (nuint)_shape.SpatialSize * stride;
        nonTemporal &= endToEnd && width % Lanes.Count == 0;
        nuint head = nonTemporal ? Math.Min(size, (nuint)CacheLine.FloatsToAligned(ref Unsafe.As<TResult, float>(ref y))) : 0;
        if (head > 0)
            Scaling<T, TResult>.Row(ref x, ref y, head, scales);
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
                    Scaling<T, TResult>.RowNonTemporal(ref Unsafe.Add(ref x, i), ref Unsafe.Add(ref y, i), count, rotated, ahead);
                else
                    Scaling<T, TResult>.Row(ref Unsafe.Add(ref x, i), ref Unsafe.Add(ref y, i), count, rotated);
            }

            end = start;
        }
    }
}
