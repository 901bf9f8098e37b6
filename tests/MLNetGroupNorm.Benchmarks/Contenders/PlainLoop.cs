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

    /// <summary>Normalizes one sample. Optimized at once, so that no race ends before the runtime has compiled it anew.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Normalize(ReadOnlySpan<T> x, Span<T> y, Workload<T> workload)
    {
        var shape = workload.Shape;
        int channels = shape.Channels / shape.Groups, spatial = shape.SpatialSize;

        // A group is one run of values, or a run of its channels in each position.
        bool hasOneRun = workload.Layout == TensorLayout.ChannelsFirst || spatial == 1;
        (int runs, int length) = hasOneRun ? (1, channels * spatial) : (spatial, channels);
        double n = (double)runs * length;
        for (int group = 0; group < shape.Groups; group++)
        {
            int first = group * length;
            double sum = 0;
            for (int run = 0; run < runs; run++)
                for (int start = first + (run * shape.Channels), i = start; i < start + length; i++)
                    sum += double.CreateTruncating(x[i]);
            double mean = sum / n;

            double squares = 0;
            for (int run = 0; run < runs; run++)
                for (int start = first + (run * shape.Channels), i = start; i < start + length; i++)
                {
                    double d = double.CreateTruncating(x[i]) - mean;
                    squares += d * d;
                }

            double inverse = 1 / Math.Sqrt((squares / n) + Sample.Epsilon);
            var weight = workload.Weight.AsSpan(group * channels, channels);
            var bias = workload.Bias.AsSpan(group * channels, channels);
            if (hasOneRun && spatial > 1)
                for (int c = 0; c < channels; c++)
                    for (int start = first + (c * spatial), i = start; i < start + spatial; i++)
                        y[i] = T.CreateTruncating(((double.CreateTruncating(x[i]) - mean) * inverse * weight[c]) + bias[c]);
            else
                for (int run = 0; run < runs; run++)
                    for (int start = first + (run * shape.Channels), c = 0; c < channels; c++)
                        y[start + c] = T.CreateTruncating(
                            ((double.CreateTruncating(x[start + c]) - mean) * inverse * weight[c]) + bias[c]);
        }
    }
}
