using MLNetGroupNorm.Benchmarks.Measuring;

namespace MLNetGroupNorm.Benchmarks.Contenders;

/// <summary>Samples of one shape and layout, laid end to end, with a weight and a bias for every channel.</summary>
internal sealed class Workload
{
    /// <param name="shape">The shape of a sample.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="batchSize">The number of samples.</param>
    /// <param name="memory">One of the same size, whose memory to share: what is touched more often stays in the caches.</param>
    public Workload(TensorShape shape, TensorLayout layout, int batchSize, Workload? memory = null)
    {
        Shape = shape;
        Layout = layout;
        BatchSize = batchSize;
        var random = new Random(1);
        Weight = [.. Enumerable.Range(0, shape.Channels).Select(_ => 0.5f + random.NextSingle())];
        Bias = [.. Enumerable.Range(0, shape.Channels).Select(_ => random.NextSingle() - 0.5f)];
        Affine = new GroupNormAffine(Weight, Bias);
        Input = memory?.Input ?? AlignedMemory.Allocate<float>(batchSize * shape.Length);
        Output = memory?.Output ?? AlignedMemory.Allocate<float>(batchSize * shape.Length);
    }

    public TensorShape Shape { get; }

    public TensorLayout Layout { get; }

    public int BatchSize { get; }

    public float[] Weight { get; }

    public float[] Bias { get; }

    public GroupNormAffine Affine { get; }

    public Memory<float> Input { get; }

    /// <summary>All contenders write here, so that none has memory of better luck.</summary>
    public Memory<float> Output { get; }

    /// <summary>Makes every sample of the batch this one.</summary>
    public void Fill(Sample sample)
    {
        float[] values = Layout == TensorLayout.ChannelsFirst ? sample.Values : Shape.ToChannelsLast<float>(sample.Values);
        for (int i = 0; i < BatchSize; i++)
            values.CopyTo(Input.Slice(i * Shape.Length, Shape.Length));
    }

    /// <summary>The largest difference of any value of the output from the exact one; NaN if there is one.</summary>
    public double LargestError(Sample sample, bool hasParameters)
    {
        var output = Output.Span;
        double largest = 0;
        for (int i = 0; i < output.Length; i++)
        {
            int j = i % Shape.Length;
            (int channel, int position) = Layout == TensorLayout.ChannelsFirst
                ? (j / Shape.SpatialSize, j % Shape.SpatialSize)
                : (j % Shape.Channels, j / Shape.Channels);
            double exact = sample.Normalized[(channel * Shape.SpatialSize) + position];
            if (hasParameters)
                exact = (exact * Weight[channel]) + Bias[channel];
            largest = Math.Max(largest, Math.Abs(output[i] - exact));
        }

        return largest;
    }
}
