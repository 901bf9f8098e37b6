using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>One sample in, one sample out, on spans that the caller has checked.</summary>
/// <remarks>
/// The kernel's loops are compiled with full optimization at once (AggressiveOptimization): otherwise the runtime would run its
/// first, unoptimized code, some ten times as slow, until a method has been called often enough.
/// </remarks>
internal static class GroupNormKernel
{
    /// <summary>Normalizes all groups: floats or bytes to floats, or doubles to doubles.</summary>
    public static void Normalize<T, TResult>(ReadOnlySpan<T> input, Span<TResult> output, in SampleShape shape, double epsilon,
        GroupNormAffine? affine)
        where T : unmanaged
        where TResult : unmanaged => NormalizeGroups(input, output, shape, 0, shape.Groups, epsilon, affine);

    /// <summary>
    /// Normalizes groups <paramref name="first"/> to before <paramref name="end"/> of one sample and leaves the others alone. The
    /// bits of a group do not depend on which others are asked for. <paramref name="nonTemporal"/> requires float results in pinned
    /// memory that does not overlap the input. Channels last, first and end are multiples of <see cref="SampleShape.GroupsPerUnit"/>, or end
    /// is the number of groups.
    /// </summary>
    public static void NormalizeGroups<T, TResult>(ReadOnlySpan<T> input, Span<TResult> output, in SampleShape shape, int first,
        int end, double epsilon, GroupNormAffine? affine, bool nonTemporal = false)
        where T : unmanaged
        where TResult : unmanaged
    {
        if (input.IsEmpty)
            return;
        ref T x = ref MemoryMarshal.GetReference(input);
        ref TResult y = ref MemoryMarshal.GetReference(output);
        var parameters = new Parameters(epsilon, affine);
        if (shape.HasGroupsInRuns)
            ChannelsFirst<T, TResult>.Normalize(ref x, ref y, shape, first, end, parameters);
        else
            ChannelsLast<T, TResult>.Normalize(ref x, ref y, shape, first, end, parameters, nonTemporal);
    }
}
