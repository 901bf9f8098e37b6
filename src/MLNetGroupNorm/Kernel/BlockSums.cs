using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNetGroupNorm.Kernel;

/// <summary>Σd and Σd² over one block of rows.</summary>
internal readonly record struct BlockSums(double Sum, double Squares)
{
    /// <summary>The most values that one lane adds.</summary>
    public const int Rows = 128;

    /// <summary>Lanes that work at a time, enough to hide how long an addition takes.</summary>
    public const int Width = 4 * Lanes.Count;

    /// <summary>The most values of a block that is summed as a whole.</summary>
    public const int Length = Rows * Width;
}

/// <summary>
/// Sums a block of Single or Byte, d = x − shift: all its values, or each of its columns. Either way every lane adds few values, in the
/// order of the rows, and lanes are added in a fixed order: so the bits do not depend on the machine, nor the error on how much
/// there is to add.
/// </summary>
/// <remarks>
/// Sums of bytes and of their squares are whole numbers, and are added as such, which is exact in any order.
/// </remarks>
internal static class BlockSums<T, TLanes>
    where T : unmanaged
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int Width = BlockSums.Width;

    /// <summary>From this length on, more sums at a time save more than adding them up takes.</summary>
    private const nuint LongRun = 4 * Width;

    /// <summary>
    /// Bytes of a matrix whose columns are summed before the next rows are looked at: they stay in the nearest cache, and the
    /// memory behind them is asked for meanwhile, as processors do not fetch ahead by themselves along columns.
    /// </summary>
    private const int TileBytes = 1 << 14;

    /// <summary>One vector for each of eight runs.</summary>
    private const int EightVectors = Lanes.Count * Lanes.Count;

    /// <summary>The sums of a run of <paramref name="length"/> values, at most <see cref="BlockSums.Length"/>, as they are.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static BlockSums Of(ref T x, nuint length)
    {
        if (length < Lanes.Count)
            return OfFew(ref x, length, 1, 0);
        if (typeof(T) == typeof(byte) && length >= Width)
            return OfBytes(ref Unsafe.As<T, byte>(ref x), length);
        OfLanes(ref x, length, shifted: false, default, out var sum, out var squares);
        return new BlockSums(TLanes.Sum(sum), TLanes.Sum(squares));
    }

    /// <summary>The same of the values less <paramref name="shift"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static BlockSums Of(ref T x, nuint length, double shift)
    {
        if (length < Lanes.Count)
            return OfFew(ref x, length, 1, shift);
        OfLanes(ref x, length, shifted: true, TLanes.Create(shift), out var sum, out var squares);
        return new BlockSums(TLanes.Sum(sum), TLanes.Sum(squares));
    }

    /// <summary>
    /// The sums of each of <paramref name="count"/> runs, at most eight, of <paramref name="length"/> values, at most
    /// <see cref="BlockSums.Length"/>, that lie end to end; less a shift for each run where they are <paramref name="shifted"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OfRuns(ref T x, nuint length, nuint count, bool shifted, ref double shifts, ref double sums,
        ref double squares)
    {
        if (count < Lanes.Count || (typeof(T) == typeof(byte) && !shifted && length >= Width))
            for (nuint run = 0; run < count; run++)
                (Unsafe.Add(ref sums, run), Unsafe.Add(ref squares, run)) = shifted
                    ? Of(ref Unsafe.Add(ref x, run * length), length, Unsafe.Add(ref shifts, run))
                    : Of(ref Unsafe.Add(ref x, run * length), length);
        else if (length < Lanes.Count)
            OfEightShortRuns(ref x, length, shifted, ref shifts, ref sums, ref squares);
        else if (shifted)
            OfEightRuns(ref x, length, ref shifts, ref sums, ref squares);
        else
            OfEightRuns(ref x, length, ref sums, ref squares);
    }

    /// <summary>
    /// The sums of each column of <paramref name="rows"/> rows, at most <see cref="BlockSums.Rows"/>, of <paramref name="width"/>
    /// values, each <paramref name="stride"/> values after the one before; sums and squares hold one number per column, and so does
    /// shift where there is one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OfColumns(ref T x, nuint rows, nuint stride, nuint width, bool shifted, ref double shift, ref double sums,
        ref double squares)
    {
        nuint j = width - (width % Width);
        nuint tile = Math.Max(1, (nuint)(TileBytes / Unsafe.SizeOf<T>()) / stride);
        for (nuint row = 0; row < rows; row += tile)
        {
            nuint count = Math.Min(tile, rows - row);
            ref T first = ref Unsafe.Add(ref x, row * stride);
            if (shifted)
                OfWideColumns(ref first, count, stride, j, row == 0, ref shift, ref sums, ref squares);
            else
                OfWideColumns(ref first, count, stride, j, row == 0, ref sums, ref squares);
        }

        // What is left takes a vector at a time, the last one over columns that are done already.
        for (; width >= Lanes.Count && j < width; j += Lanes.Count)
            OfNarrowColumn(Math.Min(j, width - Lanes.Count), ref x, rows, stride, shifted, ref shift, ref sums, ref squares);
        for (; j < width; j++)
            (Unsafe.Add(ref sums, j), Unsafe.Add(ref squares, j)) =
                OfFew(ref Unsafe.Add(ref x, j), rows, stride, shifted ? Unsafe.Add(ref shift, j) : 0);
    }

    /// <summary>Eight runs of eight values or more.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfEightRuns(ref T x, nuint length, ref double sums, ref double squares) =>
        OfEightRuns(ref x, length, shifted: false, ref sums, ref sums, ref squares);

    /// <summary>The same of the values less a shift for each run.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfEightRuns(ref T x, nuint length, ref double shifts, ref double sums,
        ref double squares) => OfEightRuns(ref x, length, shifted: true, ref shifts, ref sums, ref squares);

    /// <summary>The sums of each run in lanes of their own first, then the lanes of all runs together.</summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OfEightRuns(ref T x, nuint length, bool shifted, ref double shifts, ref double sums,
        ref double squares)
    {
        Span<double> memory = stackalloc double[(2 * EightVectors) + CacheLine.Doubles];
        ref double lanes = ref MemoryMarshal.GetReference(CacheLine.Aligned(memory));
        for (nuint run = 0; run < Lanes.Count; run++)
        {
            var k = shifted ? TLanes.Create(Unsafe.Add(ref shifts, run)) : default;
            OfLanes(ref Unsafe.Add(ref x, run * length), length, shifted, k, out var sum, out var square);
            TLanes.Store(sum, ref lanes, run * Lanes.Count);
            TLanes.Store(square, ref lanes, EightVectors + (run * Lanes.Count));
        }

        TLanes.Store(TLanes.SumEach(ref lanes), ref sums, 0);
        TLanes.Store(TLanes.SumEach(ref Unsafe.Add(ref lanes, EightVectors)), ref squares, 0);
    }

    /// <summary>Eight runs of fewer than eight values: a lane for each run, and one value of every run at a time.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfEightShortRuns(ref T x, nuint length, bool shifted, ref double shifts, ref double sums,
        ref double squares)
    {
        TLanes sum = default, square = default;
        var k = shifted ? TLanes.Load(ref shifts, 0) : default;
        for (nuint i = 0; i < length; i++)
        {
            var d = TLanes.LoadStrided(ref Unsafe.Add(ref x, i), length) - k;
            sum += d;
            square += d * d;
        }

        TLanes.Store(sum, ref sums, 0);
        TLanes.Store(square, ref squares, 0);
    }

    /// <summary>The sums of a run of eight values or more, each lane's for itself.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OfLanes(ref T x, nuint length, bool shifted, TLanes k, out TLanes sum, out TLanes squares)
    {
        TLanes s0 = default, q0 = default;
        nuint i = 0;
        if (length >= LongRun)
        {
            TLanes s1 = default, s2 = default, s3 = default;
            TLanes q1 = default, q2 = default, q3 = default;
            for (; i + Width <= length; i += Width)
            {
                Add(Load(ref x, i, shifted, k), shifted, ref s0, ref q0);
                Add(Load(ref x, i + Lanes.Count, shifted, k), shifted, ref s1, ref q1);
                Add(Load(ref x, i + (2 * Lanes.Count), shifted, k), shifted, ref s2, ref q2);
                Add(Load(ref x, i + (3 * Lanes.Count), shifted, k), shifted, ref s3, ref q3);
            }

            s0 += s1 + (s2 + s3);
            q0 += q1 + (q2 + q3);
        }

        for (; i + Lanes.Count <= length; i += Lanes.Count)
            Add(Load(ref x, i, shifted, k), shifted, ref s0, ref q0);
        if (i < length)
            Add(TLanes.KeepUpper(Load(ref x, length - Lanes.Count, shifted, k), length - i), shifted, ref s0, ref q0);
        sum = s0;
        squares = q0;
    }

    /// <summary>A run of 32 bytes or more. 16 bits hold the sum of two bytes from each of 128 rows, 32 bits that of all squares.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static BlockSums OfBytes(ref byte x, nuint length)
    {
        var sums = Vector256<ushort>.Zero;
        var squares = Vector256<int>.Zero;
        nuint i = 0;
        for (; i + Width <= length; i += Width)
        {
            (var lower, var upper) = Vector256.Widen(Vector256.LoadUnsafe(ref x, i));
            sums += lower + upper;
            squares += AddPairsOfSquares(lower) + AddPairsOfSquares(upper);
        }

        (var left, var right) = Vector256.Widen(sums);
        long sum = Vector256.Sum(left + right), square = Vector256.Sum(squares.AsUInt32());
        for (; i < length; i++)
        {
            int value = Unsafe.Add(ref x, i);
            sum += value;
            square += value * value;
        }

        return new BlockSums(sum, square);
    }

    /// <summary>Squares of sixteen numbers, added in pairs. Which pairs depends on the machine, the total does not.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> AddPairsOfSquares(Vector256<ushort> numbers)
    {
        if (Avx2.IsSupported)
            return Avx2.MultiplyAddAdjacent(numbers.AsInt16(), numbers.AsInt16());
        (var left, var right) = Vector256.Widen(numbers * numbers);
        return (left + right).AsInt32();
    }

    /// <summary>Columns that make up whole widths.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfWideColumns(ref T x, nuint rows, nuint stride, nuint width, bool areFirst, ref double sums,
        ref double squares)
    {
        ref T ahead = ref Unsafe.Add(ref x, rows * stride);
        for (nuint c = 0; c < width; c += Width, ahead = ref Unsafe.Add(ref ahead, rows * Width))
            if (typeof(T) == typeof(byte))
                OfWideByteColumn(ref Unsafe.As<T, byte>(ref Unsafe.Add(ref x, c)), rows, stride, areFirst,
                    ref Unsafe.Add(ref sums, c), ref Unsafe.Add(ref squares, c));
            else
                OfWideColumn(ref Unsafe.Add(ref x, c), rows, stride, ref ahead, areFirst, shifted: false, ref sums,
                    ref Unsafe.Add(ref sums, c), ref Unsafe.Add(ref squares, c));
    }

    /// <summary>The same of the values less a shift for each column.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfWideColumns(ref T x, nuint rows, nuint stride, nuint width, bool areFirst, ref double shift,
        ref double sums, ref double squares)
    {
        ref T ahead = ref Unsafe.Add(ref x, rows * stride);
        for (nuint c = 0; c < width; c += Width, ahead = ref Unsafe.Add(ref ahead, rows * Width))
            OfWideColumn(ref Unsafe.Add(ref x, c), rows, stride, ref ahead, areFirst, shifted: true, ref Unsafe.Add(ref shift, c),
                ref Unsafe.Add(ref sums, c), ref Unsafe.Add(ref squares, c));
    }

    /// <summary>
    /// (rows, 32) values, added to what sums and squares hold, unless these rows are the first. Asks for as many values from
    /// <paramref name="ahead"/> on.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OfWideColumn(ref T x, nuint rows, nuint stride, ref T ahead, bool areFirst, bool shifted,
        ref double shift, ref double sums, ref double squares)
    {
        TLanes k0 = default, k1 = default, k2 = default, k3 = default;
        if (shifted)
        {
            k0 = TLanes.Load(ref shift, 0);
            k1 = TLanes.Load(ref shift, Lanes.Count);
            k2 = TLanes.Load(ref shift, 2 * Lanes.Count);
            k3 = TLanes.Load(ref shift, 3 * Lanes.Count);
        }

        TLanes s0 = default, s1 = default, s2 = default, s3 = default;
        TLanes q0 = default, q1 = default, q2 = default, q3 = default;
        if (!areFirst)
        {
            s0 = TLanes.Load(ref sums, 0);
            s1 = TLanes.Load(ref sums, Lanes.Count);
            s2 = TLanes.Load(ref sums, 2 * Lanes.Count);
            s3 = TLanes.Load(ref sums, 3 * Lanes.Count);
            q0 = TLanes.Load(ref squares, 0);
            q1 = TLanes.Load(ref squares, Lanes.Count);
            q2 = TLanes.Load(ref squares, 2 * Lanes.Count);
            q3 = TLanes.Load(ref squares, 3 * Lanes.Count);
        }

        for (; rows > 0; rows--, x = ref Unsafe.Add(ref x, stride), ahead = ref Unsafe.Add(ref ahead, Width))
        {
            CacheLine.Prefetch(ref ahead, Width);
            Add(Load(ref x, 0, shifted, k0), shifted, ref s0, ref q0);
            Add(Load(ref x, Lanes.Count, shifted, k1), shifted, ref s1, ref q1);
            Add(Load(ref x, 2 * Lanes.Count, shifted, k2), shifted, ref s2, ref q2);
            Add(Load(ref x, 3 * Lanes.Count, shifted, k3), shifted, ref s3, ref q3);
        }

        TLanes.Store(s0, ref sums, 0);
        TLanes.Store(s1, ref sums, Lanes.Count);
        TLanes.Store(s2, ref sums, 2 * Lanes.Count);
        TLanes.Store(s3, ref sums, 3 * Lanes.Count);
        TLanes.Store(q0, ref squares, 0);
        TLanes.Store(q1, ref squares, Lanes.Count);
        TLanes.Store(q2, ref squares, 2 * Lanes.Count);
        TLanes.Store(q3, ref squares, 3 * Lanes.Count);
    }

    /// <summary>(rows, 32) bytes, at most 128 rows, added likewise: 16 bits hold the sum of a column, 32 bits that of its squares.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfWideByteColumn(ref byte x, nuint rows, nuint stride, bool areFirst, ref double sums, ref double squares)
    {
        Vector256<ushort> lowerSums = default, upperSums = default;
        Vector256<int> q0 = default, q1 = default, q2 = default, q3 = default;
        for (; rows > 0; rows--, x = ref Unsafe.Add(ref x, stride))
        {
            (var lower, var upper) = Vector256.Widen(Vector256.LoadUnsafe(ref x));
            lowerSums += lower;
            upperSums += upper;
            (var a, var b) = Vector256.Widen(lower * lower);
            (var c, var d) = Vector256.Widen(upper * upper);
            q0 += a.AsInt32();
            q1 += b.AsInt32();
            q2 += c.AsInt32();
            q3 += d.AsInt32();
        }

        (var s0, var s1) = Vector256.Widen(lowerSums);
        (var s2, var s3) = Vector256.Widen(upperSums);
        AddWholeNumbers(s0.AsInt32(), s1.AsInt32(), s2.AsInt32(), s3.AsInt32(), areFirst, ref sums);
        AddWholeNumbers(q0, q1, q2, q3, areFirst, ref squares);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void AddWholeNumbers(Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d, bool areFirst,
        ref double totals)
    {
        Span<int> numbers = stackalloc int[Width];
        ref int first = ref MemoryMarshal.GetReference(numbers);
        a.StoreUnsafe(ref first);
        b.StoreUnsafe(ref first, Lanes.Count);
        c.StoreUnsafe(ref first, 2 * Lanes.Count);
        d.StoreUnsafe(ref first, 3 * Lanes.Count);
        for (nuint i = 0; i < Width; i += Lanes.Count)
        {
            var sum = TLanes.Load(ref first, i);
            TLanes.Store(areFirst ? sum : sum + TLanes.Load(ref totals, i), ref totals, i);
        }
    }

    /// <summary>(rows, 8) values from a column on.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfNarrowColumn(nuint column, ref T x, nuint rows, nuint stride, bool shifted, ref double shift,
        ref double sums, ref double squares)
    {
        var k = shifted ? TLanes.Load(ref shift, column) : default;
        TLanes s = default, q = default;
        for (; rows > 0; rows--, x = ref Unsafe.Add(ref x, stride))
            Add(TLanes.Load(ref x, column) - k, shifted, ref s, ref q);
        TLanes.Store(s, ref sums, column);
        TLanes.Store(q, ref squares, column);
    }

    /// <summary>Values one by one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static BlockSums OfFew(ref T x, nuint count, nuint stride, double shift)
    {
        double sum = 0, squares = 0;
        for (nuint i = 0; i < count; i++)
        {
            double d = Lanes.LoadScalar(ref x, i * stride) - shift;
            sum += d;
            squares += d * d;
        }

        return new BlockSums(sum, squares);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Load(ref T x, nuint i, bool shifted, TLanes k) =>
        shifted ? TLanes.Load(ref x, i) - k : TLanes.Load(ref x, i);

    /// <summary>Adds d and d² to the sums of their lanes; those of values as they are need no rounding.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(TLanes d, bool shifted, ref TLanes sum, ref TLanes squares)
    {
        sum += d;
        squares = shifted ? squares + (d * d) : Lanes.AddExactProduct(d, d, squares);
    }
}
