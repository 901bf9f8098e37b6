using System.Buffers;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Doubles for the time of one call, from a pool. They begin at a line of the cache; if the collector moves them, only that
/// is lost.
/// </summary>
internal readonly ref struct Scratch
{
    private readonly double[] _array;

    /// <exception cref="InsufficientMemoryException">An array cannot hold that number of doubles.</exception>
    public Scratch(long length)
    {
        if (length > Array.MaxLength - CacheLine.Doubles)
            throw new InsufficientMemoryException($"Channels last, groups of that many channels take {length} doubles of working "
                + $"memory, and an array holds at most {Array.MaxLength}. Transpose the sample to channels first, which takes none.");
        _array = ArrayPool<double>.Shared.Rent((int)length + CacheLine.Doubles);
        Values = CacheLine.Aligned(_array)[..(int)length];
    }

    /// <summary>The doubles asked for; what they hold is left over from others.</summary>
    public Span<double> Values { get; }

    public void Dispose() => ArrayPool<double>.Shared.Return(_array);
}
