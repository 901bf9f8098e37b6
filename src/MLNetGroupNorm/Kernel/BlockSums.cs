using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNetGroupNorm.Kernel;

/// <summary>Σd and Σd² of a run, or of a column of a block.</summary>
internal readonly record struct BlockSums(double Sum, double Squares)
{
    /// <summary>The most rows of a block. A lane adds one value of each, and up to four more at the end of a run.</summary>
    public const int Rows = 128;

    /// <summary>The lanes that add the values of a run: two vectors. Shorter runs have one lane each.</summary>
    public const int RunLanes = 2 * Lanes.Count;

    /// <summary>The lanes of a long run, enough to hide how long an addition takes.</summary>
    public const int Width = 4 * RunLanes;

    /// <summary>The most values of a block that is summed as a whole.</summary>
    public const int Length = Rows * Width;
}

/// <summary>
/// Sums a block of Single or Byte, d = x − shift: all its values, or each of its columns. Either way every lane adds few values, in the
/// order of the rows, and lanes are added in a fixed order: so the bits do not depend on the machine, and the error does not grow with
/// the number of values.
/// </summary>
/// <remarks>
/// Sums of bytes and of their squares are whole numbers, and are added as such, which is exact in any order.
/// </remarks>
internal static partial class BlockSums<T>
    where T : unmanaged
{
    private const int Width = BlockSums.Width;

    /// <summary>From this length on, 32 lanes are faster than eight.</summary>
    private const nuint WideFrom = 4 * Width;

    /// <summary>One vector for each of four runs.</summary>
    private const int FourVectors = Lanes.Count * Lanes.Count;

    /// <summary>The sums of a run of <paramref name="length"/> values, at most <see cref="BlockSums.Length"/>, as they are.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static BlockSums Of(ref T x, nuint length)
    {
        if (length < BlockSums.RunLanes)
            return OfFew(ref x, length, 1, 0);
        if (typeof(T) == typeof(byte) && length >= Width)
            return OfBytes(ref Unsafe.As<T, byte>(ref x), length);
        OfRun(ref x, length, shifted: false, default, out var sum, out var squares);
        return new BlockSums(Lanes.Sum(sum), Lanes.Sum(squares));
    }

    /// <summary>The sums of a run of values, each less <paramref name="shift"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static BlockSums Of(ref T x, nuint length, double shift)
    {
        if (length < BlockSums.RunLanes)
            return OfFew(ref x, length, 1, shift);
        OfRun(ref x, length, shifted: true, Vector256.Create(shift), out var sum, out var squares);
        return new BlockSums(Lanes.Sum(sum), Lanes.Sum(squares));
    }

    /// <summary>
    /// The sums of each of <paramref name="count"/> runs of <paramref name="length"/> values, at most <see cref="BlockSums.Length"/>,
    /// that lie end to end; less a shift for each run where they are <paramref name="shifted"/>.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OfRuns(ref T x, nuint length, nuint count, bool shifted, ref double shifts, ref double sums,
        ref double squares)
    {
        Span<double> memory = stackalloc double[(2 * FourVectors) + CacheLine.Doubles];
        ref double lanes = ref MemoryMarshal.GetReference(CacheLine.Aligned(memory));
        nuint run = count / Lanes.Count * Lanes.Count;
        if (typeof(T) == typeof(byte) && !shifted && length >= Width)
            run = 0;
        else if (length < BlockSums.RunLanes)
            OfShortRuns(ref x, length, run, shifted, ref shifts, ref sums, ref squares);
        else if (shifted)
            OfShiftedRuns(ref x, length, run, ref shifts, ref sums, ref squares, ref lanes);
        else
            OfUnshiftedRuns(ref x, length, run, ref sums, ref squares, ref lanes);

        for (; run < count; run++)
            (Unsafe.Add(ref sums, run), Unsafe.Add(ref squares, run)) = shifted
                ? Of(ref Unsafe.Add(ref x, run * length), length, Unsafe.Add(ref shifts, run))
                : Of(ref Unsafe.Add(ref x, run * length), length);
    }

    /// <summary>Runs of eight values or more; <paramref name="count"/> is a multiple of four.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfUnshiftedRuns(ref T x, nuint length, nuint count, ref double sums, ref double squares, ref double lanes) =>
        OfRunsByFour(ref x, length, count, shifted: false, ref sums, ref sums, ref squares, ref lanes);

    /// <summary>Runs of eight values or more, less a shift for each; <paramref name="count"/> is a multiple of four.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfShiftedRuns(ref T x, nuint length, nuint count, ref double shifts, ref double sums, ref double squares,
        ref double lanes) => OfRunsByFour(ref x, length, count, shifted: true, ref shifts, ref sums, ref squares, ref lanes);

    /// <summary>The sums of each of four runs in lanes of their own first, then the lanes of all four together.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OfRunsByFour(ref T x, nuint length, nuint count, bool shifted, ref double shifts, ref double sums,
        ref double squares, ref double lanes)
    {
        for (nuint run = 0; run < count; run++, x = ref Unsafe.Add(ref x, length))
        {
            var k = shifted ? Vector256.Create(Unsafe.Add(ref shifts, run)) : default;
            OfRun(ref x, length, shifted, k, out var sum, out var square);
            nuint place = run % Lanes.Count * Lanes.Count;
            Lanes.Store(sum, ref lanes, place);
            Lanes.Store(square, ref lanes, FourVectors + place);
            if (run % Lanes.Count < Lanes.Count - 1)
                continue;
            Lanes.Store(Lanes.SumEach(ref lanes), ref sums, run - (Lanes.Count - 1));
            Lanes.Store(Lanes.SumEach(ref Unsafe.Add(ref lanes, FourVectors)), ref squares, run - (Lanes.Count - 1));
        }
    }

    /// <summary>
    /// Runs of fewer than eight values, a multiple of four of them: a lane for each of four runs, and one value of each run at a time.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfShortRuns(ref T x, nuint length, nuint count, bool shifted, ref double shifts, ref double sums,
        ref double squares)
    {
        for (nuint run = 0; run < count; run += Lanes.Count, x = ref Unsafe.Add(ref x, Lanes.Count * length))
        {
            Vector256<double> sum = default, square = default;
            var k = shifted ? Lanes.Load(ref shifts, run) : default;
            for (nuint i = 0; i < length; i++)
            {
                var d = Lanes.LoadStrided(ref Unsafe.Add(ref x, i), length) - k;
                sum += d;
                square += d * d;
            }

            Lanes.Store(sum, ref sums, run);
            Lanes.Store(square, ref squares, run);
        }
    }

    /// <summary>The sums of a run of eight values or more: in eight or 32 lanes, which are then added to four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OfRun(ref T x, nuint length, bool shifted, Vector256<double> k, out Vector256<double> sum,
        out Vector256<double> squares)
    {
        Vector256<double> s0 = default, s1 = default, q0 = default, q1 = default;
        nuint i = 0;
        if (length >= WideFrom)
        {
            Vector256<double> s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
            Vector256<double> q2 = default, q3 = default, q4 = default, q5 = default, q6 = default, q7 = default;
            for (; i + Width <= length; i += Width)
            {
                AddFour(ref x, i, shifted, k, ref s0, ref q0);
                AddFour(ref x, i + Lanes.Count, shifted, k, ref s1, ref q1);
                AddFour(ref x, i + (2 * Lanes.Count), shifted, k, ref s2, ref q2);
                AddFour(ref x, i + (3 * Lanes.Count), shifted, k, ref s3, ref q3);
                AddFour(ref x, i + (4 * Lanes.Count), shifted, k, ref s4, ref q4);
                AddFour(ref x, i + (5 * Lanes.Count), shifted, k, ref s5, ref q5);
                AddFour(ref x, i + (6 * Lanes.Count), shifted, k, ref s6, ref q6);
                AddFour(ref x, i + (7 * Lanes.Count), shifted, k, ref s7, ref q7);
            }

            s0 += s2 + (s4 + s6);
            s1 += s3 + (s5 + s7);
            q0 += q2 + (q4 + q6);
            q1 += q3 + (q5 + q7);
        }

        for (; i + BlockSums.RunLanes <= length; i += BlockSums.RunLanes)
        {
            AddFour(ref x, i, shifted, k, ref s0, ref q0);
            AddFour(ref x, i + Lanes.Count, shifted, k, ref s1, ref q1);
        }

        if (i < length)
        {
            // The last eight values overlap those that were added already; these become 0.
            nint rest = (nint)(length - i);
            Add(Lanes.KeepUpper(Lanes.Load(ref x, length - BlockSums.RunLanes) - k, rest - Lanes.Count), shifted, ref s0, ref q0);
            Add(Lanes.KeepUpper(Lanes.Load(ref x, length - Lanes.Count) - k, nint.Min(rest, Lanes.Count)), shifted, ref s1, ref q1);
        }

        sum = s0 + s1;
        squares = q0 + q1;
    }

    /// <summary>A run of 32 bytes or more. 16 bits hold 128 · 2 · 255 = 65,280, and 32 bits 4,096 · 255².</summary>
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
    private static void AddFour(ref T x, nuint i, bool shifted, Vector256<double> k, ref Vector256<double> sum,
        ref Vector256<double> squares) =>
        Add(shifted ? Lanes.Load(ref x, i) - k : Lanes.Load(ref x, i), shifted, ref sum, ref squares);

    /// <summary>Adds d and d² to the sums of their lanes. The square of an unshifted float or byte is exact in double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector256<double> d, bool shifted, ref Vector256<double> sum, ref Vector256<double> squares)
    {
        sum += d;
        squares = shifted ? squares + (d * d) : Lanes.AddExactProduct(d, d, squares);
    }
}
