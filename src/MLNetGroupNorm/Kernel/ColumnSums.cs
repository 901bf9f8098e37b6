using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Σd and Σd² of every column of a matrix of rows, d = x − shift of the column, added up block by block so that nothing is
/// lost between blocks. The bits of a column do not depend on which columns are taken together.
/// </summary>
internal ref struct ColumnSums<T>
    where T : unmanaged
{
    /// <summary>
    /// Arrays of a number for each column, in the order of <see cref="DoubleSums"/>: after the sums and after the squares, what additions to
    /// them rounded off. The last has room for a vector past it.
    /// </summary>
    private const int Sums = 0, Squares = 2, Shifts = 6, Arrays = 7;

    /// <summary>The same of one block of Single or Byte; later, those of channels that are added from several columns.</summary>
    private const int BlockSum = 4, BlockSquare = 5;

    /// <summary>
    /// Doubles of a tile of rows, summed column by column while it is in the nearest cache. Changing this or <see cref="FewestRows"/>
    /// changes bits of Double.
    /// </summary>
    private const int TileLength = 4096;

    /// <summary>At least this many rows, so that loading and storing the sums pays.</summary>
    private const int FewestRows = 16;

    /// <summary>Groups of more channels are summed with compensation: plain rounding would show.</summary>
    private const int PlainChannels = 1024;

    private readonly Span<double> _memory;
    private readonly int _width, _space;
    private int _blocks;

    /// <summary>Takes its arrays from memory of <see cref="Size"/> doubles, and holds no values yet.</summary>
    public ColumnSums(Span<double> memory, int width)
    {
        _memory = memory;
        _width = width;
        _space = (int)Space(width);
    }

    /// <summary>The doubles that the sums of <paramref name="width"/> columns take.</summary>
    public static long Size(long width) => (Arrays * Space(width)) + BlockSums.RunLanes;

    /// <summary>
    /// Forgets all values, and takes from a table what is subtracted from those to come: a shift for each of <paramref name="count"/>
    /// groups of <paramref name="channels"/> channels, at all positions of a row.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Restart<TShifted>(in GroupTable table, int count, int channels)
        where TShifted : IFlag
    {
        _blocks = 0;
        if (typeof(T) == typeof(double))
            _memory[..(DoubleSums.Parts * _space)].Clear();
        else if (!TShifted.IsSet)
            return;
        Lanes.Repeat(ref table.Shifts(0), count, channels, ref Array(Shifts));
        Lanes.RepeatFirst(MemoryMarshal.CreateSpan(ref Array(Shifts), _width), count * channels);
    }

    /// <summary>
    /// Adds <paramref name="rows"/> rows of <paramref name="width"/> values, at most the width of the matrix, each
    /// <paramref name="stride"/> values after the one before.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add<TShifted>(ref T x, nuint rows, nuint stride, nuint width)
        where TShifted : IFlag
    {
        if (typeof(T) == typeof(double))
        {
            AddDoubles(ref Unsafe.As<T, double>(ref x), rows, stride, width);
            return;
        }

        for (nuint row = 0; row < rows; row += BlockSums.Rows)
        {
            ref T block = ref Unsafe.Add(ref x, row * stride);
            nuint count = Math.Min(rows - row, BlockSums.Rows);
            bool isFirst = _blocks++ == 0;
            int sums = isFirst ? Sums : BlockSum, squares = isFirst ? Squares : BlockSquare;
            Clear(sums);
            Clear(squares);
            BlockSums<T>.OfColumns<TShifted>(ref block, count, stride, width, ref Array(Shifts), ref Array(sums), ref Array(squares));
            if (isFirst)
                continue;
            if (_blocks == 2)
            {
                Clear(Sums + 1);
                Clear(Squares + 1);
            }

            AddBlock(ref Array(BlockSum), _width, ref Array(Sums), ref Array(Sums + 1));
            AddBlock(ref Array(BlockSquare), _width, ref Array(Squares), ref Array(Squares + 1));
        }
    }

    /// <summary>
    /// The sums of each of <paramref name="count"/> groups of <paramref name="channels"/> channels, into a table. The width is the
    /// channels of all groups times a power of two: the positions of a row.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void OfGroups(int channels, int count, in GroupTable table)
    {
        int row = channels * count;
        if (typeof(T) == typeof(double))
        {
            DoubleSums.AddUp(ref Array(Sums), (nuint)_space, (nuint)channels, (nuint)(_width / row), count, table, 0);
            return;
        }

        SumRuns(ref Fold(Sums, BlockSum, row), (nuint)channels, count, ref table.Sums(0));
        SumRuns(ref Fold(Squares, BlockSquare, row), (nuint)channels, count, ref table.Squares(0));
    }

    /// <summary>The sums of the columns of each channel, from one array of totals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly ref double Fold(int totals, int folded, int channels)
    {
        ref double sums = ref Array(totals);
        if (_blocks > 1)
            sums = ref AddPairs(ref sums, ref Array(totals + 1), _width, ref Array(folded));
        for (int half = _width / 2; half >= channels; half /= 2)
            sums = ref AddPairs(ref sums, ref Unsafe.Add(ref sums, half), half, ref Array(folded));
        return ref sums;
    }

    /// <summary><paramref name="width"/>, rounded up to a multiple of eight.</summary>
    private static long Space(long width) => (width + BlockSums.RunLanes - 1) / BlockSums.RunLanes * BlockSums.RunLanes;

    private readonly ref double Array(int index) =>
        ref Unsafe.Add(ref MemoryMarshal.GetReference(_memory), (nint)index * _space);

    private readonly void Clear(int array) => _memory.Slice(array * _space, _space).Clear();

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void AddDoubles(ref double x, nuint rows, nuint stride, nuint width)
    {
        nuint tile = FewestRows;
        while (2 * tile * stride <= TileLength && tile < DoubleSums.Rows)
            tile *= 2;
        for (nuint row = 0; row < rows; row += tile)
            DoubleSums.OfColumns(ref Unsafe.Add(ref x, row * stride), Math.Min(tile, rows - row), stride, width, ref Array(Shifts),
                ref Array(Sums), (nuint)_space);
    }

    /// <summary>The sums of <paramref name="count"/> pairs of doubles, and of those after them to a whole vector.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static ref double AddPairs(ref double left, ref double right, int count, ref double sums)
    {
        for (nuint i = 0; i < (nuint)count; i += Lanes.Count)
            Lanes.Store(Lanes.Load(ref left, i) + Lanes.Load(ref right, i), ref sums, i);
        return ref sums;
    }

    /// <summary>
    /// The sum of each of <paramref name="count"/> runs of <paramref name="length"/> doubles that lie end to end: short ones four at a time,
    /// long ones in eight lanes first, then what is left one by one.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void SumRuns(ref double runs, nuint length, int count, ref double sums)
    {
        if (length == 1)
            Lanes.Repeat(ref runs, count, 1, ref sums);
        int run = length == 1 ? count : 0;
        for (; length < BlockSums.RunLanes && run + Lanes.Count <= count; run += Lanes.Count)
        {
            Vector256<double> sum = default;
            for (nuint i = 0; i < length; i++)
                sum += Lanes.LoadStrided(ref Unsafe.Add(ref runs, i), length);
            Lanes.Store(sum, ref sums, (nuint)run);
            runs = ref Unsafe.Add(ref runs, Lanes.Count * length);
        }

        for (; run < count; run++, runs = ref Unsafe.Add(ref runs, length))
        {
            if (length > PlainChannels)
            {
                Unsafe.Add(ref sums, run) = Compensated.Sum(ref runs, 1, 0, length).Value;
                continue;
            }

            Vector256<double> lower = default, upper = default;
            nuint i = 0;
            for (; i + BlockSums.RunLanes <= length; i += BlockSums.RunLanes)
            {
                lower += Lanes.Load(ref runs, i);
                upper += Lanes.Load(ref runs, i + Lanes.Count);
            }

            double sum = Lanes.Sum(lower + upper);
            for (; i < length; i++)
                sum += Unsafe.Add(ref runs, i);
            Unsafe.Add(ref sums, run) = sum;
        }
    }

    /// <summary>Adds a block's sums of <paramref name="width"/> columns to the totals.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void AddBlock(ref double block, int width, ref double total, ref double low)
    {
        for (nuint j = 0; j < (nuint)width; j += Lanes.Count)
            Compensated.Add(Lanes.Load(ref block, j), ref Unsafe.Add(ref total, j), ref Unsafe.Add(ref low, j));
    }
}
