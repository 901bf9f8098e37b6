using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Σd and Σd² of doubles, d = x − shift, eight series at a time. A double has no digits to spare, so Σd keeps what every
/// addition rounds off. d² is added up in short plain sums, which are then added in two parts. The order of additions is fixed.
/// </summary>
/// <remarks>
/// A series has four numbers, <c>space</c> doubles apart: Σd, what its additions rounded off, Σd², and what those rounded off.
/// </remarks>
internal static class DoubleSums
{
    /// <summary>The numbers of a series.</summary>
    public const int Parts = 4;

    /// <summary>Squares that are added one after the other without compensation.</summary>
    private const int MostPlainSquares = 16;

    /// <summary>Rows that are added at a time, their squares in four sums.</summary>
    public const int Rows = 4 * MostPlainSquares;

    /// <summary>From this length on, eight lanes for each run are faster than one.</summary>
    public const int LanesFrom = 64;

    /// <summary>The series that are added to at a time, and the lanes of a run.</summary>
    private const int Columns = BlockSums.RunLanes;

    /// <summary>The lanes of four runs.</summary>
    private const int FourRuns = Lanes.Count * Columns;

    /// <summary>
    /// Adds at most 64 rows of eight values, each <paramref name="step"/> values after the one before, to eight series.
    /// Prefetches as many, <paramref name="ahead"/> values further.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRows(ref double x, nuint rows, nuint step, ref double shifts, ref double totals, nuint space, nint ahead)
    {
        Vector256<double> a = Lanes.Load(ref shifts, 0), b = Lanes.Load(ref shifts, Lanes.Count);
        Vector256<double> sumA = Lanes.Load(ref totals, 0), sumB = Lanes.Load(ref totals, Lanes.Count);
        Vector256<double> lowA = Lanes.Load(ref totals, space), lowB = Lanes.Load(ref totals, space + Lanes.Count);
        Vector256<double> a0 = default, a1 = default, a2 = default, a3 = default;
        Vector256<double> b0 = default, b1 = default, b2 = default, b3 = default;
        for (; rows >= 4; rows -= 4, x = ref Unsafe.Add(ref x, 4 * step), ahead += (4 * Columns) - (nint)(4 * step))
        {
            CacheLine.Prefetch(ref x, ahead, 4 * Columns);
            Add(Lanes.Load(ref x, 0), a, ref sumA, ref lowA, ref a0);
            Add(Lanes.Load(ref x, Lanes.Count), b, ref sumB, ref lowB, ref b0);
            Add(Lanes.Load(ref x, step), a, ref sumA, ref lowA, ref a1);
            Add(Lanes.Load(ref x, step + Lanes.Count), b, ref sumB, ref lowB, ref b1);
            Add(Lanes.Load(ref x, 2 * step), a, ref sumA, ref lowA, ref a2);
            Add(Lanes.Load(ref x, (2 * step) + Lanes.Count), b, ref sumB, ref lowB, ref b2);
            Add(Lanes.Load(ref x, 3 * step), a, ref sumA, ref lowA, ref a3);
            Add(Lanes.Load(ref x, (3 * step) + Lanes.Count), b, ref sumB, ref lowB, ref b3);
        }

        for (; rows > 0; rows--, x = ref Unsafe.Add(ref x, step))
        {
            Add(Lanes.Load(ref x, 0), a, ref sumA, ref lowA, ref a0);
            Add(Lanes.Load(ref x, Lanes.Count), b, ref sumB, ref lowB, ref b0);
        }

        ref double squares = ref Unsafe.Add(ref totals, 2 * space), squaresLow = ref Unsafe.Add(ref totals, 3 * space);
        Compensated.Add(a0 + a1 + (a2 + a3), ref squares, ref squaresLow);
        Compensated.Add(b0 + b1 + (b2 + b3), ref Unsafe.Add(ref squares, Lanes.Count), ref Unsafe.Add(ref squaresLow, Lanes.Count));
        Lanes.Store(sumA, ref totals, 0);
        Lanes.Store(sumB, ref totals, Lanes.Count);
        Lanes.Store(lowA, ref totals, space);
        Lanes.Store(lowB, ref totals, space + Lanes.Count);
    }

    /// <summary>
    /// Adds at most 64 rows of <paramref name="width"/> values to as many series, each with a shift of its own. Totals and shifts have room
    /// for a multiple of eight.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OfColumns(ref double x, nuint rows, nuint stride, nuint width, ref double shifts, ref double totals,
        nuint space)
    {
        Span<double> memory = stackalloc double[(Rows * Columns) + CacheLine.Doubles];
        for (nuint c = 0; c < width; c += Columns)
        {
            scoped ref double column = ref Unsafe.Add(ref x, c);
            nuint step = stride;
            if (c + Columns > width)
            {
                // The remaining columns, padded to eight with values that equal their shift, so that d = 0. Nothing past the matrix is read.
                var padded = CacheLine.Aligned(memory);
                for (nuint row = 0; row < rows; row++)
                    for (nuint lane = 0; lane < Columns; lane++)
                        padded[(int)((row * Columns) + lane)] = c + lane < width
                            ? Unsafe.Add(ref x, (row * stride) + c + lane)
                            : Unsafe.Add(ref shifts, c + lane);
                column = ref padded[0];
                step = Columns;
            }

            AddRows(ref column, rows, step, ref Unsafe.Add(ref shifts, c), ref Unsafe.Add(ref totals, c), space,
                CacheLine.NextTile(rows, stride, c));
        }
    }

    /// <summary>
    /// The sums of each of <paramref name="count"/> runs of <paramref name="length"/> values that lie end to end: of the first
    /// <paramref name="part"/> values of each, all of them where runs are short.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void OfRuns(ref double x, nuint length, nuint part, int count, in GroupTable table)
    {
        if (length < LanesFrom)
        {
            OfShortRuns(ref x, length, count, table);
            return;
        }

        // A long run is a matrix of eight columns. Its shift stands before the sums of up to four runs.
        Span<double> memory = stackalloc double[Columns + (Parts * FourRuns) + CacheLine.Doubles];
        ref double shifts = ref MemoryMarshal.GetReference(CacheLine.Aligned(memory));
        ref double lanes = ref Unsafe.Add(ref shifts, Columns);
        for (int run = 0; run < count; run++, x = ref Unsafe.Add(ref x, length))
        {
            int place = run % Lanes.Count;
            if (place == 0)
                MemoryMarshal.CreateSpan(ref lanes, Parts * FourRuns).Clear();
            ref double totals = ref Unsafe.Add(ref lanes, place * Columns);
            Lanes.Repeat(ref table.Shifts(run), 1, Columns, ref shifts);
            nuint rows = part / Columns;
            for (nuint row = 0; row < rows; row += Rows)
                OfColumns(ref Unsafe.Add(ref x, row * Columns), Math.Min(rows - row, Rows), Columns, Columns, ref shifts,
                    ref totals, FourRuns);
            if (part % Columns != 0)
                OfColumns(ref Unsafe.Add(ref x, rows * Columns), 1, Columns, part % Columns, ref shifts, ref totals, FourRuns);
            if (place == Lanes.Count - 1 || run == count - 1)
                AddUp(ref lanes, FourRuns, Columns, 1, place + 1, table, run - place);
        }
    }

    /// <summary>
    /// Adds up the series of each group: <paramref name="columns"/> neighbouring ones at each of <paramref name="positions"/> positions. Of the
    /// last four groups, those past <paramref name="count"/> read other sums and write to room of the table that does not count.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void AddUp(ref double totals, nuint space, nuint columns, nuint positions, int count, in GroupTable table,
        int first)
    {
        for (int g = first; g < first + count; g += Lanes.Count, totals = ref Unsafe.Add(ref totals, Lanes.Count * columns))
        {
            Vector256<double> sum = default, low = default, squares = default, squaresLow = default;
            for (nuint position = 0; position < positions; position++)
                for (nuint c = 0; c < columns; c++)
                {
                    ref double series = ref Unsafe.Add(ref totals, (position * columns * (nuint)count) + c);
                    Compensated.Add(LoadFour(ref series, columns), ref sum, ref low);
                    low += LoadFour(ref Unsafe.Add(ref series, space), columns);
                    Compensated.Add(LoadFour(ref Unsafe.Add(ref series, 2 * space), columns), ref squares, ref squaresLow);
                    squaresLow += LoadFour(ref Unsafe.Add(ref series, 3 * space), columns);
                }

            Lanes.Store(sum, ref table.Sums(g), 0);
            Lanes.Store(low, ref table.LowSums(g), 0);
            Lanes.Store(squares + squaresLow, ref table.Squares(g), 0);
        }
    }

    /// <summary>A number of the same column of each of four groups.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> LoadFour(ref double first, nuint columns) =>
        columns == 1 ? Lanes.Load(ref first, 0) : Lanes.LoadStrided(ref first, columns);

    /// <summary>
    /// Short runs: a lane for each of four runs, and one value of each run at a time. The last one to three runs are taken one by one, by all
    /// lanes alike.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OfShortRuns(ref double x, nuint length, int count, in GroupTable table)
    {
        for (int run = 0, step; run < count; run += step, x = ref Unsafe.Add(ref x, (nuint)step * length))
        {
            step = run + Lanes.Count <= count ? Lanes.Count : 1;
            nuint stride = step == 1 ? 0 : length;
            Vector256<double> sum = default, low = default, squares = default, squaresLow = default, block = default;
            var shift = Lanes.Load(ref table.Shifts(run), 0);
            for (nuint i = 0; i < length; i++)
            {
                Add(Lanes.LoadStrided(ref Unsafe.Add(ref x, i), stride), shift, ref sum, ref low, ref block);
                if (i % MostPlainSquares < MostPlainSquares - 1)
                    continue;
                Compensated.Add(block, ref squares, ref squaresLow);
                block = default;
            }

            Lanes.Store(sum, ref table.Sums(run), 0);
            Lanes.Store(low, ref table.LowSums(run), 0);
            Lanes.Store(squares + (squaresLow + block), ref table.Squares(run), 0);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector256<double> x, Vector256<double> shift, ref Vector256<double> sum, ref Vector256<double> low,
        ref Vector256<double> squares)
    {
        var d = x - shift;
        Compensated.Add(d, ref sum, ref low);
        squares = Lanes.FusedMultiplyAdd(d, d, squares);
    }
}
