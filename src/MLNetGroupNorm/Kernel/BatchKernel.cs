using System.Runtime.ExceptionServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>Samples laid end to end, on one core or several. Cores take parts of it, which may begin and end inside a sample.</summary>
internal readonly struct BatchKernel
{
    /// <summary>Parts of the work per core: a core that starts late takes fewer of them.</summary>
    private const int PartsPerCore = 4;

    /// <summary>Fewer values than this are not worth waking another core.</summary>
    private const int ShortestBatch = 2 * ShortestPart;

    private const int ShortestPart = 1 << 14;

    /// <summary>From this size on, results drive each other out of a core's own caches before anyone reads them.</summary>
    private const long NonTemporalBytes = 8 << 20;

    private readonly SampleShape _shape;
    private readonly double _epsilon;
    private readonly GroupNormAffine? _affine;
    private readonly int _batchSize, _cores, _groupsPerUnit, _unitsPerSample;

    public BatchKernel(in SampleShape shape, int batchSize, double epsilon, GroupNormAffine? affine, int cores)
    {
        _shape = shape;
        _batchSize = batchSize;
        _epsilon = epsilon;
        _affine = affine;
        _cores = cores;
        _groupsPerUnit = shape.GroupsPerUnit(oneSamplePerCore: batchSize >= cores);
        _unitsPerSample = (shape.Groups + _groupsPerUnit - 1) / _groupsPerUnit;
    }

    public void Normalize(ReadOnlyMemory<float> input, Memory<float> output)
    {
        bool nonTemporal = output.Length * (long)sizeof(float) >= NonTemporalBytes && !input.Span.Overlaps(output.Span);
        long units = (long)_batchSize * _unitsPerSample;
        if (_cores > 1 && input.Length >= ShortestBatch)
            NormalizeInParallel(input, output, units, nonTemporal);
        else
            Normalize(input.Span, output.Span, 0, units, nonTemporal);
    }

    private void NormalizeInParallel(ReadOnlyMemory<float> input, Memory<float> output, long units, bool nonTemporal)
    {
        var kernel = this;
        var parts = (int)Math.Min(units, Math.Min(_cores * (long)PartsPerCore, input.Length / ShortestPart));
        try
        {
            Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = _cores }, part =>
                kernel.Normalize(input.Span, output.Span, units * part / parts, units * (part + 1) / parts, nonTemporal));
        }
        catch (AggregateException e) when (e.InnerException is InsufficientMemoryException reason)
        {
            ExceptionDispatchInfo.Throw(reason);
        }
    }

    /// <summary>
    /// Normalizes units <paramref name="first"/> to before <paramref name="end"/> of the batch, sample by sample. A unit is
    /// <see cref="SampleShape.GroupsPerUnit"/> groups.
    /// </summary>
    private unsafe void Normalize(ReadOnlySpan<float> input, Span<float> output, long first, long end, bool nonTemporal)
    {
        // Non-temporal stores go to an address, which must not change and must be one of floats.
        fixed (float* pinned = output)
        {
            nonTemporal &= (nuint)pinned % sizeof(float) == 0;
            while (first < end)
            {
                (long sample, long unit) = Math.DivRem(first, _unitsPerSample);
                var units = (int)Math.Min(_unitsPerSample - unit, end - first);
                var start = (int)(sample * _shape.Length);
                int group = (int)unit * _groupsPerUnit;
                GroupNormKernel.NormalizeGroups(input.Slice(start, _shape.Length), output.Slice(start, _shape.Length), _shape,
                    group, (int)Math.Min(_shape.Groups, group + (units * (long)_groupsPerUnit)), _epsilon, _affine, nonTemporal);
                first += units;
            }
        }

        if (nonTemporal)
            CacheLine.Fence();
    }
}
