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
internal static partial class BlockSums<T, TLanes>
    where T : unmanaged
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int Width = BlockSums.Width;

    /// <summary>From this length on, more sums at a time save more than adding them up takes.</summary>
    private const nuint LongRun = 4 * Width;

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
