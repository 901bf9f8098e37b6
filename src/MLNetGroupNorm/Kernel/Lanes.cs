using System.Runtime.CompilerServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>The number of lanes, single values, and helpers built on <see cref="ILanes{TSelf}"/>.</summary>
internal static class Lanes
{
    public const int Count = 8;

    /// <summary>A mask with the upper k lanes set is the eight numbers from index k on.</summary>
    public static ReadOnlySpan<long> UpperLanes => [0, 0, 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1];

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
    /// a · b + c where a · b needs no rounding, as that of two floats: then the fused operation and the two apart give the same
    /// bits.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes AddExactProduct<TLanes>(TLanes a, TLanes b, TLanes c)
        where TLanes : unmanaged, ILanes<TLanes> =>
        TLanes.FusesMultiplyAdd ? TLanes.FusedMultiplyAdd(a, b, c) : (a * b) + c;

    /// <summary>
    /// Writes each of <paramref name="count"/> numbers <paramref name="times"/> times over. Vectors are written whole: there is room
    /// for one after the last result.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Repeat<TLanes>(ref double numbers, int count, int times, ref double results)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        nuint size = (nuint)times;
        if (size == 1)
        {
            for (nuint i = 0; i < (nuint)count; i += Count)
                TLanes.Store(TLanes.Load(ref numbers, i), ref results, i);
            return;
        }

        for (int i = 0; i < count; i++, results = ref Unsafe.Add(ref results, times))
        {
            var number = TLanes.Create(Unsafe.Add(ref numbers, i));
            for (nuint j = 0; j < size; j += Count)
                TLanes.Store(number, ref results, j);
        }
    }
}
