using System.Numerics;
using MLNetGroupNorm.Benchmarks.Measuring;

namespace MLNetGroupNorm.Benchmarks.Contenders;

/// <summary>Samples of one shape and layout, laid end to end, with a weight and a bias for every channel.</summary>
internal sealed class Workload<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <param name="shape">The shape of a sample.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="batchSize">The number of samples.</param>
    /// <param name="memory">One of the same size, whose memory to share: what is touched more often stays in the caches.</param>
    public Workload(TensorShape shape, TensorLayout layout, int batchSize, Workload<T>? memory = null)
    {
        Shape = shape;
        Layout = layout;
        BatchSize = batchSize;
        var random = new Random(1);
        Weight = [.. Enumerable.Range(0, shape.Channels).Select(_ => 0.5f + random.NextSingle())];
        Bias = [.. Enumerable.Range(0, shape.Channels).Select(_ => random.NextSingle() - 0.5f)];
        Affine = new GroupNormAffine(Weight, Bias);
        Input = memory?.Input ?? AlignedMemory.Allocate<T>(batchSize * shape.Length);
        Output = memory?.Output ?? AlignedMemory.Allocate<T>(batchSize * shape.Length);
    }

    public TensorShape Shape { get; }

    public TensorLayout Layout { get; }

    public int BatchSize { get; }

    public float[] Weight { get; }

    public float[] Bias { get; }

    public GroupNormAffine Affine { get; }

    public Memory<T> Input { get; }

    /// <summary>All contenders write here, so that none has memory of better luck.</summary>
    public Memory<T> Output { get; }

    /// <summary>Makes every sample of the batch this one.</summary>
    public void Fill(Sample sample)
    {
        T[] values = Array.ConvertAll(sample.Values, T.CreateTruncating);
        if (Layout == TensorLayout.ChannelsLast)
            values = Shape.ToChannelsLast<T>(values);
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
            largest = Math.Max(largest, Math.Abs(double.CreateTruncating(output[i]) - exact));
        }

        return largest;
    }
}
