namespace MLNetGroupNorm;

#pragma warning disable RS0026 // The two overloads of Normalize differ in their element type, which no optional argument can blur.

/// <summary>Group normalization of values in memory, with no pipeline around it.</summary>
public static class GroupNormalization
{
    /// <summary>Normalizes one sample.</summary>
    public static void Normalize(ReadOnlySpan<float> input, Span<float> output, int numberOfChannels, int numberOfGroups,
        double epsilon = 1e-5, GroupNormAffine? affine = null, TensorLayout layout = TensorLayout.ChannelsFirst) =>
        throw new NotImplementedException();

    /// <summary>Normalizes one sample.</summary>
    public static void Normalize(ReadOnlySpan<double> input, Span<double> output, int numberOfChannels, int numberOfGroups,
        double epsilon = 1e-5, GroupNormAffine? affine = null, TensorLayout layout = TensorLayout.ChannelsFirst) =>
        throw new NotImplementedException();

    /// <summary>Normalizes samples laid end to end.</summary>
    public static void NormalizeBatch(ReadOnlyMemory<float> input, Memory<float> output, int batchSize,
        int numberOfChannels, int numberOfGroups, double epsilon = 1e-5, GroupNormAffine? affine = null,
        TensorLayout layout = TensorLayout.ChannelsFirst, int maxDegreeOfParallelism = -1) =>
        throw new NotImplementedException();
}
