using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Numbers laid out as those lie that share them, each so many times over, up to eight: one of a group for each of its values or
/// channels, or one of a channel for each of its values.
/// </summary>
/// <remarks>
/// Eight numbers make as many vectors as there are times, each with its places: which numbers fill it. Then the same places are
/// filled from the next eight.
/// </remarks>
internal readonly ref struct Repetition
{
    /// <summary>The most times that have places. More of them fill vectors with one number.</summary>
    public const int MostTimes = Lanes.Count;

    private const int Half = Lanes.Count / 2;

    /// <summary>For each number of times, from 1 on, the places of each vector.</summary>
    private static readonly long[] _places = CacheLine.Pin<long>(
        [.. from times in Enumerable.Range(1, MostTimes)
            from lane in Enumerable.Range(0, times * Lanes.Count)
            select Place(lane / times)]);

    private readonly ref long _end;

    /// <summary>For 1 to <see cref="MostTimes"/>.</summary>
    public Repetition(int times)
    {
        int vectorsBefore = times * (times - 1) / 2;
        First = ref _places[CacheLine.Start<long>(_places) + (vectorsBefore * Lanes.Count)];
        _end = ref Unsafe.Add(ref First, times * Lanes.Count);
    }

    /// <summary>The places of the first vector.</summary>
    public readonly ref long First;

    /// <summary>
    /// Writes each of <paramref name="count"/> numbers <paramref name="times"/> times over, any number of times. Vectors are read
    /// and written whole: there is room for one past the last number, and past the last result.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Write(ref double numbers, int count, int times, ref double results)
    {
        if (times > MostTimes)
        {
            for (int i = 0; i < count; i++)
                for (int j = 0; j < times; j += Lanes.Count)
                    Vector512.Create(Unsafe.Add(ref numbers, i)).StoreUnsafe(ref results, (nuint)((i * times) + j));
            return;
        }

        var repetition = new Repetition(times);
        ref long places = ref repetition.First;
        nuint eight = 0;
        for (int i = 0; i < count * times; i += Lanes.Count)
        {
            Get(Lanes.Load(ref numbers, eight), ref places).StoreUnsafe(ref results, (nuint)i);
            places = ref repetition.Next(ref places, ref eight);
        }
    }

    /// <summary>Fills a vector's places from eight numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Get(Vector512<double> numbers, ref long places)
    {
        if (Avx512F.IsSupported)
            return Avx512F.PermuteVar8x64(numbers, Vector512.LoadUnsafe(ref places));
        if (Avx2.IsSupported)
            return Vector512.Create(GetHalf(numbers, ref places), GetHalf(numbers, ref Unsafe.Add(ref places, Half)));
        ref double first = ref Unsafe.As<Vector512<double>, double>(ref numbers);
        return Vector512.Create(
            GetOne(ref first, ref places, 0), GetOne(ref first, ref places, 1),
            GetOne(ref first, ref places, 2), GetOne(ref first, ref places, 3),
            GetOne(ref first, ref places, 4), GetOne(ref first, ref places, 5),
            GetOne(ref first, ref places, 6), GetOne(ref first, ref places, 7));
    }

    /// <summary>The places of the next vector, where the same eight numbers fill it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref long Following(ref long places) => ref Unsafe.Add(ref places, Lanes.Count);

    /// <summary>
    /// The places of the next vector: of the first one again, and from the next <paramref name="eight"/> numbers on, where these
    /// numbers are all laid out.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref long Next(ref long places, scoped ref nuint eight)
    {
        places = ref Following(ref places);
        if (!Unsafe.AreSame(ref places, ref _end))
            return ref places;
        eight += Lanes.Count;
        return ref First;
    }

    /// <summary>Half a vector, picked from both halves of the eight numbers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> GetHalf(Vector512<double> numbers, ref long places)
    {
        var permutation = Vector256.LoadUnsafe(ref places);
        return Avx.BlendVariable(
            Avx2.PermuteVar8x32(numbers.GetLower().AsSingle(), permutation.AsInt32()).AsDouble(),
            Avx2.PermuteVar8x32(numbers.GetUpper().AsSingle(), permutation.AsInt32()).AsDouble(),
            permutation.AsDouble());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double GetOne(ref double numbers, ref long places, nint lane) =>
        Unsafe.Add(ref numbers, (nint)Unsafe.Add(ref places, lane));

    /// <summary>
    /// A permutation names a number by its index; or, in two vectors of half the width, by those of both of its own halves, of which
    /// it heeds the lowest three bits, and by the sign of a number of the upper vector.
    /// </summary>
    private static long Place(int index) => Avx512F.IsSupported || !Avx2.IsSupported
        ? index
        : (2L * index) | (((2L * index) + 1) << 32) | (index < Half ? 0 : long.MinValue);
}
