using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Σd and Σd² over one block of rows, d = x − shift: of all its values, or of each of its columns. Either way every lane adds few
/// values, in the order of the rows, and lanes are added in a fixed order: so the bits do not depend on the machine, nor the
/// error on how much there is to add.
/// </summary>
internal readonly record struct BlockSums(double Sum, double Squares)
{
    /// <summary>The most values that one lane adds.</summary>
    public const int Rows = 128;

    /// <summary>Lanes that work at a time, enough to hide how long an addition takes.</summary>
    public const int Width = 4 * Lanes.Count;

    /// <summary>From so many values on, more sums at a time save more than adding these up takes.</summary>
    private const nuint LongRun = 4 * Width;

    /// <summary>
    /// Values of a matrix whose columns are summed before the next rows are looked at: they stay in the nearest cache, and the
    /// memory behind them is asked for meanwhile, as processors do not fetch ahead by themselves along columns.
    /// </summary>
    private const nuint TileLength = 4096;

    /// <summary>The lanes of eight runs' sums and squares.</summary>
    public const int RunsMemory = 2 * Lanes.Count * Lanes.Count;

    /// <summary>The most values of a block that is summed as a whole.</summary>
    public const int Length = Rows * Width;

    /// <summary>The sums of a run of <paramref name="length"/> values, at most <see cref="Length"/>, as they are.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static BlockSums Of<T>(ref T x, nuint length)
        where T : unmanaged => Of(ref x, length, shifted: false, 0);

    /// <summary>The same of the values less <paramref name="shift"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static BlockSums Of<T>(ref T x, nuint length, double shift)
        where T : unmanaged => Of(ref x, length, shifted: true, shift);

    /// <summary>
    /// The sums of each of <paramref name="count"/> runs, at most eight, of <paramref name="length"/> values, at most
    /// <see cref="Length"/>, that lie end to end. <paramref name="memory"/> is for <see cref="RunsMemory"/> doubles meanwhile.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void OfRuns<T>(ref T x, nuint length, nuint count, ref double memory, ref double sums, ref double squares)
        where T : unmanaged
    {
        if (count == Lanes.Count && length >= Lanes.Count)
        {
            OfEightRuns(ref x, length, shifted: false, ref memory, ref memory, ref sums, ref squares);
            return;
        }

        for (nuint run = 0; run < count; run++)
            (Unsafe.Add(ref sums, run), Unsafe.Add(ref squares, run)) = Of(ref Unsafe.Add(ref x, run * length), length);
    }

    /// <summary>The same of eight runs of eight values or more, each less its own of eight shifts.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void OfEightRuns<T>(ref T x, nuint length, ref double shifts, ref double memory, ref double sums,
        ref double squares)
        where T : unmanaged => OfEightRuns(ref x, length, shifted: true, ref shifts, ref memory, ref sums, ref squares);

    /// <summary>
    /// The sums of each column of <paramref name="rows"/> rows, at most <see cref="Rows"/>, of <paramref name="width"/> values,
    /// each <paramref name="stride"/> values after the one before; sums and squares hold one number per column, and so does
    /// shift where there is one.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void OfColumns<T>(ref T x, nuint rows, nuint stride, nuint width, bool shifted, ref double shift,
        ref double sums, ref double squares)
        where T : unmanaged
    {
        nuint j = width - (width % Width);
        nuint tile = Math.Max(1, TileLength / stride);
        for (nuint row = 0; row < rows; row += tile)
        {
            nuint count = Math.Min(tile, rows - row);
            ref T first = ref Unsafe.Add(ref x, row * stride);
            ref T ahead = ref Unsafe.Add(ref first, count * stride);
            for (nuint c = 0; c < j; c += Width, ahead = ref Unsafe.Add(ref ahead, count * Width))
                if (shifted)
                    OfWideColumn(ref Unsafe.Add(ref first, c), count, stride, ref ahead, row == 0, shifted: true,
                        ref Unsafe.Add(ref shift, c), ref Unsafe.Add(ref sums, c), ref Unsafe.Add(ref squares, c));
                else
                    OfWideColumn(ref Unsafe.Add(ref first, c), count, stride, ref ahead, row == 0, shifted: false,
                        ref Unsafe.Add(ref shift, c), ref Unsafe.Add(ref sums, c), ref Unsafe.Add(ref squares, c));
        }

        // What is left takes a vector at a time, the last one over columns that are done already.
        for (; width >= Lanes.Count && j < width; j += Lanes.Count)
            OfNarrowColumn(Math.Min(j, width - Lanes.Count), ref x, rows, stride, shifted, ref shift, ref sums, ref squares);
        for (; j < width; j++)
            (Unsafe.Add(ref sums, j), Unsafe.Add(ref squares, j)) =
                OfFew(ref Unsafe.Add(ref x, j), rows, stride, shifted ? Unsafe.Add(ref shift, j) : 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OfEightRuns<T>(ref T x, nuint length, bool shifted, ref double shifts, ref double memory, ref double sums,
        ref double squares)
        where T : unmanaged
    {
        ref double s = ref memory;
        ref double q = ref Unsafe.Add(ref s, Lanes.Count * Lanes.Count);
        for (nuint run = 0; run < Lanes.Count; run++)
        {
            ref T first = ref Unsafe.Add(ref x, run * length);
            var k = shifted ? Vector512.Create(Unsafe.Add(ref shifts, run)) : default;
            Vector512<double> sum, square;
            if (length < 2 * Lanes.Count)
                OfVectorAndRest(ref first, length, shifted, k, out sum, out square);
            else
                OfLanes(ref first, length, shifted, k, out sum, out square);
            sum.StoreUnsafe(ref s, run * Lanes.Count);
            square.StoreUnsafe(ref q, run * Lanes.Count);
        }

        Lanes.SumEach(ref s).StoreUnsafe(ref sums);
        Lanes.SumEach(ref q).StoreUnsafe(ref squares);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static BlockSums Of<T>(ref T x, nuint length, bool shifted, double shift)
        where T : unmanaged
    {
        if (length < Lanes.Count)
            return OfFew(ref x, length, 1, shift);

        OfLanes(ref x, length, shifted, Vector512.Create(shift), out var sum, out var squares);
        return new BlockSums(Lanes.Sum(sum), Lanes.Sum(squares));
    }

    /// <summary>The sums of a run of eight values or more, each lane's for itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OfLanes<T>(ref T x, nuint length, bool shifted, Vector512<double> k, out Vector512<double> sum,
        out Vector512<double> squares)
        where T : unmanaged
    {
        Vector512<double> s0 = default, q0 = default;
        nuint i = 0;
        if (length >= LongRun)
        {
            Vector512<double> s1 = default, s2 = default, s3 = default;
            Vector512<double> q1 = default, q2 = default, q3 = default;
            for (; i + Width <= length; i += Width)
                AddRow(ref Unsafe.Add(ref x, i), shifted, k, k, k, k, ref s0, ref s1, ref s2, ref s3,
                    ref q0, ref q1, ref q2, ref q3);
            s0 += s1 + (s2 + s3);
            q0 += q1 + (q2 + q3);
        }

        AddRest(ref x, i, length, shifted, k, ref s0, ref q0);
        sum = s0;
        squares = q0;
    }

    /// <summary>The same of fewer than sixteen values: what follows a vector is in the upper lanes of another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OfVectorAndRest<T>(ref T x, nuint length, bool shifted, Vector512<double> k, out Vector512<double> sum,
        out Vector512<double> squares)
        where T : unmanaged
    {
        sum = Load(ref x, 0, shifted, k);
        squares = sum * sum;
        nuint rest = length - Lanes.Count;
        if (rest > 0)
            Add(Lanes.KeepLast(Load(ref x, rest, shifted, k), rest), shifted, ref sum, ref squares);
    }

    /// <summary>
    /// Adds the values from <paramref name="i"/> to before <paramref name="length"/>, which is eight or more, a vector at a time.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRest<T>(ref T x, nuint i, nuint length, bool shifted, Vector512<double> k, ref Vector512<double> sum,
        ref Vector512<double> squares)
        where T : unmanaged
    {
        for (; i + Lanes.Count <= length; i += Lanes.Count)
            Add(Load(ref x, i, shifted, k), shifted, ref sum, ref squares);
        if (i < length)
            Add(Lanes.KeepLast(Load(ref x, length - Lanes.Count, shifted, k), length - i), shifted, ref sum, ref squares);
    }

    /// <summary>
    /// (rows, 32) values, added to what sums and squares hold, unless these rows are the first. Asks for as many values from
    /// <paramref name="ahead"/> on.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OfWideColumn<T>(ref T x, nuint rows, nuint stride, ref T ahead, bool areFirst, bool shifted,
        ref double shift, ref double sums, ref double squares)
        where T : unmanaged
    {
        var k0 = Vector512.LoadUnsafe(ref shift);
        var k1 = Vector512.LoadUnsafe(ref shift, Lanes.Count);
        var k2 = Vector512.LoadUnsafe(ref shift, 2 * Lanes.Count);
        var k3 = Vector512.LoadUnsafe(ref shift, 3 * Lanes.Count);
        Vector512<double> s0 = default, s1 = default, s2 = default, s3 = default;
        Vector512<double> q0 = default, q1 = default, q2 = default, q3 = default;
        if (!areFirst)
        {
            s0 = Vector512.LoadUnsafe(ref sums);
            s1 = Vector512.LoadUnsafe(ref sums, Lanes.Count);
            s2 = Vector512.LoadUnsafe(ref sums, 2 * Lanes.Count);
            s3 = Vector512.LoadUnsafe(ref sums, 3 * Lanes.Count);
            q0 = Vector512.LoadUnsafe(ref squares);
            q1 = Vector512.LoadUnsafe(ref squares, Lanes.Count);
            q2 = Vector512.LoadUnsafe(ref squares, 2 * Lanes.Count);
            q3 = Vector512.LoadUnsafe(ref squares, 3 * Lanes.Count);
        }

        for (; rows > 0; rows--, x = ref Unsafe.Add(ref x, stride), ahead = ref Unsafe.Add(ref ahead, Width))
        {
            CacheLine.Prefetch(ref ahead, Width);
            AddRow(ref x, shifted, k0, k1, k2, k3, ref s0, ref s1, ref s2, ref s3, ref q0, ref q1, ref q2, ref q3);
        }

        s0.StoreUnsafe(ref sums);
        s1.StoreUnsafe(ref sums, Lanes.Count);
        s2.StoreUnsafe(ref sums, 2 * Lanes.Count);
        s3.StoreUnsafe(ref sums, 3 * Lanes.Count);
        q0.StoreUnsafe(ref squares);
        q1.StoreUnsafe(ref squares, Lanes.Count);
        q2.StoreUnsafe(ref squares, 2 * Lanes.Count);
        q3.StoreUnsafe(ref squares, 3 * Lanes.Count);
    }

    /// <summary>(rows, 8) values from a column on.</summary>
    private static void OfNarrowColumn<T>(nuint column, ref T x, nuint rows, nuint stride, bool shifted, ref double shift,
        ref double sums, ref double squares)
        where T : unmanaged
    {
        var k = Vector512.LoadUnsafe(ref shift, column);
        Vector512<double> s = default, q = default;
        for (; rows > 0; rows--, x = ref Unsafe.Add(ref x, stride))
            Add(Load(ref x, column, shifted, k), shifted, ref s, ref q);
        s.StoreUnsafe(ref sums, column);
        q.StoreUnsafe(ref squares, column);
    }

    /// <summary>Values one by one.</summary>
    private static BlockSums OfFew<T>(ref T x, nuint count, nuint stride, double shift)
        where T : unmanaged
    {
        double sum = 0, squares = 0;
        for (nuint i = 0; i < count; i++)
        {
            double d = Lanes.Load1(ref x, i * stride) - shift;
            sum += d;
            squares += d * d;
        }

        return new BlockSums(sum, squares);
    }

    /// <summary>One row of 32 values, a lane for each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddRow<T>(ref T x, bool shifted, Vector512<double> k0, Vector512<double> k1, Vector512<double> k2,
        Vector512<double> k3, ref Vector512<double> s0, ref Vector512<double> s1, ref Vector512<double> s2,
        ref Vector512<double> s3, ref Vector512<double> q0, ref Vector512<double> q1, ref Vector512<double> q2,
            ref Vector512<double> q3)
        where T : unmanaged
    {
        Add(Load(ref x, 0, shifted, k0), shifted, ref s0, ref q0);
        Add(Load(ref x, Lanes.Count, shifted, k1), shifted, ref s1, ref q1);
        Add(Load(ref x, 2 * Lanes.Count, shifted, k2), shifted, ref s2, ref q2);
        Add(Load(ref x, 3 * Lanes.Count, shifted, k3), shifted, ref s3, ref q3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Load<T>(ref T x, nuint i, bool shifted, Vector512<double> k)
        where T : unmanaged => shifted ? Lanes.Load(ref x, i) - k : Lanes.Load(ref x, i);

    /// <summary>Adds d and d² to the sums of their lanes; those of values as they are need no rounding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(Vector512<double> d, bool shifted, ref Vector512<double> sum, ref Vector512<double> squares)
    {
        sum += d;
        squares = shifted ? squares + (d * d) : Lanes.AddExactProduct(d, d, squares);
    }
}
