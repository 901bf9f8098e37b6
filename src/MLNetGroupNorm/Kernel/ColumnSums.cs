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
    private bool _isEmpty = true;

    /// <summary>Takes its arrays from memory of <see cref="Size"/> doubles, and holds no values yet.</summary>
    public ColumnSums(Span<double> memory, int width)
    {
        _memory = memory;
        _width = width;
        _space = Space(width);
        memory[..Size(width)].Clear();
    }

    /// <summary>What is subtracted from each column's values; 0 at first.</summary>
    public readonly Span<double> Shift => _memory.Slice(6 * _space, _width);

    public static int Size(int width) => 7 * Space(width);

    /// <summary>Forgets all values, but not the shifts.</summary>
    public void Clear()
    {
        _memory[..(6 * _space)].Clear();
        _isEmpty = true;
    }

    /// <summary>
    /// Adds <paramref name="rows"/> rows of <paramref name="width"/> values, at most the width of the matrix, each
    /// <paramref name="stride"/> values after the one before.
    /// </summary>
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
            if (_isEmpty)
                BlockSums.OfColumns(ref block, count, stride, width, shifted, ref shift, ref sum, ref squares);
            else
            {
                BlockSums.OfColumns(ref block, count, stride, width, shifted, ref shift, ref Array(4), ref Array(5));
                AddBlock(ref Array(4), width, ref sum, ref Array(2));
                AddBlock(ref Array(5), width, ref squares, ref Array(3));
            }

            _isEmpty = false;
        }
    }

    /// <summary>
    /// Adds the columns that are the same channel of several positions, the width being <paramref name="channels"/> times a
    /// power of two, for <see cref="OfGroup"/>.
    /// </summary>
    public readonly void Fold(int channels)
    {
        Fold(ref Array(0), ref Array(2), (nuint)channels, ref Array(4));
        Fold(ref Array(1), ref Array(3), (nuint)channels, ref Array(5));
    }

    /// <summary>The sums of <paramref name="count"/> channels from <paramref name="start"/> on.</summary>
    public readonly BlockSums OfGroup(int start, int count) => new(
        Lanes.Sum(_memory.Slice((4 * _space) + start, count)),
        Lanes.Sum(_memory.Slice((5 * _space) + start, count)));

    private readonly void Fold(ref double sum, ref double low, nuint channels, ref double folded)
    {
        Lanes.Add(ref sum, ref low, (nuint)_width, ref folded);
        for (nuint half = (nuint)_width / 2; half >= channels; half /= 2)
            Lanes.Add(ref folded, ref Unsafe.Add(ref folded, half), half, ref folded);
    }

    /// <summary>Whole vectors.</summary>
    private static int Space(int width) => (width + Lanes.Count - 1) / Lanes.Count * Lanes.Count;

    /// <summary>
    /// Sums and squares so far, 0 and 1, what these round off, 2 and 3, sums and squares of a block or folded ones, 4 and 5,
    /// and the shifts, 6.
    /// </summary>
    private readonly ref double Array(int index) => ref Unsafe.Add(ref MemoryMarshal.GetReference(_memory), index * _space);

    /// <summary>Adds a block's sums of the first columns to the totals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
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
