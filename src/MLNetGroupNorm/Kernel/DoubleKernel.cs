using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Samples of double, where a double is no wider than the data: sums keep what they round off, and deviations from the
/// mean are taken before they are scaled.
/// </summary>
internal static class DoubleKernel
{
    /// <summary>Normalizes one sample of (C, spatial) or (spatial, C) values.</summary>
    public static void Normalize(ReadOnlySpan<double> x, Span<double> y, in SampleShape shape, Parameters parameters)
    {
        if (shape.Layout == TensorLayout.ChannelsFirst)
            for (int g = 0, length = shape.GroupLength; g < shape.Groups; g++)
                NormalizeGroup(x.Slice(g * length, length), y.Slice(g * length, length), shape, g, parameters);
        else
            NormalizeChannelsLast(x, y, shape, parameters);
    }

    /// <summary>Each group is copied to channels first and back.</summary>
    private static void NormalizeChannelsLast(ReadOnlySpan<double> x, Span<double> y, in SampleShape shape, Parameters parameters)
    {
        using var memory = new Scratch(shape.GroupLength);
        var group = memory.Values;
        for (int g = 0; g < shape.Groups; g++)
        {
            int channels = shape.ChannelsPerGroup;
            int first = g * channels;
            for (int p = 0; p < shape.SpatialSize; p++)
                for (int c = 0; c < channels; c++)
                    group[(c * shape.SpatialSize) + p] = x[(p * shape.Channels) + first + c];
            NormalizeGroup(group, group, shape, g, parameters);
            for (int p = 0; p < shape.SpatialSize; p++)
                for (int c = 0; c < channels; c++)
                    y[(p * shape.Channels) + first + c] = group[(c * shape.SpatialSize) + p];
        }
    }

    /// <summary>One group of (C/G, spatial) values.</summary>
    private static void NormalizeGroup(ReadOnlySpan<double> x, Span<double> y, in SampleShape shape, int group,
        Parameters parameters)
    {
        var statistics = CompensatedStatistics.Of(ref MemoryMarshal.GetReference(x), (nuint)x.Length, parameters.Epsilon);
        double scale = statistics.Scale;
        double deviation = Math.Sqrt(statistics.Variance + (parameters.Epsilon * scale * scale));
        for (int c = 0; c < shape.ChannelsPerGroup; c++)
        {
            int channel = (group * shape.ChannelsPerGroup) + c;
            int start = c * shape.SpatialSize;
            if (statistics.Variance > 0)
                Apply(x.Slice(start, shape.SpatialSize), y[start..], statistics, parameters.Weight(channel) / deviation,
                    parameters.Bias(channel));
            else
                y.Slice(start, shape.SpatialSize).Fill(parameters.Level(channel, statistics.Variance));
        }
    }

    /// <summary>y = (x · scale − μ) · a + bias for the values of one channel.</summary>
    private static void Apply(ReadOnlySpan<double> x, Span<double> y, CompensatedStatistics statistics, double a, double bias)
    {
        ref double first = ref MemoryMarshal.GetReference(x);
        ref double result = ref MemoryMarshal.GetReference(y);
        var length = (nuint)x.Length;
        nuint tail = length % Lanes.Count;

        for (nuint i = 0; i + Lanes.Count <= length; i += Lanes.Count)
            Line(Lanes.Load(ref first, i), statistics, a, bias).StoreUnsafe(ref result, i);
        for (nuint i = length - tail; i < length; i++)
            Unsafe.Add(ref result, i) = Line(Unsafe.Add(ref first, i), statistics, a, bias);
    }

    private static double Line(double x, CompensatedStatistics statistics, double a, double bias)
    {
        var deviation = new Compensated(x * statistics.Scale, 0) + -statistics.Mean.High;
        double low = deviation.Low - statistics.Mean.Low;
        return Math.FusedMultiplyAdd(deviation.High, a, Math.FusedMultiplyAdd(low, a, bias));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Line(Vector512<double> x, CompensatedStatistics statistics, double a, double bias)
    {
        var (high, low) = CompensatedStatistics.Deviations(x, statistics.Scale, statistics.Mean);
        var factor = Vector512.Create(a);
        return Lanes.FusedMultiplyAdd(high, factor, Lanes.FusedMultiplyAdd(low, factor, Vector512.Create(bias)));
    }
}
