using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Eight doubles at a time: what the kernel's loops are written in. Every operation rounds as the scalar one does, on every
/// machine; where a machine has no vectors of that width, the runtime splits them, in the same order.
/// </summary>
internal static class Lanes
{
    public const int Count = 8;

    /// <summary>Eight values from <paramref name="index"/> on, as doubles; exact for every type it takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Load<T>(ref T first, nuint index)
        where T : unmanaged
    {
        if (typeof(T) == typeof(double))
            return Vector512.LoadUnsafe(ref Unsafe.As<T, double>(ref first), index);
        return typeof(T) == typeof(byte)
            ? LoadBytes(ref Unsafe.As<T, byte>(ref first), index)
            : LoadFloats(ref Unsafe.As<T, float>(ref first), index);
    }

    /// <summary>Eight values, each <paramref name="stride"/> values after the one before, as doubles.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> LoadEvery<T>(ref T first, nuint stride)
        where T : unmanaged =>
        Whole(LoadFour(ref first, stride), LoadFour(ref Unsafe.Add(ref first, 4 * stride), stride));

    /// <summary>One value as a double.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Load1<T>(ref T first, nuint index)
        where T : unmanaged
    {
        if (typeof(T) == typeof(double))
            return Unsafe.Add(ref Unsafe.As<T, double>(ref first), index);
        return typeof(T) == typeof(byte)
            ? Unsafe.Add(ref Unsafe.As<T, byte>(ref first), index)
            : Unsafe.Add(ref Unsafe.As<T, float>(ref first), index);
    }

    /// <summary>The upper <paramref name="count"/> lanes of <paramref name="values"/>, and zeros below them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> KeepLast(Vector512<double> values, nuint count) =>
        values & Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(UpperLanes), count).AsDouble();

    /// <summary>The lower <paramref name="count"/> lanes of one vector, and the upper ones of another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Join(Vector512<double> lower, nuint count, Vector512<double> upper) =>
        Vector512.ConditionalSelect(Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(UpperLanes), Count - count).AsDouble(),
            upper, lower);

    /// <summary>Rounds eight results to float and stores them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<double> values, ref float first, nuint index)
    {
        if (Avx512F.IsSupported)
            Avx512F.ConvertToVector256Single(values).StoreUnsafe(ref first, index);
        else
        {
            Narrow(values.GetLower()).StoreUnsafe(ref first, index);
            Narrow(values.GetUpper()).StoreUnsafe(ref first, index + 4);
        }
    }

    /// <summary>
    /// The same without bringing the place into the caches, where the machine can. The place is a multiple of as many floats.
    /// Other cores see it after <see cref="CacheLine.Fence"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void StorePastCaches(Vector512<double> values, ref float first, nuint index)
    {
        var place = (float*)Unsafe.AsPointer(ref Unsafe.Add(ref first, index));
        if (Avx512F.IsSupported)
            Avx.StoreAlignedNonTemporal(place, Avx512F.ConvertToVector256Single(values));
        else if (Sse.IsSupported)
        {
            Sse.StoreAlignedNonTemporal(place, Narrow(values.GetLower()));
            Sse.StoreAlignedNonTemporal(place + 4, Narrow(values.GetUpper()));
        }
        else
            Store(values, ref first, index);
    }

    /// <summary>a · b + c, rounded once.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> FusedMultiplyAdd(Vector512<double> a, Vector512<double> b, Vector512<double> c) =>
        Avx512F.IsSupported
            ? Avx512F.FusedMultiplyAdd(a, b, c)
            : Vector512.Create(
                FusedMultiplyAdd(a.GetLower(), b.GetLower(), c.GetLower()),
                FusedMultiplyAdd(a.GetUpper(), b.GetUpper(), c.GetUpper()));

    /// <summary>
    /// a · b + c where a · b needs no rounding, as that of two floats: then the fused operation, where the machine has it, and
    /// the two apart give the same bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> AddExactProduct(Vector512<double> a, Vector512<double> b, Vector512<double> c) =>
        Avx512F.IsSupported || Fma.IsSupported || AdvSimd.Arm64.IsSupported ? FusedMultiplyAdd(a, b, c) : (a * b) + c;

    /// <summary>The sum of eight lanes, in an order of its own: halves are added until one is left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum(Vector512<double> v)
    {
        Vector256<double> four = v.GetLower() + v.GetUpper();
        Vector128<double> two = four.GetLower() + four.GetUpper();
        return two.ToScalar() + two.GetElement(1);
    }

    /// <summary>The sum of some doubles, eight lanes first, then what is left of them one by one.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static double Sum(ReadOnlySpan<double> values)
    {
        var lanes = Vector512<double>.Zero;
        for (; values.Length >= Count; values = values[Count..])
            lanes += Vector512.Create(values);
        double sum = Sum(lanes);
        foreach (double value in values)
            sum += value;
        return sum;
    }

    /// <summary>The sum of each of eight vectors that lie end to end, as <see cref="Sum(Vector512{double})"/> has it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> SumEach(ref double vectors)
    {
        if (Avx.IsSupported)
            return Whole(SumFour(ref vectors), SumFour(ref Unsafe.Add(ref vectors, 4 * Count)));
        var sums = Vector512<double>.Zero;
        for (int i = 0; i < Count; i++)
            sums = sums.WithElement(i, Sum(Vector512.LoadUnsafe(ref vectors, (nuint)(i * Count))));
        return sums;
    }

    /// <summary>
    /// The sum of each of <paramref name="count"/> runs of <paramref name="length"/> doubles that lie end to end, as
    /// <see cref="Sum(ReadOnlySpan{double})"/> has it.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void SumEach(ref double runs, int length, int count, ref double sums)
    {
        Span<double> memory = stackalloc double[(Count * Count) + CacheLine.Doubles];
        ref double lanes = ref MemoryMarshal.GetReference(CacheLine.Aligned(memory));
        nuint size = (nuint)length, vectors = size / Count * Count;
        if (length == 1)
        {
            MemoryMarshal.CreateReadOnlySpan(ref runs, count).CopyTo(MemoryMarshal.CreateSpan(ref sums, count));
            return;
        }

        for (; count >= Count; count -= Count)
        {
            var eight = Vector512<double>.Zero;
            if (vectors > 0)
            {
                for (nuint r = 0; r < Count; r++)
                {
                    var sum = Vector512<double>.Zero;
                    for (nuint i = 0; i < vectors; i += Count)
                        sum += Load(ref runs, (r * size) + i);
                    sum.StoreUnsafe(ref lanes, r * Count);
                }

                eight = SumEach(ref lanes);
            }

            for (nuint i = vectors; i < size; i++)
                eight += LoadEvery(ref Unsafe.Add(ref runs, i), size);
            eight.StoreUnsafe(ref sums);
            runs = ref Unsafe.Add(ref runs, Count * size);
            sums = ref Unsafe.Add(ref sums, Count);
        }

        for (nuint r = 0; r < (nuint)count; r++)
            Unsafe.Add(ref sums, r) = Sum(MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref runs, r * size), length));
    }

    /// <summary>The sums of <paramref name="count"/> pairs of doubles.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Add(ref double left, ref double right, nuint count, ref double sums)
    {
        nuint i = 0;
        for (; i + Count <= count; i += Count)
            (Load(ref left, i) + Load(ref right, i)).StoreUnsafe(ref sums, i);
        for (; i < count; i++)
            Unsafe.Add(ref sums, i) = Unsafe.Add(ref left, i) + Unsafe.Add(ref right, i);
    }

    /// <summary>Two halves, without the way through memory that the runtime's own function takes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Whole(Vector256<double> lower, Vector256<double> upper) => Avx512F.IsSupported
        ? Avx512F.InsertVector256(lower.ToVector512Unsafe(), upper, 1)
        : Vector512.Create(lower, upper);

    private static ReadOnlySpan<long> UpperLanes => [0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> LoadFour<T>(ref T first, nuint stride)
        where T : unmanaged
    {
        if (typeof(T) != typeof(float))
            return Vector256.Create(Load1(ref first, 0), Load1(ref first, stride), Load1(ref first, 2 * stride),
                Load1(ref first, 3 * stride));
        ref float x = ref Unsafe.As<T, float>(ref first);
        return Widen(
            Vector128.Create(x, Unsafe.Add(ref x, stride), Unsafe.Add(ref x, 2 * stride), Unsafe.Add(ref x, 3 * stride)));
    }

    /// <summary>The sum of each of four vectors that lie end to end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> SumFour(ref double vectors)
    {
        Vector256<double> even = AddPairs(Fold(ref vectors, 0), Fold(ref vectors, 2));
        Vector256<double> odd = AddPairs(Fold(ref vectors, 1), Fold(ref vectors, 3));
        return Avx.UnpackLow(even, odd) + Avx.UnpackHigh(even, odd);

        static Vector256<double> Fold(ref double vectors, nuint index) =>
            Vector256.LoadUnsafe(ref vectors, index * Count) + Vector256.LoadUnsafe(ref vectors, (index * Count) + 4);

        static Vector256<double> AddPairs(Vector256<double> a, Vector256<double> b) =>
            Avx.Permute2x128(a, b, 0x20) + Avx.Permute2x128(a, b, 0x31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> LoadFloats(ref float first, nuint index)
    {
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector512Double(Vector256.LoadUnsafe(ref first, index));
        return Vector512.Create(
            Widen(Vector128.LoadUnsafe(ref first, index)),
            Widen(Vector128.LoadUnsafe(ref first, index + 4)));
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Widen(Vector128<int> v) =>
        Avx.IsSupported ? Avx.ConvertToVector256Double(v) : Widen(Vector128.ConvertToSingle(v));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> LoadBytes(ref byte first, nuint index)
    {
        var bytes = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref first, index))).AsByte();
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector512Double(Avx2.ConvertToVector256Int32(bytes));
        (Vector128<uint> lower, Vector128<uint> upper) = Vector128.Widen(Vector128.WidenLower(bytes));
        return Vector512.Create(Widen(lower.AsInt32()), Widen(upper.AsInt32()));
    }

    /// <summary>
    /// The last <paramref name="count"/> (fewer than eight) values, one by one, in the upper lanes; zeros below.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Vector512<double> LoadShort<T>(ref T first, nuint length, nuint count)
        where T : unmanaged
    {
        Span<double> lanes = stackalloc double[Count];
        lanes.Clear();
        for (nuint i = 1; i <= count; i++)
            lanes[Count - (int)i] = Load1(ref first, length - i);
        return Vector512.Create<double>(lanes);
    }

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
