using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>Epsilon, weight and bias of a call, and what they make of a group's statistics.</summary>
internal readonly ref struct Parameters(double epsilon, GroupNormAffine? affine)
{
    private readonly ReadOnlySpan<double> _weight = affine is null ? default : affine.WeightDoubles;
    private readonly ReadOnlySpan<double> _bias = affine is null ? default : affine.BiasDoubles;

    public double Epsilon => epsilon;

    public bool HasAffine => !_weight.IsEmpty;

    /// <summary>
    /// Parameters of channels as the kernel reads them: in double, at the start of a cache line, pinned, with zeros for a vector after
    /// the last, so that a vector may be loaded at every channel.
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
    /// What every value of a channel becomes where the group's variance is 0 or NaN: the bias where the formula has a value, NaN
    /// where it divides 0 by 0 or meets a value that is not finite.
    /// </summary>
    public double ConstantResult(int channel, double variance)
    {
        if (variance != 0 || epsilon == 0)
            return double.NaN;
        return HasAffine ? _bias[channel] : 0;
    }

    /// <summary>Whether a scale of 0, and the bias as offset, make that result of every value.</summary>
    public bool ScalesConstants(double variance) =>
        variance == 0 && epsilon > 0 && (affine is null || !affine.HasBiasOfMinusZero);

    /// <summary>
    /// Scale and offset of <paramref name="count"/> channels from <paramref name="channel"/> on, of the first groups of a table, each
    /// of <paramref name="channelsPerGroup"/>, or of a part of the first group. y = d · scale + offset is
    /// (d − μ) / sqrt(σ² + ε) · weight + bias, where <paramref name="bias"/> is that of all channels where there is no affine: 0, or −0,
    /// which keeps the sign of a result of 0.
    /// </summary>
    /// <remarks>
    /// Right to the last bits of a double relative to the larger of |d · scale| and |μ · scale|. Of no use for a group without
    /// variance: see <see cref="ConstantResult"/>.
    /// </remarks>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public void ScaleChannels<T, TLanes>(in GroupTable table, int channelsPerGroup, int channel, int count, in ScaleTable scales,
        double bias = 0)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        int times = int.Min(channelsPerGroup, count);
        ref double inverses = ref table.Inverses(0), means = ref table.Means(0);
        if (times > 1)
        {
            Lanes.Repeat<TLanes>(ref inverses, count / times, times, ref scales.Scales);
            Lanes.Repeat<TLanes>(ref means, count / times, times, ref scales.Offsets);
            inverses = ref scales.Scales;
            means = ref scales.Offsets;
        }

        if (typeof(T) == typeof(double))
        {
            Lanes.Repeat<TLanes>(ref table.Units(0), count / times, times, ref scales.Units);
            Lanes.Repeat<TLanes>(ref table.Shifts(0), count / times, times, ref scales.NegativeShifts);
        }

        var biases = TLanes.Create(bias);
        for (nuint c = 0; c < (nuint)count; c += Lanes.Count)
        {
            var scale = TLanes.Load(ref inverses, c);
            if (HasAffine)
            {
                scale *= TLanes.Load(ref Weights(channel), c);
                biases = TLanes.Load(ref Biases(channel), c);
            }

            TLanes.Store(scale, ref scales.Scales, c);
            TLanes.Store(biases - (scale * TLanes.Load(ref means, c)), ref scales.Offsets, c);
            if (typeof(T) == typeof(double))
                TLanes.Store(-TLanes.Load(ref scales.NegativeShifts, c), ref scales.NegativeShifts, c);
        }
    }
}
