namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Samples laid end to end. What cores take in turn are runs of groups, so many of which stay together, and which may
/// begin and end inside a sample.
/// </summary>
internal readonly struct BatchKernel(SampleShape shape, double epsilon, GroupNormAffine? affine, int groupsTogether)
{
    /// <summary>Runs for each core, so that one that is late does not keep the others waiting for long.</summary>
    private const int RunsPerCore = 4;

    /// <summary>Fewer values than this are not worth another core's waking up.</summary>
    private const int ShortestBatch = 2 * ShortestRun;

    private const int ShortestRun = 1 << 14;

    /// <summary>Results of so many bytes drive each other out of a core's own caches before anyone reads them.</summary>
    private const long PastCaches = 8 << 20;

    private int UnitsPerSample => (shape.Groups + groupsTogether - 1) / groupsTogether;

    /// <summary>Normalizes <paramref name="batchSize"/> samples on at most so many cores.</summary>
    public void Normalize(ReadOnlyMemory<float> input, Memory<float> output, int batchSize, int cores)
    {
        bool pastCaches = output.Length * (long)sizeof(float) >= PastCaches && !input.Span.Overlaps(output.Span);
        long units = (long)batchSize * UnitsPerSample;
        if (cores > 1 && input.Length >= ShortestBatch)
            NormalizeRuns(input, output, units, cores, pastCaches);
        else
            Normalize(input.Span, output.Span, 0, units, pastCaches);
    }

    private void NormalizeRuns(ReadOnlyMemory<float> input, Memory<float> output, long units, int cores, bool pastCaches)
    {
        var kernel = this;
        var runs = (int)Math.Min(units, Math.Min(cores * (long)RunsPerCore, input.Length / ShortestRun));
        Parallel.For(0, runs, new ParallelOptions { MaxDegreeOfParallelism = cores }, run =>
            kernel.Normalize(input.Span, output.Span, units * run / runs, units * (run + 1) / runs, pastCaches));
    }

    /// <summary>
    /// Normalizes units <paramref name="first"/> to before <paramref name="end"/> of the batch, sample by sample.
    /// </summary>
    private unsafe void Normalize(ReadOnlySpan<float> input, Span<float> output, long first, long end, bool pastCaches)
    {
        // What is stored past the caches is stored by address, which must not change and must be one of floats.
        fixed (float* pinned = output)
        {
            pastCaches &= (nuint)pinned % sizeof(float) == 0;
            while (first < end)
            {
                (long sample, long unit) = Math.DivRem(first, UnitsPerSample);
                var units = (int)Math.Min(UnitsPerSample - unit, end - first);
                var start = (int)(sample * shape.Length);
                int group = (int)unit * groupsTogether;
                GroupNormKernel.NormalizeGroups(input.Slice(start, shape.Length), output.Slice(start, shape.Length), shape,
                    group, int.Min(shape.Groups, group + (units * groupsTogether)), epsilon, affine, pastCaches);
                first += units;
            }
        }

        if (pastCaches)
            CacheLine.Fence();
    }
}
