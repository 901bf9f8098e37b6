using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNetGroupNorm.Kernel;

/// <summary>Eight doubles in one vector, on machines with AVX-512.</summary>
internal readonly struct Lanes512(Vector512<double> values) : ILanes<Lanes512>
{
    private readonly Vector512<double> _values = values;

    public static bool IsSupported
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Avx512F.IsSupported && Vector512.IsHardwareAccelerated;
    }

    public static bool FusesMultiplyAdd => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator +(Lanes512 left, Lanes512 right) => new(left._values + right._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator -(Lanes512 left, Lanes512 right) => new(left._values - right._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator *(Lanes512 left, Lanes512 right) => new(left._values * right._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator /(Lanes512 left, Lanes512 right) => new(left._values / right._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 operator -(Lanes512 value) => new(-value._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Create(double value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load<T>(ref T first, nuint index)
        where T : unmanaged
    {
        if (typeof(T) == typeof(double))
            return new(Vector512.LoadUnsafe(ref Unsafe.As<T, double>(ref first), index));
        if (typeof(T) == typeof(int))
            return new(Avx512F.ConvertToVector512Double(Vector256.LoadUnsafe(ref Unsafe.As<T, int>(ref first), index)));
        if (typeof(T) == typeof(byte))
        {
            ulong bytes = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref Unsafe.As<T, byte>(ref first), index));
            return new(Avx512F.ConvertToVector512Double(
                Avx2.ConvertToVector256Int32(Vector128.CreateScalarUnsafe(bytes).AsByte())));
        }

        return new(Avx512F.ConvertToVector512Double(Vector256.LoadUnsafe(ref Unsafe.As<T, float>(ref first), index)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadStrided<T>(ref T first, nuint stride)
        where T : unmanaged => Combine(Lanes256.LoadStrided(ref first, stride));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store<T>(Lanes512 values, ref T first, nuint index)
        where T : unmanaged
    {
        if (typeof(T) == typeof(double))
            values._values.StoreUnsafe(ref Unsafe.As<T, double>(ref first), index);
        else
            Avx512F.ConvertToVector256Single(values._values).StoreUnsafe(ref Unsafe.As<T, float>(ref first), index);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreStrided<T>(Lanes512 values, ref T first, nuint stride)
        where T : unmanaged =>
        Lanes256.StoreStrided(new Lanes256(values._values.GetLower(), values._values.GetUpper()), ref first, stride);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StoreNonTemporal(Lanes512 values, ref float first, nuint index) => Avx.StoreAlignedNonTemporal(
        (float*)Unsafe.AsPointer(ref Unsafe.Add(ref first, index)), Avx512F.ConvertToVector256Single(values._values));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 KeepUpper(Lanes512 values, nuint count) =>
        new(values._values & Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(Lanes.UpperLanes), count).AsDouble());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Blend(Lanes512 lower, nuint count, Lanes512 upper) => new(Vector512.ConditionalSelect(
        Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(Lanes.UpperLanes), Lanes.Count - count).AsDouble(),
        upper._values, lower._values));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 FusedMultiplyAdd(Lanes512 a, Lanes512 b, Lanes512 c) =>
        new(Avx512F.FusedMultiplyAdd(a._values, b._values, c._values));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Sqrt(Lanes512 values) => new(Avx512F.Sqrt(values._values));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint GreaterThan(Lanes512 left, Lanes512 right) =>
        (uint)Vector512.GreaterThan(left._values, right._values).ExtractMostSignificantBits();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 KeepWhereGreater(Lanes512 left, Lanes512 right, Lanes512 values) =>
        new(Vector512.GreaterThan(left._values, right._values) & values._values);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum(Lanes512 values) =>
        Lanes256.Sum(new Lanes256(values._values.GetLower(), values._values.GetUpper()));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 SumEach(ref double vectors) => Combine(Lanes256.SumEach(ref vectors));

    /// <summary>Two halves, without the way through memory that the runtime's own function takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Lanes512 Combine(Lanes256 halves) =>
        new(Avx512F.InsertVector256(halves.Lower.ToVector512Unsafe(), halves.Upper, 1));
}
