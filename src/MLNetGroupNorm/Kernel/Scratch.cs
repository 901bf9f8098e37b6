using System.Buffers;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Doubles for the time of one call, from a pool. They begin at a line of the cache; were the collector to move them meanwhile,
/// that alone would be lost.
/// </summary>
internal readonly ref struct Scratch
{
    private readonly double[] _array;

    public Scratch(int length)
    {
        _array = ArrayPool<double>.Shared.Rent(length + CacheLine.Doubles);
        Values = CacheLine.Aligned(_array)[..length];
    }

    /// <summary>The doubles asked for; what they hold is left over from others.</summary>
    public Span<double> Values { get; }

    public void Dispose() => ArrayPool<double>.Shared.Return(_array);
}
