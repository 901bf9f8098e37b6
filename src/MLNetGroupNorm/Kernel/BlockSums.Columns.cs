using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <content>The sums of columns.</content>
internal static partial class BlockSums<T>
{
    /// <summary>
    /// Bytes of a tile of rows that stays in the nearest cache while its columns are summed. The next tile is prefetched meanwhile:
    /// processors do not do that along columns.
    /// </summary>
    private const int TileBytes = 1 << 14;

    private const int SixteenColumns = 4 * Lanes.Count;

    /// <summary>Columns that are summed together: what registers hold, and of bytes what a vector does.</summary>
    private static nuint ColumnsAtOnce => (nuint)(typeof(T) == typeof(byte) ? Vector256<byte>.Count : SixteenColumns);

    /// <summary>
    /// The sums of each column of <paramref name="rows"/> rows, at most <see cref="BlockSums.Rows"/>, of <paramref name="width"/>
    /// values, each <paramref name="stride"/> values after the one before; sums and squares hold one number per column, and so does
    /// shift where there is one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OfColumns(ref T x, nuint rows, nuint stride, nuint width, bool shifted, ref double shift, ref double sums,
        ref double squares)
    {
        nuint j = width - (width % ColumnsAtOnce);
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

    /// <summary>Sums <paramref name="width"/> columns, a multiple of <see cref="ColumnsAtOnce"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfWideColumns(ref T x, nuint rows, nuint stride, nuint width, bool areFirst, ref double sums,
        ref double squares)
    {
        for (nuint c = 0; c < width; c += ColumnsAtOnce)
            if (typeof(T) == typeof(byte))
                OfWideByteColumn(ref Unsafe.As<T, byte>(ref Unsafe.Add(ref x, c)), rows, stride, areFirst,
                    ref Unsafe.Add(ref sums, c), ref Unsafe.Add(ref squares, c));
            else
                OfWideColumn(ref Unsafe.Add(ref x, c), rows, stride, CacheLine.NextTile(rows, stride, c), areFirst, shifted: false, ref sums,
                    ref Unsafe.Add(ref sums, c), ref Unsafe.Add(ref squares, c));
    }

    /// <summary>Sums <paramref name="width"/> columns, a multiple of 16, of the values less a shift for each.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfWideColumns(ref T x, nuint rows, nuint stride, nuint width, bool areFirst, ref double shift,
        ref double sums, ref double squares)
    {
        for (nuint c = 0; c < width; c += SixteenColumns)
            OfWideColumn(ref Unsafe.Add(ref x, c), rows, stride, CacheLine.NextTile(rows, stride, c), areFirst, shifted: true, ref Unsafe.Add(ref shift, c),
                ref Unsafe.Add(ref sums, c), ref Unsafe.Add(ref squares, c));
    }

    /// <summary>
    /// (rows, 16) values, added to what sums and squares hold, unless these rows are the first. Prefetches as many,
    /// <paramref name="ahead"/> values further.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OfWideColumn(ref T x, nuint rows, nuint stride, nint ahead, bool areFirst, bool shifted,
        ref double shift, ref double sums, ref double squares)
    {
        Vector256<double> k0 = default, k1 = default, k2 = default, k3 = default;
        if (shifted)
        {
            k0 = Lanes.Load(ref shift, 0);
            k1 = Lanes.Load(ref shift, Lanes.Count);
            k2 = Lanes.Load(ref shift, 2 * Lanes.Count);
            k3 = Lanes.Load(ref shift, 3 * Lanes.Count);
        }

        Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default;
        Vector256<double> q0 = default, q1 = default, q2 = default, q3 = default;
        if (!areFirst)
        {
            s0 = Lanes.Load(ref sums, 0);
            s1 = Lanes.Load(ref sums, Lanes.Count);
            s2 = Lanes.Load(ref sums, 2 * Lanes.Count);
            s3 = Lanes.Load(ref sums, 3 * Lanes.Count);
            q0 = Lanes.Load(ref squares, 0);
            q1 = Lanes.Load(ref squares, Lanes.Count);
            q2 = Lanes.Load(ref squares, 2 * Lanes.Count);
            q3 = Lanes.Load(ref squares, 3 * Lanes.Count);
        }

        for (; rows > 0; rows--, x = ref Unsafe.Add(ref x, stride), ahead += SixteenColumns - (nint)stride)
        {
            CacheLine.Prefetch(ref x, ahead, SixteenColumns);
            AddFour(ref x, 0, shifted, k0, ref s0, ref q0);
            AddFour(ref x, Lanes.Count, shifted, k1, ref s1, ref q1);
            AddFour(ref x, 2 * Lanes.Count, shifted, k2, ref s2, ref q2);
            AddFour(ref x, 3 * Lanes.Count, shifted, k3, ref s3, ref q3);
        }

        Lanes.Store(s0, ref sums, 0);
        Lanes.Store(s1, ref sums, Lanes.Count);
        Lanes.Store(s2, ref sums, 2 * Lanes.Count);
        Lanes.Store(s3, ref sums, 3 * Lanes.Count);
        Lanes.Store(q0, ref squares, 0);
        Lanes.Store(q1, ref squares, Lanes.Count);
        Lanes.Store(q2, ref squares, 2 * Lanes.Count);
        Lanes.Store(q3, ref squares, 3 * Lanes.Count);
    }

    /// <summary>
    /// (rows, 32) bytes, at most 128 rows, added likewise: 16 bits hold the sum of a column, 32 bits that of its squares.
    /// </summary>
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
        b.StoreUnsafe(ref first, (nuint)Vector256<int>.Count);
        c.StoreUnsafe(ref first, 2 * (nuint)Vector256<int>.Count);
        d.StoreUnsafe(ref first, 3 * (nuint)Vector256<int>.Count);
        for (nuint i = 0; i < Width; i += Lanes.Count)
        {
            var sum = Lanes.Load(ref first, i);
            Lanes.Store(areFirst ? sum : sum + Lanes.Load(ref totals, i), ref totals, i);
        }
    }

    /// <summary>(rows, 4) values from a column on.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfNarrowColumn(nuint column, ref T x, nuint rows, nuint stride, bool shifted, ref double shift,
        ref double sums, ref double squares)
    {
        var k = shifted ? Lanes.Load(ref shift, column) : default;
        Vector256<double> s = default, q = default;
        for (; rows > 0; rows--, x = ref Unsafe.Add(ref x, stride))
            Add(Lanes.Load(ref x, column) - k, shifted, ref s, ref q);
        Lanes.Store(s, ref sums, column);
        Lanes.Store(q, ref squares, column);
    }
}
