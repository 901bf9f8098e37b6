using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// What results are computed from, an array of each kind with a number for each channel or group: y = d · scale + offset, and for
/// doubles d = x · unit − shift. Every array has room for a vector past its last number.
/// </summary>
internal readonly ref struct ScaleTable
{
    private readonly nuint _space;

    /// <summary>Takes its arrays from memory of <see cref="Size"/> doubles.</summary>
    public ScaleTable(Span<double> memory, long capacity)
    {
        Scales = ref memory[0];
        _space = (nuint)Space(capacity);
    }

    private ScaleTable(ref double scales, nuint space)
    {
        Scales = ref scales;
        _space = space;
    }

    public readonly ref double Scales;

    public ref double Offsets => ref Unsafe.Add(ref Scales, _space);

    /// <summary>Of doubles only.</summary>
    public ref double Units => ref Unsafe.Add(ref Scales, 2 * _space);

    /// <summary>Of doubles only.</summary>
    public ref double Shifts => ref Unsafe.Add(ref Scales, 3 * _space);

    public static long Size<T>(long capacity) => Arrays<T>() * Space(capacity);

    /// <summary>The same numbers from the one at <paramref name="index"/> on.</summary>
    public ScaleTable From(nuint index) => new(ref Unsafe.Add(ref Scales, index), _space);

    /// <summary>Repeats the first <paramref name="count"/> numbers of each array to <paramref name="length"/> of them.</summary>
    public void Repeat<T>(int count, int length)
    {
        for (nuint array = 0; array < Arrays<T>(); array++)
            Lanes.RepeatFirst(MemoryMarshal.CreateSpan(ref Unsafe.Add(ref Scales, array * _space), length), count);
    }

    private static uint Arrays<T>() => typeof(T) == typeof(double) ? 4u : 2;

    private static long Space(long capacity) => ((capacity / Lanes.Count) + 2) * Lanes.Count;
}
