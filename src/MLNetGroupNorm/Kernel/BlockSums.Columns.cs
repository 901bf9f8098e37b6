using System.Runtime.CompilerServices;
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

    /// <summary>Columns that are summed together: what registers hold, and of bytes what a vector does.</summary>
    private const int Columns = 4 * Lanes.Count, ByteColumns = 2 * Columns;

    /// <summary>
    /// The sums of each column of <paramref name="rows"/> rows, at most <see cref="BlockSums.Rows"/>, of <paramref name="width"/>
    /// values, each <paramref name="stride"/> values after the one before; shifts, sums and squares hold one number for each column,
    /// the latter two 0 before.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void OfColumns<TShifted>(ref T x, nuint rows, nuint stride, nuint width, ref double shifts, ref double sums,
        ref double squares)
        where TShifted : IFlag
    {
        nuint columns = typeof(T) == typeof(byte) && typeof(TShifted) == typeof(Off) ? (nuint)ByteColumns : Columns;
        nuint j = width - (width % columns);
        nuint tile = Math.Max(1, (nuint)(TileBytes / Unsafe.SizeOf<T>()) / stride);
        for (nuint row = 0; row < rows; row += tile)
        {
            nuint count = Math.Min(tile, rows - row);
            for (nuint c = 0; c < j; c += columns)
            {
                ref T first = ref Unsafe.Add(ref x, (row * stride) + c);
                if (typeof(T) == typeof(byte) && typeof(TShifted) == typeof(Off))
                    AddByteColumns(ref Unsafe.As<T, byte>(ref first), count, stride, ref Unsafe.Add(ref sums, c),
                        ref Unsafe.Add(ref squares, c));
                else
                    AddColumns<TShifted>(ref first, count, stride, CacheLine.NextTile(count, stride, c),
                        ref Unsafe.Add(ref shifts, c), ref Unsafe.Add(ref sums, c), ref Unsafe.Add(ref squares, c));
            }
        }

        // What is left takes a vector at a time, the last one over columns that are done already.
        for (; width >= Lanes.Count && j < width; j += Lanes.Count)
            OfFourColumns<TShifted>(Math.Min(j, width - Lanes.Count), ref x, rows, stride, ref shifts, ref sums, ref squares);
        for (; j < width; j++)
            SumScalar(ref Unsafe.Add(ref x, j), rows, stride, TShifted.IsSet ? Unsafe.Add(ref shifts, j) : 0, out Unsafe.Add(ref sums, j),
                out Unsafe.Add(ref squares, j));
    }

    /// <summary>
    /// Adds (rows, 16) values to what sums and squares hold. Prefetches as many, <paramref name="ahead"/> values further.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddColumns<TShifted>(ref T x, nuint rows, nuint stride, nint ahead, ref double shifts, ref double sums,
        ref double squares)
        where TShifted : IFlag
    {
        Vector256<double> k0 = Lanes.Load(ref shifts, 0), k1 = Lanes.Load(ref shifts, Lanes.Count);
        Vector256<double> k2 = Lanes.Load(ref shifts, 2 * Lanes.Count), k3 = Lanes.Load(ref shifts, 3 * Lanes.Count);
        Vector256<double> s0 = Lanes.Load(ref sums, 0), s1 = Lanes.Load(ref sums, Lanes.Count);
        Vector256<double> s2 = Lanes.Load(ref sums, 2 * Lanes.Count), s3 = Lanes.Load(ref sums, 3 * Lanes.Count);
        Vector256<double> q0 = Lanes.Load(ref squares, 0), q1 = Lanes.Load(ref squares, Lanes.Count);
        Vector256<double> q2 = Lanes.Load(ref squares, 2 * Lanes.Count), q3 = Lanes.Load(ref squares, 3 * Lanes.Count);
        for (; rows > 0; rows--, x = ref Unsafe.Add(ref x, stride), ahead += Columns - (nint)stride)
        {
            CacheLine.Prefetch(ref x, ahead, Columns);
            Add<TShifted>(Lanes.Load(ref x, 0), k0, ref s0, ref q0);
            Add<TShifted>(Lanes.Load(ref x, Lanes.Count), k1, ref s1, ref q1);
            Add<TShifted>(Lanes.Load(ref x, 2 * Lanes.Count), k2, ref s2, ref q2);
            Add<TShifted>(Lanes.Load(ref x, 3 * Lanes.Count), k3, ref s3, ref q3);
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
    /// Adds (rows, 32) bytes likewise, at most 128 rows: 16 bits hold the sum of a column, 32 bits that of its squares.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void AddByteColumns(ref byte x, nuint rows, nuint stride, ref double sums, ref double squares)
    {
        Vector256<ushort> lowerSums = default, upperSums = default;
        Vector256<uint> q0 = default, q1 = default, q2 = default, q3 = default;
        for (; rows > 0; rows--, x = ref Unsafe.Add(ref x, stride))
        {
            (var lower, var upper) = Vector256.Widen(Vector256.LoadUnsafe(ref x));
            lowerSums += lower;
            upperSums += upper;
            (var a, var b) = Vector256.Widen(lower * lower);
            (var c, var d) = Vector256.Widen(upper * upper);
            q0 += a;
            q1 += b;
            q2 += c;
            q3 += d;
        }

        (var s0, var s1) = Vector256.Widen(lowerSums);
        (var s2, var s3) = Vector256.Widen(upperSums);
        AddWholeNumbers(s0, ref sums, 0);
        AddWholeNumbers(s1, ref sums, 8);
        AddWholeNumbers(s2, ref sums, 16);
        AddWholeNumbers(s3, ref sums, 24);
        AddWholeNumbers(q0, ref squares, 0);
        AddWholeNumbers(q1, ref squares, 8);
        AddWholeNumbers(q2, ref squares, 16);
        AddWholeNumbers(q3, ref squares, 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddWholeNumbers(Vector256<uint> numbers, ref double totals, nuint index)
    {
        var (lower, upper) = Vector256.Widen(numbers);
        Lanes.Store(Lanes.Load(ref totals, index) + Lanes.ToDouble(lower), ref totals, index);
        Lanes.Store(Lanes.Load(ref totals, index + Lanes.Count) + Lanes.ToDouble(upper), ref totals, index + Lanes.Count);
    }

    /// <summary>The sums of (rows, 4) values from a column on.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfFourColumns<TShifted>(nuint column, ref T x, nuint rows, nuint stride, ref double shifts, ref double sums,
        ref double squares)
        where TShifted : IFlag
    {
        var k = Lanes.Load(ref shifts, column);
        Vector256<double> s = default, q = default;
        for (; rows > 0; rows--, x = ref Unsafe.Add(ref x, stride))
            Add<TShifted>(Lanes.Load(ref x, column), k, ref s, ref q);
        Lanes.Store(s, ref sums, column);
        Lanes.Store(q, ref squares, column);
    }
}
