using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Σd and Σd² of doubles, d = x − shift, four series at a time. A double has no digits to spare, so Σd keeps what every
/// addition rounds off. d² is added up in short plain sums, which are then added in two parts. The order of additions is fixed.
/// </summary>
/// <remarks>
/// Four numbers of a series stand <c>space</c> doubles apart: Σd, what its additions rounded off, Σd², and what those rounded off.
/// </remarks>
internal static class DoubleSums
{
    /// <summary>The numbers of a series.</summary>
    public const int Parts = 4;

    /// <summary>The rows whose squares are added plainly, in four sums.</summary>
    private const nuint BlockRows = 64;

    /// <summary>From this length on, sums in lanes of their own save more than adding the lanes up takes.</summary>
    private const nuint LongRun = GroupTable.HeadLength;

    /// <summary>The lanes of four runs.</summary>
    private const int FourRuns = Lanes.Count * BlockSums.RunLanes;

    /// <summary>
    /// Adds <paramref name="rows"/> rows of four values, each <paramref name="step"/> values after the one before, to four series.
    /// Asks for as many values from <paramref name="ahead"/> on.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void AddRows(ref double x, nuint rows, nuint step, Vector256<double> shifts, ref double totals, nuint space,
        ref double ahead)
    {
        var sum = Lanes.Load(ref totals, 0);
        var low = Lanes.Load(ref totals, space);
        var squares = Lanes.Load(ref totals, 2 * space);
        var squaresLow = Lanes.Load(ref totals, 3 * space);
        while (rows > 0)
        {
            Vector256<double> q0 = default, q1 = default, q2 = default, q3 = default;
            nuint block = Math.Min(rows, BlockRows);
            rows -= block;
            for (; block >= 4; block -= 4, x = ref Unsafe.Add(ref x, 4 * step), ahead = ref Unsafe.Add(ref ahead, 4 * Lanes.Count))
            {
                CacheLine.Prefetch(ref ahead, 4 * Lanes.Count);
                Add(Lanes.Load(ref x, 0), shifts, ref sum, ref low, ref q0);
                Add(Lanes.Load(ref x, step), shifts, ref sum, ref low, ref q1);
                Add(Lanes.Load(ref x, 2 * step), shifts, ref sum, ref low, ref q2);
                Add(Lanes.Load(ref x, 3 * step), shifts, ref sum, ref low, ref q3);
            }

            for (; block > 0; block--, x = ref Unsafe.Add(ref x, step))
                Add(Lanes.Load(ref x, 0), shifts, ref sum, ref low, ref q0);
            Compensated.Add(q0 + q1 + (q2 + q3), ref squares, ref squaresLow);
        }

        Lanes.Store(sum, ref totals, 0);
        Lanes.Store(low, ref totals, space);
        Lanes.Store(squares, ref totals, 2 * space);
        Lanes.Store(squaresLow, ref totals, 3 * space);
    }

    /// <summary>
    /// Adds at most 128 rows of <paramref name="width"/> values to as many series, each with a shift of its own.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OfColumns(ref double x, nuint rows, nuint stride, nuint width, ref double shifts, ref double totals,
        nuint space)
    {
        nuint c = 0;
        ref double ahead = ref Unsafe.Add(ref x, rows * stride);
        for (; c + Lanes.Count <= width; c += Lanes.Count, ahead = ref Unsafe.Add(ref ahead, rows * Lanes.Count))
            AddRows(ref Unsafe.Add(ref x, c), rows, stride, Lanes.Load(ref shifts, c), ref Unsafe.Add(ref totals, c), space,
                ref ahead);
        if (c == width)
            return;

        // The remaining columns, beside values that are 0 after the shift. Vector256<double> past the matrix are never read.
        Span<double> padded = stackalloc double[(BlockSums.Rows * Lanes.Count) + CacheLine.Doubles];
        padded = CacheLine.Aligned(padded);
        for (nuint row = 0; row < rows; row++)
            for (nuint lane = 0; lane < Lanes.Count; lane++)
                padded[(int)((row * Lanes.Count) + lane)] = c + lane < width
                    ? Unsafe.Add(ref x, (row * stride) + c + lane)
                    : Unsafe.Add(ref shifts, c + lane);
        AddRows(ref padded[0], rows, Lanes.Count, Lanes.Load(ref shifts, c), ref Unsafe.Add(ref totals, c), space, ref padded[0]);
    }

    /// <summary>
    /// The sums of each of <paramref name="count"/> runs of <paramref name="length"/> values that lie end to end: of the first
    /// <paramref name="part"/> values of each, all of them where runs are short.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void OfRuns(ref double x, nuint length, nuint part, int count, in GroupTable table)
    {
        if (length < LongRun)
        {
            OfShortRuns(ref x, length, count, table);
            return;
        }

        // A long run is a matrix of eight columns. Its shift stands before the sums of up to four runs.
        const int Columns = BlockSums.RunLanes;
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
            for (nuint row = 0; row < rows; row += BlockSums.Rows)
                OfColumns(ref Unsafe.Add(ref x, row * Columns), Math.Min(rows - row, BlockSums.Rows), Columns, Columns, ref shifts,
                    ref totals, FourRuns);
            if (part % Columns != 0)
            {
                // The last eight values overlap those that were added already; these become 0.
                var shift = Lanes.Load(ref shifts, 0);
                nint rest = (nint)(part % Columns);
                AddOne(Lanes.KeepUpper(Lanes.Load(ref x, part - Columns) - shift, rest - Lanes.Count), ref totals, FourRuns);
                AddOne(Lanes.KeepUpper(Lanes.Load(ref x, part - Lanes.Count) - shift, nint.Min(rest, Lanes.Count)),
                    ref Unsafe.Add(ref totals, Lanes.Count), FourRuns);
            }

            if (place == Lanes.Count - 1 || run == count - 1)
                AddUp(ref lanes, FourRuns, Columns, 1, 0, place + 1, table, run - place);
        }
    }

    /// <summary>
    /// The sums of groups of <paramref name="columns"/> neighbouring series each, and of as many again at each of
    /// <paramref name="positions"/> positions.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void AddUp(ref double totals, nuint space, nuint columns, nuint positions, nuint positionStep, int count,
        in GroupTable table, int first)
    {
        int g = 0;
        for (; g + Lanes.Count <= count; g += Lanes.Count, totals = ref Unsafe.Add(ref totals, Lanes.Count * columns))
        {
            Vector256<double> sum = default, low = default, squares = default, squaresLow = default;
            for (nuint position = 0; position < positions; position++)
                for (nuint c = 0; c < columns; c++)
                {
                    ref double series = ref Unsafe.Add(ref totals, (position * positionStep) + c);
                    Compensated.Add(LoadFour(ref series, columns), ref sum, ref low);
                    low += LoadFour(ref Unsafe.Add(ref series, space), columns);
                    Compensated.Add(LoadFour(ref Unsafe.Add(ref series, 2 * space), columns), ref squares, ref squaresLow);
                    squaresLow += LoadFour(ref Unsafe.Add(ref series, 3 * space), columns);
                }

            Lanes.Store(sum, ref table.Sums(first + g), 0);
            Lanes.Store(low, ref table.LowSums(first + g), 0);
            Lanes.Store(squares + squaresLow, ref table.Squares(first + g), 0);
        }

        for (; g < count; g++, totals = ref Unsafe.Add(ref totals, columns))
        {
            Compensated sum = default, squares = default;
            for (nuint position = 0; position < positions; position++)
                for (nuint c = 0; c < columns; c++)
                {
                    ref double series = ref Unsafe.Add(ref totals, (position * positionStep) + c);
                    sum += new Compensated(series, Unsafe.Add(ref series, space));
                    squares += new Compensated(Unsafe.Add(ref series, 2 * space), Unsafe.Add(ref series, 3 * space));
                }

            Store(sum, squares.Value, table, first + g);
        }
    }

    /// <summary>A number of the same column of each of four groups.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> LoadFour(ref double first, nuint columns) =>
        columns == 1 ? Lanes.Load(ref first, 0) : Lanes.LoadStrided(ref first, columns);

    /// <summary>Short runs: a lane for each of four runs, and one value of each run at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OfShortRuns(ref double x, nuint length, int count, in GroupTable table)
    {
        int run = 0;
        for (; run + Lanes.Count <= count; run += Lanes.Count, x = ref Unsafe.Add(ref x, Lanes.Count * length))
        {
            Vector256<double> sum = default, low = default, squares = default;
            var shift = Lanes.Load(ref table.Shifts(run), 0);
            for (nuint i = 0; i < length; i++)
                Add(Lanes.LoadStrided(ref Unsafe.Add(ref x, i), length), shift, ref sum, ref low, ref squares);
            Lanes.Store(sum, ref table.Sums(run), 0);
            Lanes.Store(low, ref table.LowSums(run), 0);
            Lanes.Store(squares, ref table.Squares(run), 0);
        }

        for (; run < count; run++, x = ref Unsafe.Add(ref x, length))
        {
            var sum = default(Compensated);
            double squares = 0;
            for (nuint i = 0; i < length; i++)
            {
                double d = Unsafe.Add(ref x, i) - table.Shifts(run);
                sum += d;
                squares = Math.FusedMultiplyAdd(d, d, squares);
            }

            Store(sum, squares, table, run);
        }
    }

    private static void Store(Compensated sum, double squares, in GroupTable table, int group) =>
        (table.Sums(group), table.LowSums(group), table.Squares(group)) = (sum.High, sum.Low, squares);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector256<double> x, Vector256<double> shift, ref Vector256<double> sum, ref Vector256<double> low,
        ref Vector256<double> squares)
    {
        var d = x - shift;
        Compensated.Add(d, ref sum, ref low);
        squares = Lanes.FusedMultiplyAdd(d, d, squares);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddOne(Vector256<double> d, ref double totals, nuint space)
    {
        var sum = Lanes.Load(ref totals, 0);
        var low = Lanes.Load(ref totals, space);
        Compensated.Add(d, ref sum, ref low);
        Lanes.Store(sum, ref totals, 0);
        Lanes.Store(low, ref totals, space);
        Lanes.Store(Lanes.FusedMultiplyAdd(d, d, Lanes.Load(ref totals, 2 * space)), ref totals, 2 * space);
    }
}
