using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNetGroupNorm.Kernel;

/// <summary>Lays out numbers of channels as the values of channels of a few positions lie: each so many times over.</summary>
internal static class Repetition
{
    private const int MostTimes = Lanes.Count - 1;

    /// <summary>
    /// Which of the values from the first one needed on fill eight places: eight indices for each number of times and each
    /// number of places that the first value has already had.
    /// </summary>
    private static readonly long[] _indices = [.. Enumerable.Range(0, (MostTimes + 1) * Lanes.Count * Lanes.Count)
        .Select(i => (long)(((i / Lanes.Count % Lanes.Count) + (i % Lanes.Count)) / int.Max(1, i / (Lanes.Count * Lanes.Count))))];

    /// <summary>
    /// Writes each value <paramref name="times"/> times over, fewer than eight. Vectors are read and written whole: there is room
    /// for one past the last value, and past the last result.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Of(ref double values, int count, int times, ref double result)
    {
        if (!Avx512F.IsSupported)
        {
            for (int i = 0; i < count; i++)
                Vector512.Create(Unsafe.Add(ref values, i)).StoreUnsafe(ref result, (nuint)(i * times));
            return;
        }

        ref long indices = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_indices), times * Lanes.Count * Lanes.Count);
        nuint length = (nuint)(count * times), value = 0, had = 0;
        nuint step = (nuint)(Lanes.Count / times), rest = (nuint)(Lanes.Count % times);
        for (nuint i = 0; i < length; i += Lanes.Count)
        {
            var from = Vector512.LoadUnsafe(ref values, value);
            var places = Vector512.LoadUnsafe(ref indices, had * Lanes.Count);
            Avx512F.PermuteVar8x64(from, places).StoreUnsafe(ref result, i);
            value += step;
            had += rest;
            if (had >= (nuint)times)
            {
                had -= (nuint)times;
                value++;
            }
        }
    }
}
