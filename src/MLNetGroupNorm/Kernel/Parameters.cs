using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>Epsilon, weight and bias of a call, and what they make of a group's statistics.</summary>
internal readonly ref struct Parameters(double epsilon, GroupNormAffine? affine)
{
    private readonly ReadOnlySpan<double> _weight = affine is null ? default : affine.WeightDoubles;
    private readonly ReadOnlySpan<double> _bias = affine is null ? default : affine.BiasDoubles;

    public double Epsilon => epsilon;

    public bool HasAffine => !_weight.IsEmpty;

    /// <summary>
    /// Weights or biases as the kernel reads them: doubles, pinned at the start of a cache line, and four zeros at the end, so that a
    /// vector can be loaded at every channel.
    /// </summary>
    public static ReadOnlyMemory<double> Widen(float[]? values, int count, double absent)
    {
        var doubles = CacheLine.Allocate(count + Lanes.Count);
        for (int i = 0; i < count; i++)
            doubles.Span[i] = values is null ? absent : values[i];
        return doubles;
    }

    /// <summary>The weights from a channel on, where there are weights.</summary>
    public ref double Weights(int channel) => ref Unsafe.Add(ref MemoryMarshal.GetReference(_weight), channel);

    /// <summary>The biases from a channel on, where there are biases.</summary>
    public ref double Biases(int channel) => ref Unsafe.Add(ref MemoryMarshal.GetReference(_bias), channel);

    /// <summary>
    /// Whether a scale of 0 and the bias as offset give the result where a variance is 0. They do not where epsilon is 0 (NaN) or a bias is −0
    /// (it becomes +0).
    /// </summary>
    public bool BiasIsConstantResult { get; } = epsilon > 0 && affine is not { HasBiasOfMinusZero: true };

    /// <summary>
    /// Fills those of <paramref name="count"/> groups from <paramref name="first"/> on whose variance is 0 or NaN: with the bias of each channel
    /// where the formula has a value, with NaN where it divides 0 by 0 or meets a value that is not finite.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void FillConstants<TResult>(ref TResult y, in SampleShape shape, int first, int count, in GroupTable table)
        where TResult : unmanaged
    {
        nuint channels = (nuint)shape.ChannelsPerGroup, positions = (nuint)shape.SpatialSize;
        (nuint channelStep, nuint positionStep) = shape.HasGroupsInRuns ? (positions, (nuint)1) : (1, (nuint)shape.Channels);
        for (int group = 0; group < count; group++)
            for (nuint c = 0; c < channels && !(table.Variances(group) > 0); c++)
            {
                nuint channel = ((nuint)group * channels) + c;
                double bias = HasAffine ? Unsafe.Add(ref Biases(first * (int)channels), channel) : 0;
                double result = table.Variances(group) == 0 && epsilon > 0 ? bias : double.NaN;
                for (nuint position = 0; position < positions; position++)
                    Lanes.StoreScalar(result, ref y, (channel * channelStep) + (position * positionStep));
            }
    }

    /// <summary>
    /// Writes scale and offset of <paramref name="count"/> channels from <paramref name="channel"/> on: of the first groups of a table, each
    /// of <paramref name="channelsPerGroup"/>, or of one part of the first group. y = d · scale + offset is
    /// (d − μ) / sqrt(σ² + ε) · weight + bias. Without an affine, <paramref name="bias"/> is that of all channels: 0, or −0, which keeps
    /// the sign of a result of 0.
    /// </summary>
    /// <remarks>
    /// Right to the last bits of a double relative to the larger of |d · scale| and |μ · scale|. Of a group whose variance is 0 or NaN see
    /// <see cref="GroupTable.Finish"/>.
    /// </remarks>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public void ScaleChannels<T>(in GroupTable table, int channelsPerGroup, int channel, int count, ScaleTable scales,
        double bias = 0)
    {
        int times = int.Min(channelsPerGroup, count);
        ref double inverses = ref table.Inverses(0), means = ref table.Means(0);
        if (times > 1)
        {
            Lanes.Repeat(ref inverses, count / times, times, ref scales.Scales);
            Lanes.Repeat(ref means, count / times, times, ref scales.Offsets);
            inverses = ref scales.Scales;
            means = ref scales.Offsets;
        }

        if (typeof(T) == typeof(double))
        {
            Lanes.Repeat(ref table.Units(0), count / times, times, ref scales.Units);
            Lanes.Repeat(ref table.Shifts(0), count / times, times, ref scales.Shifts);
        }

        var biases = Vector256.Create(bias);
        for (nuint c = 0; c < (nuint)count; c += Lanes.Count)
        {
            var scale = Lanes.Load(ref inverses, c);
            if (HasAffine)
            {
                scale *= Lanes.Load(ref Weights(channel), c);
                biases = Lanes.Load(ref Biases(channel), c);
            }

            Lanes.Store(scale, ref scales.Scales, c);
            Lanes.Store(biases - (scale * Lanes.Load(ref means, c)), ref scales.Offsets, c);
        }
    }
}
