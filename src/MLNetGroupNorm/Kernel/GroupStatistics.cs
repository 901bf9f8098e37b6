using System.Runtime.CompilerServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Finds mean and biased variance of some groups of a sample that are taken together: as runs, or as columns of a matrix of rows. A
/// variance is exactly 0 where all values are equal, and NaN where one is not finite.
/// </summary>
/// <remarks>
/// The sums of x and x² take one pass and serve unless values lie far from zero for their spread. Then the sums of d = x − k do, with k
/// near the mean. Which sums are taken depends on the values of a group and, as a shift of 0 changes no bit, not on its neighbours: so do
/// the bits.
/// </remarks>
internal ref struct GroupStatistics<T>
    where T : unmanaged
{
    private readonly SampleShape _shape;
    private readonly GroupTable _table;
    private readonly int _count;
    private readonly Parameters _parameters;

    /// <summary>Values of one group in a row, and full rows. Of runs, each value is a row.</summary>
    private readonly nuint _rowLength, _rows;

    /// <summary>Rows summed first, to see whether a shift is needed.</summary>
    private readonly nuint _head;

    /// <summary>Values of all groups in the last, shorter row; 0 without one.</summary>
    private readonly nuint _lastRow;
    private ColumnSums<T> _columns;

    /// <summary>The sums of the blocks of a long run.</summary>
    private Compensated _sum, _squares;

    /// <summary>What <see cref="GroupTable.Finish"/> returned last.</summary>
    private bool _needRefining, _areConstant;

    /// <summary>Takes <paramref name="count"/> groups, and for columns memory of <see cref="ColumnSums{T}.Size"/>.</summary>
    public GroupStatistics(in SampleShape shape, int count, in GroupTable table, in Parameters parameters, Span<double> memory = default)
    {
        bool areRuns = shape.HasGroupsInRuns;
        int positions = areRuns ? 1 : shape.PositionsPerRow;
        _shape = shape;
        _count = count;
        _table = table;
        _parameters = parameters;
        _rowLength = areRuns ? 1 : (nuint)(positions * shape.ChannelsPerGroup);
        _rows = areRuns ? (nuint)shape.GroupLength : (nuint)(shape.SpatialSize / positions);
        _lastRow = areRuns ? 0 : (nuint)(shape.SpatialSize % positions * shape.ChannelsPerGroup * count);
        nuint head = areRuns ? (nuint)BlockSums.Length : BlockSums.Rows;
        if (typeof(T) == typeof(double))
            head = 1 + ((DoubleSums.LanesFrom - 1) / _rowLength);
        _head = Math.Min(_rows, head);
        if (!areRuns)
            _columns = new ColumnSums<T>(memory, (int)_rowLength * count);
    }

    /// <summary>Fills the table. False where <see cref="Parameters.FillConstants"/> has to look for constant groups and NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool Measure(ref T x)
    {
        // A shift that comes from a head may need a better one from all values. Doubles that differ only in their last digits need a third.
        int shifts = typeof(T) == typeof(double) ? 3 : 2;
        _table.ResetShifts<T>(_count);
        bool areShifted = Sum<Off>(ref x, 0, _head, mayShift: true);
        if (!areShifted && _head < _rows)
        {
            // Beside a group that is shifted after the head, this would be one of the sums below.
            shifts--;
            areShifted = Sum<Off>(ref x, typeof(T) == typeof(double) ? 0 : _head, _rows, mayShift: true);
        }

        for (; areShifted; shifts--)
            areShifted = Sum<On>(ref x, 0, _rows, mayShift: shifts > 1);

        for (int g = 0; _needRefining && g < _count; g++)
            if (_table.NeedsRefining(g))
                Refine(ref x, g);
        return !_areConstant && !_needRefining;
    }

    /// <summary>
    /// Sums rows <paramref name="start"/> to before <paramref name="end"/>, after those of the sum before unless start is 0, and finishes
    /// the groups. Whether some got another shift, if they <paramref name="mayShift"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool Sum<TShifted>(ref T x, nuint start, nuint end, bool mayShift)
        where TShifted : IFlag
    {
        if (!_shape.HasGroupsInRuns)
            SumColumns<TShifted>(ref x, start, end);
        else if (typeof(T) == typeof(double))
            DoubleSums.OfRuns(ref Unsafe.As<T, double>(ref x), _rows, end, _count, _table);
        else if (_rows <= BlockSums.Length)
            BlockSums<T>.OfRuns<TShifted>(ref x, _rows, _count, _table);
        else
            SumBlocks<TShifted>(ref x, start, end);

        double n = end == _rows ? _shape.GroupLength : end * _rowLength;
        (bool areShifted, _needRefining, _areConstant) = _table.Finish<T>(_count, n, _parameters, mayShift, isPart: end < _rows);
        return areShifted;
    }

    private void SumColumns<TShifted>(ref T x, nuint start, nuint end)
        where TShifted : IFlag
    {
        nuint stride = (nuint)(_shape.PositionsPerRow * _shape.Channels);
        if (start == 0)
            _columns.Restart<TShifted>(_table, _count, _shape.ChannelsPerGroup);
        _columns.Add<TShifted>(ref Unsafe.Add(ref x, start * stride), end - start, stride, _rowLength * (nuint)_count);
        if (end == _rows && _lastRow > 0)
            _columns.Add<TShifted>(ref Unsafe.Add(ref x, end * stride), 1, stride, _lastRow);
        _columns.OfGroups(_shape.ChannelsPerGroup, _count, _table);
    }

    /// <summary>Adds a run of Single or Byte block by block, so that nothing is lost between blocks.</summary>
    private void SumBlocks<TShifted>(ref T x, nuint start, nuint end)
        where TShifted : IFlag
    {
        if (start == 0)
            _sum = _squares = default;
        for (; start < end; start += BlockSums.Length)
        {
            BlockSums<T>.OfRuns<TShifted>(ref Unsafe.Add(ref x, start), Math.Min(end - start, BlockSums.Length), 1, _table);
            _sum += _table.Sums(0);
            _squares += _table.Squares(0);
        }

        (_table.Sums(0), _table.Squares(0)) = (_sum.Value, _squares.Value);
    }

    /// <summary>Measures a group whose sums are not enough: floats with a mean near 0, doubles of extreme magnitude or all 0.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void Refine(ref T x, int group)
    {
        bool isRun = _shape.HasGroupsInRuns;
        nuint rows = isRun ? 1 : (nuint)_shape.SpatialSize, width = (nuint)(isRun ? _shape.GroupLength : _shape.ChannelsPerGroup);
        ref T first = ref Unsafe.Add(ref x, (nuint)group * width);
        if (typeof(T) == typeof(double))
            new ExtremeGroup(ref Unsafe.As<T, double>(ref first), rows, (nuint)_shape.Channels, width)
                .Measure(_table, group, _parameters.Epsilon);
        else
            _table.Set(group, Compensated.Sum(ref first, rows, (nuint)_shape.Channels, width).Value / _shape.GroupLength,
                _table.Variances(group), _parameters.Epsilon);
    }
}
