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
    public ref double NegativeShifts => ref Unsafe.Add(ref Scales, 3 * _space);

    public static long Size<T>(long capacity) => (typeof(T) == typeof(double) ? 4 : 2) * Space(capacity);

    /// <summary>The same numbers from the one at <paramref name="index"/> on.</summary>
    public ScaleTable From(nuint index) => new(ref Unsafe.Add(ref Scales, index), _space);

    /// <summary>Scale and offset of the first <paramref name="count"/> groups of a table, without weight and bias.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public void SetGroups<T, TLanes>(in GroupTable table, int count)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        for (nuint g = 0; g < (nuint)count; g += Lanes.Count)
        {
            var inverse = TLanes.Load(ref table.Inverses(0), g);
            TLanes.Store(inverse, ref Scales, g);
            TLanes.Store(-(inverse * TLanes.Load(ref table.Means(0), g)), ref Offsets, g);
            if (typeof(T) == typeof(double))
            {
                TLanes.Store(TLanes.Load(ref table.Units(0), g), ref Units, g);
                TLanes.Store(-TLanes.Load(ref table.Shifts(0), g), ref NegativeShifts, g);
            }
        }
    }

    /// <summary>Repeats the first <paramref name="count"/> numbers of each array to <paramref name="length"/> of them.</summary>
    public void Repeat<T>(int count, int length)
    {
        for (nuint array = 0; array < (typeof(T) == typeof(double) ? 4u : 2u); array++)
        {
            var numbers = MemoryMarshal.CreateSpan(ref Unsafe.Add(ref Scales, array * _space), length);
            for (int filled = count; filled < length; filled *= 2)
                numbers[..int.Min(filled, length - filled)].CopyTo(numbers[filled..]);
        }
    }

    private static long Space(long capacity) => ((capacity / Lanes.Count) + 2) * Lanes.Count;
}
