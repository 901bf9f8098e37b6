namespace MLNetGroupNorm.Kernel;

/// <summary>One sample in, one sample out, on spans that the caller has checked.</summary>
internal static class GroupNormKernel
{
    public static void Normalize(ReadOnlySpan<float> input, Span<float> output, in SampleShape shape, double epsilon,
        GroupNormAffine? affine) => throw new NotImplementedException();

    public static void Normalize(ReadOnlySpan<byte> input, Span<float> output, in SampleShape shape, double epsilon,
        GroupNormAffine? affine) => throw new NotImplementedException();

    public static void Normalize(ReadOnlySpan<double> input, Span<double> output, in SampleShape shape, double epsilon,
        GroupNormAffine? affine) => throw new NotImplementedException();
}
