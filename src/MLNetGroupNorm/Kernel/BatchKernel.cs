namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Samples laid end to end. What cores take in turn are runs of groups, so many of which stay together, and which may
/// begin and end inside a sample.
/// </summary>
internal sealed class BatchKernel(SampleShape shape, double epsilon, GroupNormAffine? affine, int groupsTogether)
{
    /// <summary>Runs for each core, so that one that is late does not keep the others waiting for long.</summary>
    private const int RunsPerCore = 4;

    /// <summary>Fewer values than this are not worth another core's waking up.</summary>
    public const int ShortestBatch = 2 * ShortestRun;

    private const int ShortestRun = 1 << 14;

    private int UnitsPerSample => (shape.Groups + groupsTogether - 1) / groupsTogether;

    /// <summary>Normalizes <paramref name="batchSize"/> samples on at most so many cores.</summary>
    public void Normalize(ReadOnlyMemory<float> input, Memory<float> output, int batchSize, int cores)
    {
        long units = (long)batchSize * UnitsPerSample;
        var runs = (int)Math.Min(units, Math.Min(cores * (long)RunsPerCore, input.Length / ShortestRun));
        Parallel.For(0, runs, new ParallelOptions { MaxDegreeOfParallelism = cores }, run =>
            Normalize(input.Span, output.Span, units * run / runs, units * (run + 1) / runs));
    }

    /// <summary>
    /// Normalizes units <paramref name="first"/> to before <paramref name="end"/> of the batch, sample by sample.
    /// </summary>
    private void Normalize(ReadOnlySpan<float> input, Span<float> output, long first, long end)
    {
        while (first < end)
        {
            (long sample, long unit) = Math.DivRem(first, UnitsPerSample);
            var units = (int)Math.Min(UnitsPerSample - unit, end - first);
            var start = (int)(sample * shape.Length);
            int group = (int)unit * groupsTogether;
            GroupNormKernel.NormalizeGroups(input.Slice(start, shape.Length), output.Slice(start, shape.Length), shape,
                group, int.Min(shape.Groups, group + (units * groupsTogether)), epsilon, affine);
            first += units;
        }
    }
}
