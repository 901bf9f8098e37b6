using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// What results are computed from, an array of each kind with a number for each channel or group: y = d · scale + offset, where d is x, and
/// for doubles x · unit − shift. Every array has room for a vector past its last number.
/// </summary>
/// <param name="memory">The first of <see cref="Size"/> doubles.</param>
/// <param name="space">The <see cref="Space"/> of an array.</param>
internal readonly ref struct ScaleTable(ref double memory, nuint space)
{
    public readonly ref double Scales = ref memory;

    public ref double Offsets => ref Unsafe.Add(ref Scales, space);

    /// <summary>Of doubles only.</summary>
    public ref double Units => ref Unsafe.Add(ref Scales, 2 * space);

    /// <summary>Of doubles only.</summary>
    public ref double Shifts => ref Unsafe.Add(ref Scales, 3 * space);

    /// <summary>The doubles of an array for <paramref name="capacity"/> numbers.</summary>
    public static nuint Space(long capacity) => (nuint)((capacity / Lanes.Count) + 2) * Lanes.Count;

    /// <summary>The doubles of all arrays.</summary>
    public static long Size<T>(long capacity) => Arrays<T>() * (long)Space(capacity);

    /// <summary>The same numbers from the one at <paramref name="index"/> on.</summary>
    public ScaleTable From(nuint index) => new(ref Unsafe.Add(ref Scales, index), space);

    /// <summary>Repeats the first <paramref name="count"/> numbers of each array to <paramref name="length"/> of them.</summary>
    public void Repeat<T>(int count, int length)
    {
        for (nuint array = 0; array < Arrays<T>(); array++)
            Lanes.RepeatFirst(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref Scales, array * space), length), count);
    }

    private static uint Arrays<T>() => typeof(T) == typeof(double) ? 4u : 2;
}
