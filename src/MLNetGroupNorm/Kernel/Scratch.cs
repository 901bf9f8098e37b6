using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Doubles for the time of one call, from a pool. They begin at a line of the cache, so that vectors do not straddle two; were the
/// collector to move them meanwhile, that alone would be lost.
/// </summary>
internal readonly ref struct Scratch
{
    private const int Line = 64 / sizeof(double);

    private readonly double[] _array;

    public Scratch(int length)
    {
        _array = ArrayPool<double>.Shared.Rent(length + Line);
        ref double first = ref MemoryMarshal.GetArrayDataReference(_array);
        var past = (int)(Unsafe.ByteOffset(ref Unsafe.NullRef<double>(), ref first) / sizeof(double)) & (Line - 1);
        Values = _array.AsSpan((Line - past) & (Line - 1), length);
    }

    /// <summary>The doubles asked for; what they hold is left over from others.</summary>
    public Span<double> Values { get; }

    public void Dispose() => ArrayPool<double>.Shared.Return(_array);
}
