namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Parameters of channels as the kernel reads them: in double, from a line of the cache on that they do not leave, and with room
/// after the last, so that a vector may be loaded at every channel.
/// </summary>
internal sealed class ParameterLanes
{
    private readonly double[] _array;
    private readonly int _start;

    /// <summary>Takes one value per channel, or as many of <paramref name="absent"/>.</summary>
    public ParameterLanes(float[]? values, int count, double absent)
    {
        _array = GC.AllocateArray<double>(CacheLine.Doubles + count + Lanes.Count, pinned: true);
        _start = CacheLine.Start<double>(_array);
        for (int i = 0; i < count; i++)
            _array[_start + i] = values is null ? absent : values[i];
    }

    /// <summary>The parameters, and zeros for a vector after them.</summary>
    public ReadOnlySpan<double> Values => _array.AsSpan(_start);
}
