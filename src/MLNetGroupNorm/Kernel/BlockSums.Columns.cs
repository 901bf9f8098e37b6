using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <content>The sums of columns.</content>
internal static partial class BlockSums<T, TLanes>
{
    /// <summary>
    /// Bytes of a matrix whose columns are summed before the next rows are looked at: they stay in the nearest cache, and the
    /// memory behind them is asked for meanwhile, as processors do not fetch ahead by themselves along columns.
    /// </summary>
    private const int TileBytes = 1 << 14;

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
}
