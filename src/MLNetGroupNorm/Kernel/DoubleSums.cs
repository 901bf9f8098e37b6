using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Σd and Σd² of doubles, d = x − shift, eight series at a time. A double has no digits to spare, so Σd keeps what every
/// addition rounds off. d² is added up in short plain sums, which are then added in two parts. The order of additions is fixed.
/// </summary>
/// <remarks>
/// Four numbers of a series stand <c>space</c> doubles apart: Σd, what its additions rounded off, Σd², and what those rounded off.
/// </remarks>
internal static class DoubleSums<TLanes>
    where TLanes : unmanaged, ILanes<TLanes>
{
    /// <summary>The numbers of a series.</summary>
    public const int Parts = 4;

    /// <summary>The rows whose squares are added plainly, in four sums.</summary>
    private const nuint BlockRows = 64;

    /// <summary>From this length on, sums in lanes of their own save more than adding the lanes up takes.</summary>
    private const nuint LongRun = GroupTable.HeadLength;

    private const int EightVectors = Lanes.Count * Lanes.Count;

    /// <summary>
    /// Adds <paramref name="rows"/> rows of eight values, each <paramref name="step"/> values after the one before, to eight series.
    /// Asks for as many values from <paramref name="ahead"/> on.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void AddRows(ref double x, nuint rows, nuint step, TLanes shifts, ref double totals, nuint space,
        ref double ahead)
    {
        var sum = TLanes.Load(ref totals, 0);
        var low = TLanes.Load(ref totals, space);
        var squares = TLanes.Load(ref totals, 2 * space);
        var squaresLow = TLanes.Load(ref totals, 3 * space);
        while (rows > 0)
        {
            TLanes q0 = default, q1 = default, q2 = default, q3 = default;
            nuint block = Math.Min(rows, BlockRows);
            rows -= block;
            for (; block >= 4; block -= 4, x = ref Unsafe.Add(ref x, 4 * step), ahead = ref Unsafe.Add(ref ahead, 4 * Lanes.Count))
            {
                CacheLine.Prefetch(ref ahead, 4 * Lanes.Count);
                Add(TLanes.Load(ref x, 0), shifts, ref sum, ref low, ref q0);
                Add(TLanes.Load(ref x, step), shifts, ref sum, ref low, ref q1);
                Add(TLanes.Load(ref x, 2 * step), shifts, ref sum, ref low, ref q2);
                Add(TLanes.Load(ref x, 3 * step), shifts, ref sum, ref low, ref q3);
            }

            for (; block > 0; block--, x = ref Unsafe.Add(ref x, step))
                Add(TLanes.Load(ref x, 0), shifts, ref sum, ref low, ref q0);
            Compensated.Add(q0 + q1 + (q2 + q3), ref squares, ref squaresLow);
        }

        TLanes.Store(sum, ref totals, 0);
        TLanes.Store(low, ref totals, space);
        TLanes.Store(squares, ref totals, 2 * space);
        TLanes.Store(squaresLow, ref totals, 3 * space);
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
            AddRows(ref Unsafe.Add(ref x, c), rows, stride, TLanes.Load(ref shifts, c), ref Unsafe.Add(ref totals, c), space,
                ref ahead);
        if (c == width)
            return;

        // The remaining columns, beside values that are 0 after the shift. Lanes past the matrix are never read.
        Span<double> padded = stackalloc double[(BlockSums.Rows * Lanes.Count) + CacheLine.Doubles];
        padded = CacheLine.Aligned(padded);
        for (nuint row = 0; row < rows; row++)
            for (nuint lane = 0; lane < Lanes.Count; lane++)
                padded[(int)((row * Lanes.Count) + lane)] = c + lane < width
                    ? Unsafe.Add(ref x, (row * stride) + c + lane)
                    : Unsafe.Add(ref shifts, c + lane);
        AddRows(ref padded[0], rows, Lanes.Count, TLanes.Load(ref shifts, c), ref Unsafe.Add(ref totals, c), space, ref padded[0]);
    }

    /// <summary>
    /// The sums of each of <paramref name="count"/> runs, at most eight, of <paramref name="length"/> values that lie end to end: of
    /// the first <paramref name="part"/> values of each, all of them where runs are short.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void OfRuns(ref double x, nuint length, nuint part, int count, in GroupTable table, int first)
    {
        if (length < LongRun)
        {
            OfShortRuns(ref x, length, count, table, first);
            return;
        }

        Span<double> memory = stackalloc double[(Parts * EightVectors) + CacheLine.Doubles];
        memory = CacheLine.Aligned(memory)[..(Parts * EightVectors)];
        memory.Clear();
        ref double lanes = ref MemoryMarshal.GetReference(memory);
        for (nuint run = 0; run < (nuint)count; run++)
        {
            ref double values = ref Unsafe.Add(ref x, run * length);
            ref double totals = ref Unsafe.Add(ref lanes, run * Lanes.Count);
            var shift = TLanes.Create(Unsafe.Add(ref table.Shifts(first), run));
            AddRows(ref values, part / Lanes.Count, Lanes.Count, shift, ref totals, EightVectors, ref Unsafe.Add(ref values, length));
            if (part % Lanes.Count == 0)
                continue;

            // The last vector overlaps lanes that were added already; those become 0.
            var rest = TLanes.KeepUpper(TLanes.Load(ref values, part - Lanes.Count) - shift, part % Lanes.Count);
            AddOne(rest, ref totals, EightVectors);
        }

        AddUp(ref lanes, EightVectors, Lanes.Count, 1, 0, count, table, first);
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
            TLanes sum = default, low = default, squares = default, squaresLow = default;
            for (nuint position = 0; position < positions; position++)
                for (nuint c = 0; c < columns; c++)
                {
                    ref double series = ref Unsafe.Add(ref totals, (position * positionStep) + c);
                    Compensated.Add(LoadEight(ref series, columns), ref sum, ref low);
                    low += LoadEight(ref Unsafe.Add(ref series, space), columns);
                    Compensated.Add(LoadEight(ref Unsafe.Add(ref series, 2 * space), columns), ref squares, ref squaresLow);
                    squaresLow += LoadEight(ref Unsafe.Add(ref series, 3 * space), columns);
                }

            TLanes.Store(sum, ref table.Sums(first + g), 0);
            TLanes.Store(low, ref table.LowSums(first + g), 0);
            TLanes.Store(squares + squaresLow, ref table.Squares(first + g), 0);
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

    /// <summary>A number of the same column of each of eight groups.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes LoadEight(ref double first, nuint columns) =>
        columns == 1 ? TLanes.Load(ref first, 0) : TLanes.LoadStrided(ref first, columns);

    /// <summary>Short runs: a lane for each run, and one value of every run at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OfShortRuns(ref double x, nuint length, int count, in GroupTable table, int first)
    {
        if (count == Lanes.Count)
        {
            TLanes sum = default, low = default, squares = default;
            var shift = TLanes.Load(ref table.Shifts(first), 0);
            for (nuint i = 0; i < length; i++)
                Add(TLanes.LoadStrided(ref Unsafe.Add(ref x, i), length), shift, ref sum, ref low, ref squares);
            TLanes.Store(sum, ref table.Sums(first), 0);
            TLanes.Store(low, ref table.LowSums(first), 0);
            TLanes.Store(squares, ref table.Squares(first), 0);
            return;
        }

        for (int run = first; run < first + count; run++, x = ref Unsafe.Add(ref x, length))
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
    private static void Add(TLanes x, TLanes shift, ref TLanes sum, ref TLanes low, ref TLanes squares)
    {
        var d = x - shift;
        Compensated.Add(d, ref sum, ref low);
        squares = TLanes.FusedMultiplyAdd(d, d, squares);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddOne(TLanes d, ref double totals, nuint space)
    {
        var sum = TLanes.Load(ref totals, 0);
        var low = TLanes.Load(ref totals, space);
        Compensated.Add(d, ref sum, ref low);
        TLanes.Store(sum, ref totals, 0);
        TLanes.Store(low, ref totals, space);
        TLanes.Store(TLanes.FusedMultiplyAdd(d, d, TLanes.Load(ref totals, 2 * space)), ref totals, 2 * space);
    }
}
