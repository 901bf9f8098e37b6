using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Vectors of four doubles: load, store, and the operations that <see cref="Vector256"/> lacks. Every operation rounds each lane as the
/// scalar one does, so results have the same bits on every machine.
/// </summary>
/// <remarks>
/// Without 256-bit vectors the runtime uses two of 128 bits, in the same order. 512-bit vectors would need a second copy of every loop.
/// </remarks>
internal static class Lanes
{
    public const int Count = 4;

    /// <summary>Four numbers from index 4 + k on are a mask of the upper k lanes; k ≤ 0 gives none.</summary>
    private static ReadOnlySpan<long> UpperLanes => [0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1];

    /// <summary>Four values from <paramref name="index"/> on; exact for byte, float and double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> Load<T>(ref T first, nuint index)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
            return Widen(Vector128.LoadUnsafe(ref Unsafe.As<T, float>(ref first), index));
        if (typeof(T) == typeof(double))
            return Vector256.LoadUnsafe(ref Unsafe.As<T, double>(ref first), index);
        return LoadBytes(ref Unsafe.Add(ref Unsafe.As<T, byte>(ref first), index));
    }

    /// <summary>Four values, each <paramref name="stride"/> values after the one before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> LoadStrided<T>(ref T first, nuint stride)
        where T : unmanaged
    {
        if (typeof(T) != typeof(float))
            return Vector256.Create(LoadScalar(ref first, 0), LoadScalar(ref first, stride), LoadScalar(ref first, 2 * stride),
                LoadScalar(ref first, 3 * stride));
        ref float x = ref Unsafe.As<T, float>(ref first);
        return Widen(Vector128.Create(x, Unsafe.Add(ref x, stride), Unsafe.Add(ref x, 2 * stride), Unsafe.Add(ref x, 3 * stride)));
    }

    /// <summary>One value as a double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double LoadScalar<T>(ref T first, nuint index)
        where T : unmanaged
    {
        if (typeof(T) == typeof(double))
            return Unsafe.Add(ref Unsafe.As<T, double>(ref first), index);
        return typeof(T) == typeof(byte)
            ? Unsafe.Add(ref Unsafe.As<T, byte>(ref first), index)
            : Unsafe.Add(ref Unsafe.As<T, float>(ref first), index);
    }

    /// <summary>Stores four results as float, rounded once, or as double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Vector256<double> values, ref T first, nuint index)
        where T : unmanaged
    {
        if (typeof(T) == typeof(double))
            values.StoreUnsafe(ref Unsafe.As<T, double>(ref first), index);
        else
            Narrow(values).StoreUnsafe(ref Unsafe.As<T, float>(ref first), index);
    }

    /// <summary>The same, each <paramref name="stride"/> values after the one before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStrided<T>(Vector256<double> values, ref T first, nuint stride)
        where T : unmanaged
    {
        StoreScalar(values.ToScalar(), ref first, 0);
        StoreScalar(values.GetElement(1), ref first, stride);
        StoreScalar(values.GetElement(2), ref first, 2 * stride);
        StoreScalar(values.GetElement(3), ref first, 3 * stride);
    }

    /// <summary>
    /// Rounds four results to float and stores them past the caches, where the machine can. The address is a multiple of 16. Other cores
    /// see the results after <see cref="CacheLine.Fence"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StoreNonTemporal(Vector256<double> values, ref float first, nuint index)
    {
        if (Sse.IsSupported)
            Sse.StoreAlignedNonTemporal((float*)Unsafe.AsPointer(ref Unsafe.Add(ref first, index)), Narrow(values));
        else
            Store(values, ref first, index);
    }

    /// <summary>Stores one result as float, rounded once, or as double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreScalar<T>(double value, ref T first, nuint index)
        where T : unmanaged
    {
        if (typeof(T) == typeof(double))
            Unsafe.Add(ref Unsafe.As<T, double>(ref first), index) = value;
        else
            Unsafe.Add(ref Unsafe.As<T, float>(ref first), index) = (float)value;
    }

    /// <summary>
    /// Writes each of <paramref name="count"/> numbers <paramref name="times"/> times in a row. Vectors are written whole, and with one time
    /// also read whole: there is room for one after the last number.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Repeat(ref double numbers, int count, int times, ref double results)
    {
        nuint size = (nuint)times;
        if (size == 1)
        {
            for (nuint i = 0; i < (nuint)count; i += Count)
                Store(Load(ref numbers, i), ref results, i);
            return;
        }

        for (nuint i = 0, first = 0; i < (nuint)count; i++, first += size)
        {
            var number = Vector256.Create(Unsafe.Add(ref numbers, i));
            nuint j = first;
            do
                Store(number, ref results, j);
            while ((j += Count) < first + size);
        }
    }

    /// <summary>Repeats the first <paramref name="count"/> numbers to the end.</summary>
    public static void RepeatFirst(Span<double> numbers, int count)
    {
        for (int filled = count; filled < numbers.Length; filled *= 2)
            numbers[..int.Min(filled, numbers.Length - filled)].CopyTo(numbers[filled..]);
    }

    /// <summary>a · b + c, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> FusedMultiplyAdd(Vector256<double> a, Vector256<double> b, Vector256<double> c) =>
        Fma.IsSupported
            ? Fma.MultiplyAdd(a, b, c)
            : Vector256.Create(
                FusedMultiplyAdd(a.GetLower(), b.GetLower(), c.GetLower()),
                FusedMultiplyAdd(a.GetUpper(), b.GetUpper(), c.GetUpper()));

    /// <summary>
    /// a · b + c where a · b needs no rounding, as that of two floats: then the fused operation and the two apart give the same
    /// bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> AddExactProduct(Vector256<double> a, Vector256<double> b, Vector256<double> c) =>
        Fma.IsSupported || AdvSimd.Arm64.IsSupported ? FusedMultiplyAdd(a, b, c) : (a * b) + c;

    /// <summary>The nearest floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> RoundToSingle(Vector256<double> values) => Widen(Narrow(values));

    /// <summary>The upper <paramref name="count"/> lanes, and zeros below them; none for a count of 0 to −4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> KeepUpper(Vector256<double> values, nint count) => values
        & Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(UpperLanes), (nuint)(Count + count)).AsDouble();

    /// <summary>The sum of four lanes in a fixed order: halves are added until one lane is left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum(Vector256<double> values)
    {
        Vector128<double> two = values.GetLower() + values.GetUpper();
        return two.ToScalar() + two.GetElement(1);
    }

    /// <summary>The sum of each of four vectors that lie end to end, in the order of <see cref="Sum"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> SumEach(ref double vectors)
    {
        if (!Avx.IsSupported)
            return Vector256.Create(Sum(Load(ref vectors, 0)), Sum(Load(ref vectors, Count)), Sum(Load(ref vectors, 2 * Count)),
                Sum(Load(ref vectors, 3 * Count)));
        Vector256<double> even = AddHalves(Load(ref vectors, 0), Load(ref vectors, 2 * Count));
        Vector256<double> odd = AddHalves(Load(ref vectors, Count), Load(ref vectors, 3 * Count));
        return Avx.UnpackLow(even, odd) + Avx.UnpackHigh(even, odd);

        static Vector256<double> AddHalves(Vector256<double> a, Vector256<double> b) =>
            Avx.Permute2x128(a, b, 0x20) + Avx.Permute2x128(a, b, 0x31);
    }

    /// <summary>
    /// Whole numbers below 2^52 as doubles. They become the last digits of 2^52, which is then subtracted: faster than conversions.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<double> ToDouble(Vector256<ulong> numbers)
    {
        var offset = Vector256.Create((double)(1L << 52));
        return (numbers.AsDouble() | offset) - offset;
    }

    /// <summary>Four bytes, read as a float, which goes straight to a vector register.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> LoadBytes(ref byte first)
    {
        var bytes = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<float>(ref first)).AsByte();
        if (Avx2.IsSupported)
            return ToDouble(Avx2.ConvertToVector256Int64(bytes).AsUInt64());
        (Vector128<ulong> lower, Vector128<ulong> upper) = Vector128.Widen(Vector128.WidenLower(Vector128.WidenLower(bytes)));
        return ToDouble(Vector256.Create(lower, upper));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Widen(Vector128<float> v)
    {
        if (Avx.IsSupported)
            return Avx.ConvertToVector256Double(v);
        (Vector128<double> lower, Vector128<double> upper) = Vector128.Widen(v);
        return Vector256.Create(lower, upper);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Narrow(Vector256<double> v) =>
        Avx.IsSupported ? Avx.ConvertToVector128Single(v) : Vector128.Narrow(v.GetLower(), v.GetUpper());

    private static Vector128<double> FusedMultiplyAdd(Vector128<double> a, Vector128<double> b, Vector128<double> c) =>
        AdvSimd.Arm64.IsSupported
            ? AdvSimd.Arm64.FusedMultiplyAdd(c, a, b)
            : Vector128.Create(
                Math.FusedMultiplyAdd(a.ToScalar(), b.ToScalar(), c.ToScalar()),
                Math.FusedMultiplyAdd(a.GetElement(1), b.GetElement(1), c.GetElement(1)));
}
