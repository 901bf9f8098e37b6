using System.Runtime.CompilerServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Groups that are columns of a matrix: a sample of (spatial, C) values, C/G neighbouring columns to a group. All columns asked
/// for are read together, row after row, as they lie in memory.
/// </summary>
/// <remarks>
/// Rows of few channels are folded: several positions count as one row, so that vectors are full. With 3 channels a row is 32 positions
/// of 3 values, and column 4 has channel 1 of every position 1, 33, 65 and so on.
/// </remarks>
internal ref struct ChannelsLast<T, TResult, TLanes>
    where T : unmanaged
    where TResult : unmanaged
    where TLanes : unmanaged, ILanes<TLanes>
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
    private readonly int _first, _groups, _channels;
    private readonly Parameters _parameters;
    private readonly GroupTable _table;
    private ColumnSums<T, TLanes> _sums;

    /// <summary>Whether every group has a variance above 0 and needs no <see cref="Refine"/>.</summary>
    private bool _allUsual;

    private ChannelsLast(in SampleShape shape, int first, int end, Parameters parameters, Span<double> sums, Span<double> table)
    {
        _shape = shape;
        _first = first;
        _groups = end - first;
        _channels = _groups * shape.ChannelsPerGroup;
        _parameters = parameters;
        _sums = new ColumnSums<T, TLanes>(sums, shape.PositionsPerRow * _channels);
        _table = new GroupTable(table, _groups);
    }

    /// <summary>The values of a row that belong to the groups asked for.</summary>
    private readonly nuint Width => (nuint)(_shape.PositionsPerRow * _channels);

    /// <summary>All values of a row.</summary>
    private readonly nuint Stride => (nuint)(_shape.PositionsPerRow * _shape.Channels);

    /// <summary>The number of full rows.</summary>
    private readonly nuint Rows => (nuint)(_shape.SpatialSize / _shape.PositionsPerRow);

    /// <summary>The values of the last row where it has fewer positions.</summary>
    private readonly nuint LastRow => (nuint)((_shape.SpatialSize % _shape.PositionsPerRow) * _channels);

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

    /// <summary>The doubles of working memory that some groups take, and how many of them scales do and sums do.</summary>
    public static (long Total, long Scales, long Sums) WorkingMemory(in SampleShape shape, int first, int end)
    {
        // Scales and offsets: those of one position's channels, repeated to whole rows.
        long channels = (end - first) * (long)shape.ChannelsPerGroup;
        long row = shape.PositionsPerRow * channels;
        long scales = channels == shape.Channels ? row * ((ScaleLength + row - 1) / row) : row;
        long sums = Math.Max(ColumnSums<T, TLanes>.Size(row), ScaleTable.Size<T>(scales));
        return (sums + GroupTable.Size(end - first), scales, sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void NormalizePart(ref T x, ref TResult y, in SampleShape shape, int first, int end, Parameters parameters,
        bool nonTemporal)
    {
        (long total, long length, long sums) = WorkingMemory(shape, first, end);
        using var memory = new Scratch(total);
        var groups = new ChannelsLast<T, TResult, TLanes>(shape, first, end, parameters, memory.Values[..(int)sums],
            memory.Values[(int)sums..]);
        groups.Measure(ref x);

        // The sums are done with, and leave their memory to scales and offsets.
        var scales = new ScaleTable(memory.Values, length);
        groups.PrepareScales(scales, (int)length + Lanes.Count);
        groups.Apply(ref x, ref y, scales, (nuint)length, nonTemporal);
    }

    /// <summary>
    /// Finds every group's statistics as <see cref="GroupStatistics.Of"/> does: a first block tells which groups need a shift,
    /// and a shift of 0 changes no bit of a group that needs none while a neighbour does.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Measure(ref T x)
    {
        _table.Restart<T>(0, _groups);
        if (typeof(T) == typeof(double))
            MeasureDoubles(ref x);
        else
        {
            nuint head = Math.Min(Rows, BlockSums.Rows);
            bool precise = SumAndShift(ref x, 0, head, shifted: false);
            if (precise && head < Rows)
                precise = SumAndShift(ref x, head, Rows, shifted: false);
            for (int attempt = 1; !precise && attempt <= 2; attempt++)
            {
                _sums.Restart(_table, _groups, _shape.ChannelsPerGroup);
                precise = SumAndShift(ref x, 0, Rows, shifted: true);
            }
        }

        if (!_allUsual)
            for (int g = 0; g < _groups; g++)
                Refine(ref Unsafe.Add(ref x, (nuint)g * (nuint)_shape.ChannelsPerGroup), g);
    }

    /// <summary>Finds the statistics of doubles. The first rows usually give a good shift for all.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void MeasureDoubles(ref T x)
    {
        int valuesPerRow = _shape.PositionsPerRow * _shape.ChannelsPerGroup;
        nuint head = Math.Min(Rows, (nuint)(1 + ((GroupTable.HeadLength - 1) / valuesPerRow)));
        if (head > 0)
        {
            _sums.Restart(_table, _groups, _shape.ChannelsPerGroup);
            _sums.Add(ref x, head, Stride, Width, shifted: false);
            _sums.OfGroups(_shape.ChannelsPerGroup, _groups, _table);
            for (int g = 0; g < _groups; g += Lanes.Count)
                _table.GuessShifts<TLanes>(g, head * (nuint)valuesPerRow);
        }

        bool precise = false;
        for (int pass = 1; !precise && pass <= GroupTable.MostPasses; pass++)
        {
            _sums.Restart(_table, _groups, _shape.ChannelsPerGroup);
            precise = SumAndShift(ref x, 0, Rows, shifted: true, isLast: pass == GroupTable.MostPasses);
        }
    }

    /// <summary>
    /// Adds rows, finds the statistics of all rows so far, and sets the shift of groups whose sums are not precise, unless this is
    /// the last sum. Whether all are precise.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool SumAndShift(ref T x, nuint start, nuint end, bool shifted, bool isLast = false)
    {
        _sums.Add(ref Unsafe.Add(ref x, start * Stride), end - start, Stride, Width, shifted);
        if (end == Rows && LastRow > 0)
            _sums.Add(ref Unsafe.Add(ref x, end * Stride), 1, Stride, LastRow, shifted);

        nuint positions = end == Rows ? (nuint)_shape.SpatialSize : end * (nuint)_shape.PositionsPerRow;
        _sums.OfGroups(_shape.ChannelsPerGroup, _groups, _table);
        bool allPrecise = true;
        _allUsual = true;
        for (int g = 0; g < _groups; g += Lanes.Count)
        {
            uint unusual = _table.Finish<T, TLanes>(g, _groups, positions * (nuint)_shape.ChannelsPerGroup, _parameters.Epsilon,
                shifted, out uint imprecise);
            if (!isLast)
                _table.ShiftToMeans<T>(g, imprecise);
            _allUsual &= unusual == 0;
            allPrecise &= imprecise == 0;
        }

        return allPrecise;
    }

    /// <summary>Does for a group what sums of columns do not: a mean without rounding, and doubles of extreme magnitude.</summary>
    private readonly void Refine(ref T x, int group)
    {
        nuint rows = (nuint)_shape.SpatialSize, stride = (nuint)_shape.Channels, width = (nuint)_shape.ChannelsPerGroup;
        if (typeof(T) == typeof(double))
        {
            if (!_table[group].SquaresAreInRange)
                new ExtremeGroup(ref Unsafe.As<T, double>(ref x), rows, stride, width).Measure(_table, group, _parameters.Epsilon);
            return;
        }

        if (!_table[group].HasCancelled)
            return;
        var sum = default(Compensated);
        for (nuint row = 0; row < rows; row++)
            for (nuint c = 0; c < width; c++)
                sum += Lanes.LoadScalar(ref x, (row * stride) + c);
        _table.Means(group) = sum.Value / _shape.GroupLength;
    }

    /// <summary>
    /// Scale and offset of each channel, repeated to <paramref name="length"/> of them. Channels without variance get scale 0 and
    /// their constant result as offset.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void PrepareScales(in ScaleTable scales, int length)
    {
        int channels = _shape.ChannelsPerGroup;
        _parameters.ScaleChannels<T, TLanes>(_table, channels, _first * channels, _channels, scales);
        if (!_allUsual)
            for (int g = 0; g < _groups; g++)
                if (!(_table.Variances(g) > 0))
                    for (int c = g * channels; c < (g + 1) * channels; c++)
                    {
                        Unsafe.Add(ref scales.Scales, c) = 0;
                        Unsafe.Add(ref scales.Offsets, c) = _parameters.ConstantResult((_first * channels) + c, _table.Variances(g));
                    }

        scales.Repeat<T>(_channels, length);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Apply(ref T x, ref TResult y, in ScaleTable scales, nuint width, bool nonTemporal)
    {
        // Rows that lie end to end are one long row, in which the scales repeat.
        bool endToEnd = _channels == _shape.Channels;
        nuint stride = endToEnd ? width : (nuint)_shape.Channels;
        nuint size = endToEnd ? (nuint)_shape.Length : (nuint)_shape.SpatialSize * stride;
        nonTemporal &= endToEnd && width % Lanes.Count == 0;
        nuint head = nonTemporal ? Math.Min(size, (nuint)CacheLine.FloatsToAligned(ref Unsafe.As<TResult, float>(ref y))) : 0;
        if (head > 0)
            Scaling<T, TResult, TLanes>.Row(ref x, ref y, head, scales);
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
                    Scaling<T, TResult, TLanes>.RowNonTemporal(ref Unsafe.Add(ref x, i), ref Unsafe.Add(ref y, i), count, rotated, ahead);
                else
                    Scaling<T, TResult, TLanes>.Row(ref Unsafe.Add(ref x, i), ref Unsafe.Add(ref y, i), count, scales);
            }

            end = start;
        }

        if (!_allUsual)
            for (int g = 0; g < _groups; g++)
                if (!(_table.Variances(g) > 0))
                    FillConstant(ref y, g * _shape.ChannelsPerGroup, _table.Variances(g));
    }

    /// <summary>
    /// Fills those channels of a group without variance for which x · 0 + result is not the result: NaN, whose bits would depend
    /// on the machine, and −0, which x · 0 makes +0.
    /// </summary>
    private readonly void FillConstant(ref TResult y, int first, double variance)
    {
        for (int c = first; c < first + _shape.ChannelsPerGroup; c++)
        {
            double result = _parameters.ConstantResult((_first * _shape.ChannelsPerGroup) + c, variance);
            if (double.IsNaN(result) || (result == 0 && double.IsNegative(result)))
                for (int position = 0; position < _shape.SpatialSize; position++)
                    Lanes.StoreScalar(result, ref y, ((nuint)position * (nuint)_shape.Channels) + (nuint)c);
        }
    }
}
