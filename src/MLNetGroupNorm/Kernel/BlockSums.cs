using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNetGroupNorm.Kernel;

/// <summary>Sizes of a block.</summary>
internal static class BlockSums
{
    /// <summary>The most rows of a block. A lane adds one value of each, and up to four more at the end of a run.</summary>
    public const int Rows = 128;

    /// <summary>Lanes that sum a run: two vectors. A run that is shorter gets one lane.</summary>
    public const int RunLanes = 2 * Lanes.Count;

    /// <summary>The lanes of a long run, enough to hide how long an addition takes.</summary>
    public const int Width = 4 * RunLanes;

    /// <summary>The most values of a block that is summed as a whole.</summary>
    public const int Length = Rows * Width;
}

/// <summary>
/// Σd and Σd² of a block of Single or Byte, d = x − shift: of runs, or of columns. Either way every lane adds few values, in the
/// order of the rows, and lanes are added in a fixed order: so the bits do not depend on the machine, and the error does not grow with
/// the number of values.
/// </summary>
/// <remarks>
/// Unshifted bytes, from 32 in a run or 32 columns on, are added as integers: exact in any order.
/// </remarks>
internal static partial class BlockSums<T>
    where T : unmanaged
{
    private const int Width = BlockSums.Width;

    /// <summary>From this length on, 32 lanes are faster than eight.</summary>
    private const nuint WideFrom = 4 * Width;

    /// <summary>The lanes of four runs, one vector each.</summary>
    private const int LanesOfFourRuns = Lanes.Count * Lanes.Count;

    /// <summary>
    /// The sums of each of <paramref name="count"/> runs of <paramref name="length"/> values, at most <see cref="BlockSums.Length"/>,
    /// that lie end to end, less the shifts of a table where they are <typeparamref name="TShifted"/>; into the table.
    /// </summary>
    public static void OfRuns<TShifted>(ref T x, nuint length, int count, in GroupTable table)
        where TShifted : IFlag
    {
        if (length < BlockSums.RunLanes)
            OfShortRuns<TShifted>(ref x, length, count, table);
        else if (typeof(T) == typeof(byte) && typeof(TShifted) == typeof(Off) && length >= Width)
            for (int run = 0; run < count; run++, x = ref Unsafe.Add(ref x, length))
                OfBytes(ref Unsafe.As<T, byte>(ref x), length, out table.Sums(run), out table.Squares(run));
        else
            OfLongRuns<TShifted>(ref x, length, count, table);
    }

    /// <summary>
    /// Runs of eight values or more: each of four runs in lanes of its own first, then the lanes of all four together. After the last run,
    /// lanes of missing ones are added too; the table has room for what does not count.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfLongRuns<TShifted>(ref T x, nuint length, int count, in GroupTable table)
        where TShifted : IFlag
    {
        Span<double> memory = stackalloc double[(2 * LanesOfFourRuns) + CacheLine.Doubles];
        ref double lanes = ref MemoryMarshal.GetReference(CacheLine.Aligned(memory));
        ref double shifts = ref table.Shifts(0), sums = ref table.Sums(0), squares = ref table.Squares(0);
        for (nuint run = 0; run < (nuint)count; run++, x = ref Unsafe.Add(ref x, length))
        {
            OfRun<TShifted>(ref x, length, Vector256.Create(Unsafe.Add(ref shifts, run)), out var sum, out var square);
            nuint place = run % Lanes.Count;
            Lanes.Store(sum, ref lanes, place * Lanes.Count);
            Lanes.Store(square, ref lanes, LanesOfFourRuns + (place * Lanes.Count));
            if (place < Lanes.Count - 1 && run < (nuint)count - 1)
                continue;
            Lanes.Store(Lanes.SumEach(ref lanes), ref sums, run - place);
            Lanes.Store(Lanes.SumEach(ref Unsafe.Add(ref lanes, LanesOfFourRuns)), ref squares, run - place);
        }
    }

    /// <summary>
    /// Runs of fewer than eight values: a lane for each of four runs, and one value of each run at a time. The last one to three runs are taken
    /// one by one, by all lanes alike.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfShortRuns<TShifted>(ref T x, nuint length, int count, in GroupTable table)
        where TShifted : IFlag
    {
        for (int run = 0, step; run < count; run += step, x = ref Unsafe.Add(ref x, (nuint)step * length))
        {
            step = run + Lanes.Count <= count ? Lanes.Count : 1;
            nuint stride = step == 1 ? 0 : length;
            Vector256<double> sum = default, square = default;
            var k = Lanes.Load(ref table.Shifts(run), 0);
            for (nuint i = 0; i < length; i++)
                Add<TShifted>(Lanes.LoadStrided(ref Unsafe.Add(ref x, i), stride), k, ref sum, ref square);
            Lanes.Store(sum, ref table.Sums(run), 0);
            Lanes.Store(square, ref table.Squares(run), 0);
        }
    }

    /// <summary>The sums of a run of eight values or more: in eight or 32 lanes, which are then added to four.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OfRun<TShifted>(ref T x, nuint length, Vector256<double> k, out Vector256<double> sum,
        out Vector256<double> squares)
        where TShifted : IFlag
    {
        Vector256<double> s0 = default, s1 = default, q0 = default, q1 = default;
        nuint i = 0;
        if (length >= WideFrom)
        {
            Vector256<double> s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
            Vector256<double> q2 = default, q3 = default, q4 = default, q5 = default, q6 = default, q7 = default;
            for (; i + Width <= length; i += Width)
            {
                Add<TShifted>(Lanes.Load(ref x, i), k, ref s0, ref q0);
                Add<TShifted>(Lanes.Load(ref x, i + Lanes.Count), k, ref s1, ref q1);
                Add<TShifted>(Lanes.Load(ref x, i + (2 * Lanes.Count)), k, ref s2, ref q2);
                Add<TShifted>(Lanes.Load(ref x, i + (3 * Lanes.Count)), k, ref s3, ref q3);
                Add<TShifted>(Lanes.Load(ref x, i + (4 * Lanes.Count)), k, ref s4, ref q4);
                Add<TShifted>(Lanes.Load(ref x, i + (5 * Lanes.Count)), k, ref s5, ref q5);
                Add<TShifted>(Lanes.Load(ref x, i + (6 * Lanes.Count)), k, ref s6, ref q6);
                Add<TShifted>(Lanes.Load(ref x, i + (7 * Lanes.Count)), k, ref s7, ref q7);
            }

            s0 += s2 + (s4 + s6);
            s1 += s3 + (s5 + s7);
            q0 += q2 + (q4 + q6);
            q1 += q3 + (q5 + q7);
        }

        for (; i + BlockSums.RunLanes <= length; i += BlockSums.RunLanes)
        {
            Add<TShifted>(Lanes.Load(ref x, i), k, ref s0, ref q0);
            Add<TShifted>(Lanes.Load(ref x, i + Lanes.Count), k, ref s1, ref q1);
        }

        if (i < length)
        {
            // The last eight values include some that were added already; those are masked to 0.
            nint rest = (nint)(length - i);
            Vector256<double> left = Lanes.Load(ref x, length - BlockSums.RunLanes), right = Lanes.Load(ref x, length - Lanes.Count);
            Add<TShifted>(Lanes.KeepUpper(TShifted.IsSet ? left - k : left, rest - Lanes.Count), default, ref s0, ref q0);
            Add<TShifted>(Lanes.KeepUpper(TShifted.IsSet ? right - k : right, nint.Min(rest, Lanes.Count)), default, ref s1, ref q1);
        }

        sum = s0 + s1;
        squares = q0 + q1;
    }

    /// <summary>A run of 32 bytes or more. 16 bits hold 128 · 2 · 255 = 65,280, and 32 bits 4,096 · 255².</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void OfBytes(ref byte x, nuint length, out double sum, out double square)
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

        // No call while vectors hold the sums: the loop would keep them in memory.
        (var left, var right) = Vector256.Widen(sums);
        long total = Vector256.Sum(left + right), totalSquare = Vector256.Sum(squares.AsUInt32());
        SumScalar(ref Unsafe.As<byte, T>(ref Unsafe.Add(ref x, i)), length - i, 1, 0, out sum, out square);
        sum += total;
        square += totalSquare;
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SumScalar(ref T x, nuint count, nuint stride, double shift, out double sum, out double squares)
    {
        (sum, squares) = (0, 0);
        for (nuint i = 0; i < count; i++)
        {
            double d = Lanes.LoadScalar(ref x, i * stride) - shift;
            sum += d;
            squares += d * d;
        }
    }

    /// <summary>Adds d and d² to the sums of their lanes. The square of an unshifted float or byte is exact in double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TShifted>(Vector256<double> x, Vector256<double> k, ref Vector256<double> sum, ref Vector256<double> squares)
        where TShifted : IFlag
    {
        var d = TShifted.IsSet ? x - k : x;
        sum += d;
        squares = TShifted.IsSet ? squares + (d * d) : Lanes.AddExactProduct(d, d, squares);
    }
}
