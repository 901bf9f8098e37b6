using System.Runtime.CompilerServices;

namespace MLNetGroupNorm.Benchmarks.Measuring;

/// <summary>Memory that begins at a page: where an array of the runtime begins is chance, and costs or saves some percent.</summary>
internal static class AlignedMemory
{
    private const int PageSize = 4096;

    /// <summary>Pinned, so that it stays where it is.</summary>
    public static unsafe Memory<T> Allocate<T>(int length)
        where T : unmanaged
    {
        T[] array = GC.AllocateArray<T>(length + (PageSize / sizeof(T)), pinned: true);
        var address = (nuint)Unsafe.AsPointer(ref array[0]);
        var skip = (int)((PageSize - (address % PageSize)) % PageSize);
        return array.AsMemory(skip / sizeof(T), length);
    }

    public static Memory<T> Copy<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        var copy = Allocate<T>(values.Length);
        values.CopyTo(copy.Span);
        return copy;
    }
}
