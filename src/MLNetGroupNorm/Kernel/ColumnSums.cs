using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Σd and Σd² of every column of a matrix of rows, d = x − shift of the column, added up block by block so that nothing is lost
/// between blocks. The bits of a column do not depend on which columns are taken together.
/// </summary>
internal ref struct ColumnSums
{
    private readonly Span<double> _memory;
    private readonly int _width, _space;
    private int _blocks;

    /// <summary>Which arrays hold the sums of channels: those of all columns, or folded ones.</summary>
    private int _folded;

    /// <summary>Takes its arrays from memory of <see cref="Size"/> doubles, and holds no values yet.</summary>
    public ColumnSums(Span<double> memory, int width)
    {
        _memory = memory;
        _width = width;
        _space = Space(width);
    }

    public static int Size(int width) => (7 * Space(width)) + Lanes.Count;

    /// <summary>
    /// Forgets all values, and takes what is subtracted from those to come: a shift for each of <paramref name="count"/> groups of
    /// so many channels, at all positions of a row. There is room to read a vector past the last shift.
    /// </summary>
    public void Restart(ref double shifts, int count, int channels)
    {
        _blocks = 0;
        Repetition.Write(ref shifts, count, channels, ref Array(6));
        var columns = _memory.Slice(6 * _space, _width);
        for (int filled = count * channels; filled < _width; filled *= 2)
            columns[..filled].CopyTo(columns[filled..]);
    }

    /// <summary>
    /// Adds <paramref name="rows"/> rows of <paramref name="width"/> values, at most the width of the matrix, each
    /// <paramref name="stride"/> values after the one before.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Add<T>(ref T x, nuint rows, nuint stride, nuint width, bool shifted)
        where T : unmanaged
    {
        ref double sum = ref Array(0);
        ref double squares = ref Array(1);
        ref double shift = ref Array(6);
        for (nuint row = 0; row < rows; row += BlockSums.Rows)
        {
            ref T block = ref Unsafe.Add(ref x, row * stride);
            nuint count = Math.Min(rows - row, BlockSums.Rows);
            if (_blocks++ == 0)
            {
                if (width < (nuint)_width)
                    _memory[..(2 * _space)].Clear();
                BlockSums.OfColumns(ref block, count, stride, width, shifted, ref shift, ref sum, ref squares);
                continue;
            }

            if (_blocks == 2)
                _memory.Slice(2 * _space, 2 * _space).Clear();
            BlockSums.OfColumns(ref block, count, stride, width, shifted, ref shift, ref Array(4), ref Array(5));
            AddBlock(ref Array(4), width, ref sum, ref Array(2));
            AddBlock(ref Array(5), width, ref squares, ref Array(3));
        }
    }

    /// <summary>
    /// Adds the columns that are the same channel of several positions, the width being <paramref name="channels"/> times a
    /// power of two, for <see cref="OfGroups"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Fold(int channels)
    {
        _folded = 0;
        if (_blocks > 1)
        {
            Lanes.Add(ref Array(0), ref Array(2), (nuint)_width, ref Array(4));
            Lanes.Add(ref Array(1), ref Array(3), (nuint)_width, ref Array(5));
            _folded = 4;
        }

        for (int half = _width / 2; half >= channels; half /= 2)
        {
            Lanes.Add(ref Array(_folded), ref Unsafe.Add(ref Array(_folded), half), (nuint)half, ref Array(4));
            Lanes.Add(ref Array(_folded + 1), ref Unsafe.Add(ref Array(_folded + 1), half), (nuint)half, ref Array(5));
            _folded = 4;
        }
    }

    /// <summary>The sums of each of <paramref name="count"/> groups of <paramref name="channels"/> channels.</summary>
    public readonly void OfGroups(int channels, int count, ref double sums, ref double squares)
    {
        Lanes.SumEach(ref Array(_folded), channels, count, ref sums);
        Lanes.SumEach(ref Array(_folded + 1), channels, count, ref squares);
    }

    /// <summary>Whole vectors.</summary>
    private static int Space(int width) => (width + Lanes.Count - 1) / Lanes.Count * Lanes.Count;

    /// <summary>
    /// Sums and squares so far, 0 and 1, what these round off, 2 and 3, sums and squares of a block or folded ones, 4 and 5,
    /// and the shifts, 6, which have room for a vector past them.
    /// </summary>
    private readonly ref double Array(int index) => ref Unsafe.Add(ref MemoryMarshal.GetReference(_memory), index * _space);

    /// <summary>Adds a block's sums of the first columns to the totals.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void AddBlock(ref double block, nuint width, ref double total, ref double low)
    {
        nuint j = 0;
        for (; j + Lanes.Count <= width; j += Lanes.Count)
        {
            var high = Vector512.LoadUnsafe(ref total, j);
            var rest = Vector512.LoadUnsafe(ref low, j);
            CompensatedSum.Add(Vector512.LoadUnsafe(ref block, j), ref high, ref rest);
            high.StoreUnsafe(ref total, j);
            rest.StoreUnsafe(ref low, j);
        }

        for (; j < width; j++)
        {
            var sum = new Compensated(Unsafe.Add(ref total, j), Unsafe.Add(ref low, j)) + Unsafe.Add(ref block, j);
            (Unsafe.Add(ref total, j), Unsafe.Add(ref low, j)) = (sum.High, sum.Low);
        }
    }
}
