using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>One sample in, one sample out, on spans that the caller has checked.</summary>
internal static class GroupNormKernel
{
    public static void Normalize(ReadOnlySpan<float> input, Span<float> output, in SampleShape shape, double epsilon,
        GroupNormAffine? affine) => NormalizeGroups(input, output, shape, 0, shape.Groups, epsilon, affine);

    public static void Normalize(ReadOnlySpan<byte> input, Span<float> output, in SampleShape shape, double epsilon,
        GroupNormAffine? affine) => NormalizeGroups(input, output, shape, 0, shape.Groups, epsilon, affine);

    public static void Normalize(ReadOnlySpan<double> input, Span<double> output, in SampleShape shape, double epsilon,
        GroupNormAffine? affine) => DoubleKernel.Normalize(input, output, shape, new Parameters(epsilon, affine));

    /// <summary>
    /// Normalizes groups <paramref name="first"/> to before <paramref name="end"/> of one sample and leaves the others alone. The
    /// bits of a group do not depend on which others are asked for. Results may go <paramref name="pastCaches"/> where they
    /// are pinned and no input.
    /// </summary>
    public static void NormalizeGroups<T>(ReadOnlySpan<T> input, Span<float> output, in SampleShape shape, int first, int end,
        double epsilon, GroupNormAffine? affine, bool pastCaches = false)
        where T : unmanaged
    {
        if (input.IsEmpty)
            return;
        ref T x = ref MemoryMarshal.GetReference(input);
        ref float y = ref MemoryMarshal.GetReference(output);
        var parameters = new Parameters(epsilon, affine);
        if (SmallGroups.Fit(shape))
            first = new SmallGroups(shape, parameters, pastCaches).Normalize(ref x, ref y, first, end);
        if (first == end)
            return;
        if (shape.Layout == TensorLayout.ChannelsFirst || shape.SpatialSize == 1)
            ChannelsFirst.Normalize(ref x, ref y, shape, first, end, parameters);
        else
            ChannelsLast.Normalize(ref x, ref y, shape, first, end, parameters, pastCaches);
    }

    /// <summary>
    /// Groups that are to be asked for together, from a multiple of their number on. Of rows that are shared: all of them where
    /// rows are folded or there is <paramref name="aSampleForEachCore"/>, as rows are best read whole, and else as many as fill
    /// lines of the cache.
    /// </summary>
    public static int GroupsTogether(in SampleShape shape, bool aSampleForEachCore)
    {
        if (shape.Layout == TensorLayout.ChannelsFirst || shape.SpatialSize == 1)
            return 1;
        return ChannelsLast.CanSplit(shape) && !aSampleForEachCore
            ? int.Min(shape.Groups, ChannelsLast.SmallestPart(shape.ChannelsPerGroup))
            : shape.Groups;
    }

    /// <summary>Normalizes samples that lie end to end, on at most so many cores.</summary>
    public static void NormalizeBatch(ReadOnlyMemory<float> input, Memory<float> output, int batchSize, SampleShape shape,
        double epsilon, GroupNormAffine? affine, int cores)
    {
        if (input.IsEmpty)
            return;
        int together = GroupsTogether(shape, aSampleForEachCore: batchSize >= cores);
        new BatchKernel(shape, epsilon, affine, together).Normalize(input, output, batchSize, cores);
    }
}
