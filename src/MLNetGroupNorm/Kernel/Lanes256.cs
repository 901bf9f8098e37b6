using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Eight doubles in two vectors of 256 bits. Where a machine has no vectors that wide, the runtime splits them, in the same order.
/// </summary>
internal readonly struct Lanes256(Vector256<double> lower, Vector256<double> upper) : ILanes<Lanes256>
{
    private const int Half = Lanes.Count / 2;

    public readonly Vector256<double> Lower = lower;
    public readonly Vector256<double> Upper = upper;

    public static bool FusesMultiplyAdd
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Fma.IsSupported || AdvSimd.Arm64.IsSupported;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator +(Lanes256 left, Lanes256 right) => new(left.Lower + right.Lower, left.Upper + right.Upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 left, Lanes256 right) => new(left.Lower - right.Lower, left.Upper - right.Upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator *(Lanes256 left, Lanes256 right) => new(left.Lower * right.Lower, left.Upper * right.Upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator /(Lanes256 left, Lanes256 right) => new(left.Lower / right.Lower, left.Upper / right.Upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 operator -(Lanes256 value) => new(-value.Lower, -value.Upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Create(double value) => new(Vector256.Create(value), Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load<T>(ref T first, nuint index)
        where T : unmanaged
    {
        if (typeof(T) == typeof(double))
        {
            ref double x = ref Unsafe.As<T, double>(ref first);
            return new(Vector256.LoadUnsafe(ref x, index), Vector256.LoadUnsafe(ref x, index + Half));
        }

        if (typeof(T) == typeof(int))
        {
            ref int x = ref Unsafe.As<T, int>(ref first);
            return new(Widen(Vector128.LoadUnsafe(ref x, index)), Widen(Vector128.LoadUnsafe(ref x, index + Half)));
        }

        if (typeof(T) == typeof(byte))
        {
            ref byte x = ref Unsafe.Add(ref Unsafe.As<T, byte>(ref first), index);
            return new(LoadFourBytes(ref x), LoadFourBytes(ref Unsafe.Add(ref x, Half)));
        }

        ref float y = ref Unsafe.As<T, float>(ref first);
        return new(Widen(Vector128.LoadUnsafe(ref y, index)), Widen(Vector128.LoadUnsafe(ref y, index + Half)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadStrided<T>(ref T first, nuint stride)
        where T : unmanaged =>
        new(LoadFour(ref first, stride), LoadFour(ref Unsafe.Add(ref first, Half * stride), stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Lanes256 values, ref T first, nuint index)
        where T : unmanaged
    {
        if (typeof(T) == typeof(double))
        {
            values.Lower.StoreUnsafe(ref Unsafe.As<T, double>(ref first), index);
            values.Upper.StoreUnsafe(ref Unsafe.As<T, double>(ref first), index + Half);
        }
        else
        {
            Narrow(values.Lower).StoreUnsafe(ref Unsafe.As<T, float>(ref first), index);
            Narrow(values.Upper).StoreUnsafe(ref Unsafe.As<T, float>(ref first), index + Half);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStrided<T>(Lanes256 values, ref T first, nuint stride)
        where T : unmanaged
    {
        StoreFour(values.Lower, ref first, stride);
        StoreFour(values.Upper, ref Unsafe.Add(ref first, Half * stride), stride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StoreNonTemporal(Lanes256 values, ref float first, nuint index)
    {
        if (Sse.IsSupported)
        {
            var place = (float*)Unsafe.AsPointer(ref Unsafe.Add(ref first, index));
            Sse.StoreAlignedNonTemporal(place, Narrow(values.Lower));
            Sse.StoreAlignedNonTemporal(place + Half, Narrow(values.Upper));
        }
        else
            Store(values, ref first, index);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 KeepUpper(Lanes256 values, nuint count)
    {
        ref long lanes = ref MemoryMarshal.GetReference(Lanes.UpperLanes);
        return new(values.Lower & Vector256.LoadUnsafe(ref lanes, count).AsDouble(),
            values.Upper & Vector256.LoadUnsafe(ref lanes, count + Half).AsDouble());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Blend(Lanes256 lower, nuint count, Lanes256 upper)
    {
        ref long lanes = ref Unsafe.Add(ref MemoryMarshal.GetReference(Lanes.UpperLanes), Lanes.Count - count);
        return new(Vector256.ConditionalSelect(Vector256.LoadUnsafe(ref lanes).AsDouble(), upper.Lower, lower.Lower),
            Vector256.ConditionalSelect(Vector256.LoadUnsafe(ref lanes, Half).AsDouble(), upper.Upper, lower.Upper));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 FusedMultiplyAdd(Lanes256 a, Lanes256 b, Lanes256 c) =>
        new(FusedMultiplyAdd(a.Lower, b.Lower, c.Lower), FusedMultiplyAdd(a.Upper, b.Upper, c.Upper));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Sqrt(Lanes256 values) => new(Vector256.Sqrt(values.Lower), Vector256.Sqrt(values.Upper));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint GreaterThan(Lanes256 left, Lanes256 right) =>
        Vector256.GreaterThan(left.Lower, right.Lower).ExtractMostSignificantBits()
        | (Vector256.GreaterThan(left.Upper, right.Upper).ExtractMostSignificantBits() << Half);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 KeepWhereGreater(Lanes256 left, Lanes256 right, Lanes256 values) =>
        new(Vector256.GreaterThan(left.Lower, right.Lower) & values.Lower,
            Vector256.GreaterThan(left.Upper, right.Upper) & values.Upper);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum(Lanes256 values)
    {
        Vector256<double> four = values.Lower + values.Upper;
        Vector128<double> two = four.GetLower() + four.GetUpper();
        return two.ToScalar() + two.GetElement(1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 SumEach(ref double vectors)
    {
        if (Avx.IsSupported)
            return new(SumFour(ref vectors), SumFour(ref Unsafe.Add(ref vectors, Half * Lanes.Count)));
        return new(Vector256.Create(SumOne(ref vectors, 0), SumOne(ref vectors, 1), SumOne(ref vectors, 2), SumOne(ref vectors, 3)),
            Vector256.Create(SumOne(ref vectors, 4), SumOne(ref vectors, 5), SumOne(ref vectors, 6), SumOne(ref vectors, 7)));

        static double SumOne(ref double vectors, nuint index) => Sum(Load(ref vectors, index * Lanes.Count));
    }

    /// <summary>
    /// Four bytes become the last digits of 2^52, which is then subtracted: faster than conversions of whole numbers. They are read as a float,
    /// which goes straight to a vector register.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> LoadFourBytes(ref byte first)
    {
        const double Base = 1L << 52;
        var bytes = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<float>(ref first)).AsByte();
        if (!Avx2.IsSupported)
            return Widen(Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32());
        return (Avx2.ConvertToVector256Int64(bytes).AsDouble() | Vector256.Create(Base)) - Vector256.Create(Base);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> LoadFour<T>(ref T first, nuint stride)
        where T : unmanaged
    {
        if (typeof(T) != typeof(float))
            return Vector256.Create(Lanes.LoadScalar(ref first, 0), Lanes.LoadScalar(ref first, stride),
                Lanes.LoadScalar(ref first, 2 * stride), Lanes.LoadScalar(ref first, 3 * stride));
        ref float x = ref Unsafe.As<T, float>(ref first);
        return Widen(
            Vector128.Create(x, Unsafe.Add(ref x, stride), Unsafe.Add(ref x, 2 * stride), Unsafe.Add(ref x, 3 * stride)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreFour<T>(Vector256<double> values, ref T first, nuint stride)
        where T : unmanaged
    {
        if (typeof(T) == typeof(double))
            StoreFour(values, ref Unsafe.As<T, double>(ref first), stride);
        else
        {
            var floats = Narrow(values);
            ref float y = ref Unsafe.As<T, float>(ref first);
            y = floats.ToScalar();
            Unsafe.Add(ref y, stride) = floats.GetElement(1);
            Unsafe.Add(ref y, 2 * stride) = floats.GetElement(2);
            Unsafe.Add(ref y, 3 * stride) = floats.GetElement(3);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StoreFour(Vector256<double> values, ref double first, nuint stride)
    {
        first = values.ToScalar();
        Unsafe.Add(ref first, stride) = values.GetElement(1);
        Unsafe.Add(ref first, 2 * stride) = values.GetElement(2);
        Unsafe.Add(ref first, 3 * stride) = values.GetElement(3);
    }

    /// <summary>The sum of each of four vectors that lie end to end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> SumFour(ref double vectors)
    {
        Vector256<double> even = AddPairs(AddHalves(ref vectors, 0), AddHalves(ref vectors, 2));
        Vector256<double> odd = AddPairs(AddHalves(ref vectors, 1), AddHalves(ref vectors, 3));
        return Avx.UnpackLow(even, odd) + Avx.UnpackHigh(even, odd);

        static Vector256<double> AddHalves(ref double vectors, nuint index) =>
            Vector256.LoadUnsafe(ref vectors, index * Lanes.Count) + Vector256.LoadUnsafe(ref vectors, (index * Lanes.Count) + Half);

        static Vector256<double> AddPairs(Vector256<double> a, Vector256<double> b) =>
            Avx.Permute2x128(a, b, 0x20) + Avx.Permute2x128(a, b, 0x31);
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
    private static Vector256<double> Widen(Vector128<int> v)
    {
        if (Avx.IsSupported)
            return Avx.ConvertToVector256Double(v);
        (Vector128<long> lower, Vector128<long> upper) = Vector128.Widen(v);
        return Vector256.Create(Vector128.ConvertToDouble(lower), Vector128.ConvertToDouble(upper));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Narrow(Vector256<double> v) =>
        Avx.IsSupported ? Avx.ConvertToVector128Single(v) : Vector128.Narrow(v.GetLower(), v.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> FusedMultiplyAdd(Vector256<double> a, Vector256<double> b, Vector256<double> c) =>
        Fma.IsSupported
            ? Fma.MultiplyAdd(a, b, c)
            : Vector256.Create(
                FusedMultiplyAdd(a.GetLower(), b.GetLower(), c.GetLower()),
                FusedMultiplyAdd(a.GetUpper(), b.GetUpper(), c.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<double> FusedMultiplyAdd(Vector128<double> a, Vector128<double> b, Vector128<double> c) =>
        AdvSimd.Arm64.IsSupported
            ? AdvSimd.Arm64.FusedMultiplyAdd(c, a, b)
            : Vector128.Create(
                Math.FusedMultiplyAdd(a.ToScalar(), b.ToScalar(), c.ToScalar()),
                Math.FusedMultiplyAdd(a.GetElement(1), b.GetElement(1), c.GetElement(1)));
}
