using System.Numerics;
using System.Runtime.CompilerServices;

namespace MLNetGroupNorm.Benchmarks.Contenders;

/// <summary>What a user would write who knows to sum in double: mean, variance, result, each in a loop of its own.</summary>
internal sealed class PlainLoop<T>(Workload<T> workload) : Contender<T>(workload)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    public override void Run()
    {
        int length = Workload.Shape.Length;
        for (int start = 0; start < Workload.Input.Length; start += length)
            Normalize(Workload.Input.Span.Slice(start, length), Workload.Output.Span.Slice(start, length), Workload);
    }

    /// <summary>Normalizes one sample.</summary>
    public static void Normalize(ReadOnlySpan<T> x, Span<T> y, Workload<T> workload)
    {
        var shape = workload.Shape;
        int channels = shape.Channels / shape.Groups, spatial = shape.SpatialSize;

        // A group is one run of values, or a run of its channels in each position.
        bool hasOneRun = workload.Layout == TensorLayout.ChannelsFirst || spatial == 1;
        (int runs, int length) = hasOneRun ? (1, channels * spatial) : (spatial, channels);
        for (int group = 0; group < shape.Groups; group++)
        {
            int first = group * length;
            double mean = Sum(x, first, runs, shape.Channels, length) / shape.GroupLength;
            double variance = SumOfSquares(x, first, runs, shape.Channels, length, mean) / shape.GroupLength;
            double inverse = 1 / Math.Sqrt(variance + Sample.Epsilon);
            var weight = workload.Weight.AsSpan(group * channels, channels);
            var bias = workload.Bias.AsSpan(group * channels, channels);
            if (hasOneRun && spatial > 1)
                ScaleChannels(x, y, first, spatial, mean, inverse, weight, bias);
            else
                ScalePositions(x, y, first, runs, shape.Channels, mean, inverse, weight, bias);
        }
    }

    // Each loop is a method of its own, optimized at once: so the compiler keeps its sums in registers.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum(ReadOnlySpan<T> x, int first, int runs, int stride, int length)
    {
        double sum = 0;
        for (int run = 0; run < runs; run++, first += stride)
            for (int i = first; i < first + length; i++)
                sum += double.CreateTruncating(x[i]);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double SumOfSquares(ReadOnlySpan<T> x, int first, int runs, int stride, int length, double mean)
    {
        double sum = 0;
        for (int run = 0; run < runs; run++, first += stride)
            for (int i = first; i < first + length; i++)
            {
                double d = double.CreateTruncating(x[i]) - mean;
                sum += d * d;
            }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScaleChannels(ReadOnlySpan<T> x, Span<T> y, int first, int spatial, double mean, double inverse,
        ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        for (int c = 0; c < weight.Length; c++, first += spatial)
        {
            double scale = inverse * weight[c], offset = bias[c];
            for (int i = first; i < first + spatial; i++)
                y[i] = T.CreateTruncating(((double.CreateTruncating(x[i]) - mean) * scale) + offset);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void ScalePositions(ReadOnlySpan<T> x, Span<T> y, int first, int positions, int stride, double mean, double inverse,
        ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        for (int position = 0; position < positions; position++, first += stride)
            for (int c = 0; c < weight.Length; c++)
                y[first + c] = T.CreateTruncating(((double.CreateTruncating(x[first + c]) - mean) * inverse * weight[c]) + bias[c]);
    }
}
