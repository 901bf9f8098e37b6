using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Epsilon and the affine parameters of a call: what makes lines y = x · a + b of statistics.
/// </summary>
internal readonly ref struct Parameters(double epsilon, GroupNormAffine? affine)
{
    private readonly ReadOnlySpan<double> _weight = affine is null ? default : affine.WeightLanes;
    private readonly ReadOnlySpan<double> _bias = affine is null ? default : affine.BiasLanes;

    public double Epsilon => epsilon;

    /// <summary>Whether all channels of a group go through one line.</summary>
    public bool AreUniform => _weight.IsEmpty;

    /// <summary>
    /// What every value of a channel becomes where the group's variance is 0 or not a number: the bias where the formula has a
    /// value, NaN where it divides 0 by 0 or meets a value that is not finite.
    /// </summary>
    public float Level(int channel, double variance) => variance == 0 && epsilon > 0 ? (float)Bias(channel) : float.NaN;

    /// <summary>
    /// The lines of <paramref name="count"/> channels from <paramref name="channel"/> on, of groups of
    /// <paramref name="channelsPerGroup"/> from <paramref name="group"/> of the table on. Vectors are written whole: there is
    /// room for one past the last line.
    /// </summary>
    /// <remarks>
    /// A line is (x − μ) / sqrt(σ² + ε) · weight + bias, μ folded into its summand: right to the last bits of a double relative
    /// to the larger of |x · a| and |μ · a|. A group that has no deviation is not for this, but for <see cref="Level"/>.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Lines(in GroupTable table, int group, int channelsPerGroup, int channel, int count, ref double a, ref double b)
    {
        if (channelsPerGroup < Lanes.Count)
        {
            var repetition = new Repetition(channelsPerGroup);
            ref long places = ref repetition.First;
            nuint eight = 0;
            for (int c = 0; c < count; c += Lanes.Count)
            {
                Lines(ref a, ref b, c, channel + c, Repetition.Get(Lanes.Load(ref table.Inverses(group), eight), ref places),
                    Repetition.Get(Lanes.Load(ref table.Means(group), eight), ref places));
                places = ref repetition.Next(ref places, ref eight);
            }

            return;
        }

        for (int end = 0; end < count; group++)
        {
            int c = end;
            end = int.Min(count, end + channelsPerGroup);
            var inverse = Vector512.Create(table.Inverses(group));
            var mean = Vector512.Create(table[group].Mean);
            for (; c < end; c += Lanes.Count)
                Lines(ref a, ref b, c, channel + c, inverse, mean);
        }
    }

    /// <summary>The weights from a channel on, where lines are not uniform.</summary>
    public ref double Weights(int channel) => ref Unsafe.Add(ref MemoryMarshal.GetReference(_weight), channel);

    /// <summary>The biases from a channel on, where lines are not uniform.</summary>
    public ref double Biases(int channel) => ref Unsafe.Add(ref MemoryMarshal.GetReference(_bias), channel);

    public double Weight(int channel) => _weight.IsEmpty ? 1 : _weight[channel];

    public double Bias(int channel) => _bias.IsEmpty ? 0 : _bias[channel];

    /// <summary>The lines of eight channels that follow each other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Lines(int channel, Vector512<double> inverse, Vector512<double> mean, out Vector512<double> a,
        out Vector512<double> b)
    {
        a = AreUniform ? inverse : inverse * Vector512.LoadUnsafe(ref Weights(channel));
        b = (AreUniform ? Vector512<double>.Zero : Vector512.LoadUnsafe(ref Biases(channel))) - (a * mean);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Lines(ref double a, ref double b, int index, int channel, Vector512<double> inverse, Vector512<double> mean)
    {
        Lines(channel, inverse, mean, out var factor, out var summand);
        factor.StoreUnsafe(ref a, (nuint)index);
        summand.StoreUnsafe(ref b, (nuint)index);
    }
}
