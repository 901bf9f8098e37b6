using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Numbers laid out as those lie that share them, each so many times over: one of a group for each of its channels, or one of a
/// channel for each of its few values.
/// </summary>
/// <remarks>
/// Eight numbers make as many vectors as there are times, each with its places: which numbers fill it. Then the same places are
/// filled from the next eight.
/// </remarks>
internal readonly ref struct Repetition
{
    /// <summary>The most times that have places. More of them fill vectors with one number.</summary>
    private const int MostTimes = Lanes.Count - 1;

    private const int Half = Lanes.Count / 2;

    /// <summary>
    /// What is kept of a vector's places: the first number of each half in one line of the cache, the permutation in another.
    /// </summary>
    private const int Size = 2 * Lanes.Count;

    private static readonly long[] _places = [.. Enumerable.Range(0, Lanes.Count * Lanes.Count)
        .SelectMany(i => Places(int.Max(1, i / Lanes.Count), i % Lanes.Count * Lanes.Count))];

    private readonly ref long _end;

    /// <summary>For up to seven times, where <see cref="IsSupported"/>.</summary>
    public Repetition(int times)
    {
        First = ref _places[times * Lanes.Count * Size];
        _end = ref Unsafe.Add(ref First, times * Size);
    }

    /// <summary>Whether this processor has the permutations.</summary>
    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>The places of the first vector.</summary>
    public readonly ref long First;

    /// <summary>
    /// Writes each of <paramref name="count"/> numbers <paramref name="times"/> times over. Vectors are read and written whole:
    /// there is room for one past the last number, and past the last result.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Write(ref double numbers, int count, int times, ref double results)
    {
        if (times == 1)
        {
            MemoryMarshal.CreateReadOnlySpan(ref numbers, count).CopyTo(MemoryMarshal.CreateSpan(ref results, count));
            return;
        }

        if (!IsSupported || times > MostTimes)
        {
            for (int i = 0; i < count; i++)
                for (int j = 0; j < times; j += Lanes.Count)
                    Vector512.Create(Unsafe.Add(ref numbers, i)).StoreUnsafe(ref results, (nuint)((i * times) + j));
            return;
        }

        var repetition = new Repetition(times);
        ref long places = ref repetition.First;
        for (int length = count * times; length > 0; length -= Lanes.Count)
        {
            Get(ref numbers, ref places).StoreUnsafe(ref results);
            results = ref Unsafe.Add(ref results, Lanes.Count);
            places = ref repetition.Next(ref places);
            if (Unsafe.AreSame(ref places, ref repetition.First))
                numbers = ref Unsafe.Add(ref numbers, Lanes.Count);
        }
    }

    /// <summary>
    /// The numbers at the places of a vector. Vectors are read whole: there is room for one past the last number.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Get(ref double numbers, ref long places) => Avx512F.IsSupported
        ? Avx512F.PermuteVar8x64(Vector512.LoadUnsafe(ref Unsafe.Add(ref numbers, (nint)places)),
            Vector512.LoadUnsafe(ref places, Lanes.Count))
        : Vector512.Create(GetHalf(ref numbers, ref places, 0), GetHalf(ref numbers, ref places, 1));

    /// <summary>The places of the next vector: of the first one again where the next eight numbers begin.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref long Next(ref long places)
    {
        places = ref Unsafe.Add(ref places, Size);
        return ref Unsafe.AreSame(ref places, ref _end) ? ref First : ref places;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> GetHalf(ref double numbers, ref long places, nuint half) => Avx2.PermuteVar8x32(
        Vector256.LoadUnsafe(ref Unsafe.Add(ref numbers, (nint)Unsafe.Add(ref places, half))).AsSingle(),
        Vector256.LoadUnsafe(ref places, Lanes.Count + (half * Half)).AsInt32()).AsDouble();

    /// <summary>
    /// The places of a vector that begins at <paramref name="start"/>. A permutation names a number by its index from the first
    /// one on, or, of vectors of half the width, by those of both of its halves.
    /// </summary>
    private static long[] Places(int times, int start)
    {
        var places = new long[Size];
        for (int i = 0; i < Lanes.Count; i++)
        {
            int half = i / Half;
            places[half] = (start + (Avx512F.IsSupported ? 0 : half * Half)) / times;
            long index = ((start + i) / times) - places[half];
            places[Lanes.Count + i] = Avx512F.IsSupported ? index : (2 * index) | (((2 * index) + 1) << 32);
        }

        return places;
    }
}
