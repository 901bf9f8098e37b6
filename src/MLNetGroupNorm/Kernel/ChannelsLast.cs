using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Groups that are columns of a matrix: a sample of (spatial, C) values, C/G neighbouring columns to a group. All columns asked
/// for are read together, row after row, as they lie in memory.
/// </summary>
/// <remarks>
/// Rows of few channels are folded: several positions count as one row, so that vectors are full. Then a column is
/// every position in so many of a channel.
/// </remarks>
internal ref struct ChannelsLast
{
    /// <summary>From so many channels on, rows are long enough for vectors as they are.</summary>
    private const int LongRow = 64;

    /// <summary>So many values, at least, go through their lines in one step where rows lie end to end.</summary>
    private const int LineLength = 512;

    /// <summary>
    /// Results are written in runs of so many values, the last run first: what was read last for the sums is what a cache still
    /// has. Within a run they are written upwards, as processors fetch ahead.
    /// </summary>
    private const int RunLength = 1 << 16;

    private readonly SampleShape _shape;
    private readonly int _first, _groups, _fold, _channels;
    private readonly Parameters _parameters;
    private readonly GroupTable _table;
    private ColumnSums _sums;

    /// <summary>Whether every group has a deviation, and a mean that its sums tell precisely.</summary>
    private bool _areUsual;

    private ChannelsLast(in SampleShape shape, int first, int end, Parameters parameters, Span<double> sums, Span<double> table)
    {
        _shape = shape;
        _first = first;
        _groups = end - first;
        _fold = Fold(shape.Channels);
        _channels = _groups * shape.ChannelsPerGroup;
        _parameters = parameters;
        _sums = new ColumnSums(sums, _fold * _channels);
        _table = new GroupTable(table, _groups);
    }

    private readonly nuint Width => (nuint)(_fold * _channels);

    private readonly nuint Stride => (nuint)(_fold * _shape.Channels);

    private readonly nuint Rows => (nuint)(_shape.SpatialSize / _fold);

    /// <summary>The values of the last row where the positions are no multiple of the fold.</summary>
    private readonly nuint LastRow => (nuint)(_shape.SpatialSize % _fold * _channels);

    /// <summary>Whether a part of the groups may be normalized alone; with folded rows, only all of them may.</summary>
    public static bool CanSplit(in SampleShape shape) => Fold(shape.Channels) == 1;

    /// <summary>Groups whose channels are all summed in wide columns.</summary>
    public static int SmallestPart(int channelsPerGroup) => MultipleOfWidth(channelsPerGroup);

    /// <summary>Normalizes groups <paramref name="first"/> to before <paramref name="end"/> of a sample.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize<T>(ref T x, ref float y, in SampleShape shape, int first, int end, Parameters parameters,
        bool pastCaches)
        where T : unmanaged
    {
        int fold = Fold(shape.Channels);
        int channels = (end - first) * shape.ChannelsPerGroup;
        int lines = 2 * LinesSpace(LinesLength(shape, fold, channels));
        int sums = int.Max(ColumnSums.Size(fold * channels), lines);
        using var memory = new Scratch(sums + GroupTable.Size(end - first));
        var groups = new ChannelsLast(shape, first, end, parameters, memory.Values[..sums], memory.Values[sums..]);

        nuint start = (nuint)(first * shape.ChannelsPerGroup);
        groups.Measure(ref Unsafe.Add(ref x, start));
        groups.Apply(ref Unsafe.Add(ref x, start), ref Unsafe.Add(ref y, start), memory.Values[..sums], pastCaches);
    }

    /// <summary>
    /// The mean of a sum without rounding of so many channels at so many positions, each <paramref name="stride"/> values after the
    /// one before.
    /// </summary>
    public static double CompensatedMean<T>(ref T x, int positions, nuint stride, int channels)
        where T : unmanaged
    {
        var sum = default(Compensated);
        for (int position = 0; position < positions; position++)
            for (int c = 0; c < channels; c++)
                sum += Lanes.Load1(ref x, ((nuint)position * stride) + (nuint)c);
        return sum.Value / (positions * channels);
    }

    /// <summary>The positions that make a row of full vectors, as many as work at a time.</summary>
    private static int Fold(int channels) => channels >= LongRow ? 1 : MultipleOfWidth(channels);

    /// <summary>The smallest number, a power of two, that makes a multiple of the values that work at a time.</summary>
    private static int MultipleOfWidth(int channels) => BlockSums.Width / int.Min(BlockSums.Width, channels & -channels);

    private static int LinesLength(in SampleShape shape, int fold, int channels)
    {
        int row = fold * channels;
        return channels == shape.Channels ? row * ((LineLength + row - 1) / row) : row;
    }

    /// <summary>Room for so many lines and a vector that ends after them, in whole vectors.</summary>
    private static int LinesSpace(int length) => ((length / Lanes.Count) + 2) * Lanes.Count;

    /// <summary>
    /// Finds every group's statistics as <see cref="GroupStatistics.Of"/> does: a first block tells which groups need a shift,
    /// and a shift of 0 changes no bit of a group that needs none while a neighbour does.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Measure<T>(ref T x)
        where T : unmanaged
    {
        nuint head = Math.Min(Rows, BlockSums.Rows);
        bool precise = Sum(ref x, 0, head, shifted: false);
        if (precise && head < Rows)
            precise = Sum(ref x, head, Rows, shifted: false);
        for (int attempt = 1; !precise && attempt <= 2; attempt++)
        {
            _sums.Restart(ref _table.Shifts[0], _groups, _shape.ChannelsPerGroup);
            precise = Sum(ref x, 0, Rows, shifted: true);
        }

        if (!_areUsual)
            for (int g = 0; g < _groups; g++)
                if (_table[g].HasCancelled)
                    _table.SetMean(g, CompensatedMean(ref Unsafe.Add(ref x, g * _shape.ChannelsPerGroup), _shape.SpatialSize,
                        (nuint)_shape.Channels, _shape.ChannelsPerGroup));
    }

    /// <summary>
    /// Adds rows, finds the statistics of all rows so far, and sets the shift of groups whose sums are not precise. Whether all
    /// are.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Sum<T>(ref T x, nuint start, nuint end, bool shifted)
        where T : unmanaged
    {
        _sums.Add(ref Unsafe.Add(ref x, start * Stride), end - start, Stride, Width, shifted);
        if (end == Rows && LastRow > 0)
            _sums.Add(ref Unsafe.Add(ref x, end * Stride), 1, Stride, LastRow, shifted);

        nuint positions = end == Rows ? (nuint)_shape.SpatialSize : end * (nuint)_fold;
        double share = 1.0 / (positions * (nuint)_shape.ChannelsPerGroup);
        _sums.Fold(_channels);
        _sums.OfGroups(_shape.ChannelsPerGroup, _groups, ref _table.Sums(0), ref _table.Squares(0));
        bool allPrecise = true;
        _areUsual = true;
        for (int g = 0; g < _groups; g += Lanes.Count)
        {
            var shift = shifted ? Lanes.Load(ref _table.Shifts[g], 0) : Vector512<double>.Zero;
            uint unusual = _table.Finish(g, _groups, share, _parameters.Epsilon, shift, out uint imprecise);
            _areUsual &= unusual == 0;
            if (imprecise == 0)
                continue;
            if (allPrecise && !shifted)
                _table.Shifts.Clear();
            allPrecise = false;
            _table.ShiftToMean(g, imprecise);
        }

        return allPrecise;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Apply<T>(ref T x, ref float y, Span<double> memory, bool pastCaches)
        where T : unmanaged
    {
        int length = LinesLength(_shape, _fold, _channels);
        int space = LinesSpace(length);
        var a = memory[..space];
        var b = memory.Slice(space, space);
        LayOutLines(a, b);
        int lines = length + Lanes.Count;
        for (int filled = _channels; filled < lines; filled *= 2)
        {
            int more = int.Min(filled, lines - filled);
            a[..more].CopyTo(a[filled..]);
            b[..more].CopyTo(b[filled..]);
        }

        // Rows that lie end to end are one long row, in which the lines repeat.
        nuint width = (nuint)length;
        bool endToEnd = _channels == _shape.Channels;
        nuint stride = endToEnd ? width : (nuint)_shape.Channels;
        nuint size = endToEnd ? (nuint)_shape.Length : (nuint)_shape.SpatialSize * stride;
        pastCaches &= endToEnd && length % Lanes.Count == 0;
        nuint head = pastCaches ? Math.Min(size, (nuint)CacheLine.FloatsToAligned(ref y)) : 0;
        Application.Row(ref x, ref y, head, ref a[0], ref b[0]);

        // A small sample leaves room in the cache for the next one.
        nuint ahead = size <= RunLength ? size : 0;
        nuint run = Math.Max(1, RunLength / stride) * stride;
        for (nuint end = size; end > head;)
        {
            nuint start = head + ((end - head - 1) / run * run);
            for (nuint i = start; i < end; i += stride)
            {
                ref T from = ref Unsafe.Add(ref x, i);
                ref float to = ref Unsafe.Add(ref y, i);
                if (pastCaches)
                    Application.RowPastCaches(ref from, ref to, Math.Min(width, size - i), ref a[(int)head], ref b[(int)head],
                        ahead);
                else
                    Application.Row(ref from, ref to, Math.Min(width, size - i), ref a[0], ref b[0]);
            }

            end = start;
        }

        if (_areUsual)
            return;
        for (int g = 0; g < _groups; g++)
            if (!(_table[g].Variance > 0))
                Level(ref y, g);
    }

    /// <summary>The lines of one position's channels; a vector may run into the next group, which overwrites it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void LayOutLines(Span<double> a, Span<double> b)
    {
        int channels = _shape.ChannelsPerGroup;
        _parameters.Lines(_table, 0, channels, _first * channels, _channels, ref a[0], ref b[0]);
        if (_areUsual)
            return;
        for (int g = 0; g < _groups; g++)
            if (!(_table[g].Variance > 0))
                for (int c = g * channels; c < (g + 1) * channels; c++)
                    (a[c], b[c]) = (0, _parameters.Level((_first * channels) + c, _table[g].Variance));
    }

    /// <summary>
    /// Fills those channels of a group without deviation whose level a line does not give: NaN, always the same one where what
    /// arithmetic makes of a value that is not finite depends on the machine, and −0, to which x · 0 adds the wrong sign.
    /// </summary>
    private readonly void Level(ref float y, int group)
    {
        int first = group * _shape.ChannelsPerGroup;
        for (int c = first; c < first + _shape.ChannelsPerGroup; c++)
        {
            float level = _parameters.Level((_first * _shape.ChannelsPerGroup) + c, _table[group].Variance);
            if (float.IsNaN(level) || (level == 0 && float.IsNegative(level)))
                for (int position = 0; position < _shape.SpatialSize; position++)
                    Unsafe.Add(ref y, ((nuint)position * (nuint)_shape.Channels) + (nuint)c) = level;
        }
    }
}
