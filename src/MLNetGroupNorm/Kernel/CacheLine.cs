using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace MLNetGroupNorm.Kernel;

/// <summary>Lines of the cache: a vector that straddles two takes twice as long to load or store.</summary>
internal static class CacheLine
{
    /// <summary>The doubles of a line.</summary>
    public const int Doubles = 64 / sizeof(double);

    private const int Bytes = Doubles * sizeof(double);

    /// <summary>
    /// Begins to load the lines of <paramref name="count"/> values, <paramref name="ahead"/> values after the first, that will be read soon;
    /// they may lie outside of the array. They go to the second-level cache, which can have more loads under way.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe void Prefetch<T>(ref T first, nint ahead, int count)
        where T : unmanaged
    {
        // An address, as a reference outside of the array would confuse the collector.
        if (Sse.IsSupported)
            for (nint i = 0; i < count; i += Bytes / sizeof(T))
                Sse.Prefetch1((T*)Unsafe.AsPointer(ref first) + ahead + i);
    }

    /// <summary>
    /// The distance in values from column <paramref name="c"/> of a tile of rows to what it prefetches of the next tile: each column fetches
    /// as much as it reads, so that all together fetch the whole tile.
    /// </summary>
    public static nint NextTile(nuint rows, nuint stride, nuint c) => (nint)((rows * stride) + (rows * c) - c);

    /// <summary>Memory from its first line boundary on, <see cref="Doubles"/> shorter.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Span<double> Aligned(Span<double> memory) => memory.Slice(Start(memory), memory.Length - Doubles);

    /// <summary>The index of the first double at which a line begins, as long as the collector does not move them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe int Start(ReadOnlySpan<double> memory)
    {
        nuint past = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory)) / sizeof(double) % Doubles;
        return (int)((Doubles - past) % Doubles);
    }

    /// <summary>Doubles that the collector does not move, from a line on, all zero.</summary>
    public static Memory<double> Allocate(int count)
    {
        double[] array = GC.AllocateArray<double>(count + Doubles, pinned: true);
        return array.AsMemory(Start(array), count);
    }

    /// <summary>
    /// Floats before the next address that is a multiple of <see cref="Lanes.Count"/> floats. For memory that the collector does not move.
    /// </summary>
    public static unsafe int FloatsToAligned(ref float first) =>
        (int)(-(nint)Unsafe.AsPointer(ref first) / sizeof(float) & (Lanes.Count - 1));

    /// <summary>Lets other cores see what was stored past the caches before what is stored from now on.</summary>
    public static void Fence()
    {
        if (Sse.IsSupported)
            Sse.StoreFence();
    }
}
