using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Σd and Σd² of every column of a matrix of rows, d = x − shift of the column. Each column is a lane that adds its values in the
/// order of the rows, and sums of blocks of rows are compensated: so the bits do not depend on which columns are taken together.
/// </summary>
internal readonly ref struct ColumnSums
{
    /// <summary>The most rows of a block.</summary>
    public const int BlockRows = 128;

    /// <summary>Rows that go to a column's sums between loading and storing these.</summary>
    private const int RowsAtOnce = 8;

    /// <summary>Space before each array, for the lanes that a last vector of a short row clears.</summary>
    private const int Margin = Lanes.Count;

    private const int Arrays = 7;

    private readonly int _width;
    private readonly Span<double> _sum, _squares, _sumHigh, _sumLow, _squaresHigh, _squaresLow;

    /// <summary>Takes its arrays from memory of <see cref="Size"/> doubles.</summary>
    public ColumnSums(Span<double> memory, int width)
    {
        _width = width;
        int next = 0;
        Span<double> Take(Span<double> all) => all.Slice((next++ * (width + Margin)) + Margin, width);
        _sum = Take(memory);
        _squares = Take(memory);
        _sumHigh = Take(memory);
        _sumLow = Take(memory);
        _squaresHigh = Take(memory);
        _squaresLow = Take(memory);
        Shift = Take(memory);
    }

    /// <summary>What is subtracted from each column's values.</summary>
    public Span<double> Shift { get; }

    public static int Size(int width) => Arrays * (width + Margin);

    /// <summary>Forgets all values.</summary>
    public void Clear()
    {
        _sum.Clear();
        _squares.Clear();
        _sumHigh.Clear();
        _sumLow.Clear();
        _squaresHigh.Clear();
        _squaresLow.Clear();
    }

    /// <summary>
    /// Adds <paramref name="rows"/> rows of <paramref name="width"/> values, at most the width of the matrix, each
    /// <paramref name="stride"/> values after the one before.
    /// </summary>
    public void Add<T>(ref T x, nuint rows, nuint stride, nuint width, bool shifted)
        where T : unmanaged
    {
        for (nuint row = 0; row < rows; row += BlockRows)
        {
            nuint end = Math.Min(rows, row + BlockRows);
            for (nuint r = row; r < end; r += RowsAtOnce)
                if (shifted)
                    AddRows(ref Unsafe.Add(ref x, r * stride), Math.Min(RowsAtOnce, end - r), stride, width, shifted: true);
                else
                    AddRows(ref Unsafe.Add(ref x, r * stride), Math.Min(RowsAtOnce, end - r), stride, width, shifted: false);
            EndBlock(_sum, _sumHigh, _sumLow);
            EndBlock(_squares, _squaresHigh, _squaresLow);
        }
    }

    /// <summary>Adds columns <paramref name="start"/> to before <paramref name="end"/> to the sums of their group.</summary>
    public void AddTo(ref GroupSums group, int start, int end)
    {
        group.Add(Lanes.Sum(_sumHigh[start..end]), Lanes.Sum(_squaresHigh[start..end]));
        group.Add(Lanes.Sum(_sumLow[start..end]), Lanes.Sum(_squaresLow[start..end]));
    }

    /// <summary>(rows ≤ 8, width) values, a vector of columns at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddRows<T>(ref T x, nuint rows, nuint stride, nuint width, bool shifted)
        where T : unmanaged
    {
        ref double sum = ref MemoryMarshal.GetReference(_sum);
        ref double squares = ref MemoryMarshal.GetReference(_squares);
        ref double shift = ref MemoryMarshal.GetReference(Shift);

        nuint j = 0;
        for (; j + Lanes.Count <= width; j += Lanes.Count)
        {
            var s = Lanes.Load(ref sum, j);
            var q = Lanes.Load(ref squares, j);
            for (nuint r = 0; r < rows; r++)
            {
                var d = Lanes.Load(ref x, (r * stride) + j);
                BlockSums.Add(shifted ? d - Lanes.Load(ref shift, j) : d, shifted, ref s, ref q);
            }

            s.StoreUnsafe(ref sum, j);
            q.StoreUnsafe(ref squares, j);
        }

        if (j < width)
            AddEnds(ref x, rows, stride, width, width - j, shifted);
    }

    /// <summary>The last <paramref name="count"/> (fewer than eight) values of each row.</summary>
    private void AddEnds<T>(ref T x, nuint rows, nuint stride, nuint width, nuint count, bool shifted)
        where T : unmanaged
    {
        // These lanes may begin before the first column, in the margin, where they hold zeros.
        ref double sum = ref Before(_sum, width);
        ref double squares = ref Before(_squares, width);
        var s = Lanes.Load(ref sum, 0);
        var q = Lanes.Load(ref squares, 0);
        var k = Lanes.KeepLast(Lanes.Load(ref Before(Shift, width), 0), count);
        for (nuint r = 0; r < rows; r++)
        {
            var d = Lanes.KeepLast(Lanes.LoadLast(ref Unsafe.Add(ref x, r * stride), width, count), count);
            BlockSums.Add(shifted ? d - k : d, shifted, ref s, ref q);
        }

        s.StoreUnsafe(ref sum);
        q.StoreUnsafe(ref squares);
    }

    private static ref double Before(Span<double> columns, nuint width) =>
        ref Unsafe.Subtract(ref Unsafe.Add(ref MemoryMarshal.GetReference(columns), width), Lanes.Count);

    /// <summary>Moves the sums of a block to the compensated ones.</summary>
    private void EndBlock(Span<double> block, Span<double> high, Span<double> low)
    {
        for (int j = 0; j < _width; j++)
        {
            var total = new Compensated(high[j], low[j]) + block[j];
            (high[j], low[j]) = (total.High, total.Low);
            block[j] = 0;
        }
    }
}
