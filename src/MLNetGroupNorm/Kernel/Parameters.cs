using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Epsilon and the affine parameters of a call: what makes a channel's <see cref="Line"/> of its group's statistics.
/// </summary>
internal readonly ref struct Parameters(double epsilon, GroupNormAffine? affine)
{
    private readonly ReadOnlySpan<double> _weight = affine is null ? default : affine.WeightLanes;
    private readonly ReadOnlySpan<double> _bias = affine is null ? default : affine.BiasLanes;

    public double Epsilon => epsilon;

    /// <summary>Whether all channels of a group go through one line.</summary>
    public bool AreUniform => _weight.IsEmpty;

    /// <summary>
    /// (x − μ) / sqrt(σ² + ε) · weight + bias as a line, μ folded into its summand: right to the last bits of a double relative
    /// to the larger of |x · a| and |μ · a|. A group that has no deviation is not for this, but for <see cref="Level"/>.
    /// </summary>
    public Line Line(int channel, double mean, double inverseDeviation)
    {
        double a = Weight(channel) * inverseDeviation;
        return new Line(a, Bias(channel) - (mean * a));
    }

    /// <summary>
    /// What every value of a channel becomes where the group's variance is 0 or not a number: the bias where the formula has a
    /// value, NaN where it divides 0 by 0 or meets a value that is not finite.
    /// </summary>
    public float Level(int channel, double variance) => variance == 0 && epsilon > 0 ? (float)Bias(channel) : float.NaN;

    /// <summary>
    /// The same for <paramref name="count"/> channels of one group from <paramref name="channel"/> on. Vectors are written
    /// whole: there is room for one past the last channel.
    /// </summary>
    public void Lines(Span<double> a, Span<double> b, int channel, int count, double mean, double inverseDeviation)
    {
        for (int c = 0; c < count; c += Lanes.Count)
        {
            var factor = Load(_weight, channel + c, 1) * inverseDeviation;
            factor.CopyTo(a[c..]);
            (Load(_bias, channel + c, 0) - (factor * mean)).CopyTo(b[c..]);
        }
    }

    /// <summary>The weights from a channel on, where lines are not uniform.</summary>
    public ref double Weights(int channel) => ref MemoryMarshal.GetReference(_weight[channel..]);

    /// <summary>The biases from a channel on, where lines are not uniform.</summary>
    public ref double Biases(int channel) => ref MemoryMarshal.GetReference(_bias[channel..]);

    public double Weight(int channel) => _weight.IsEmpty ? 1 : _weight[channel];

    public double Bias(int channel) => _bias.IsEmpty ? 0 : _bias[channel];

    /// <summary>Eight parameters from <paramref name="channel"/> on; past the last channel, zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Load(ReadOnlySpan<double> parameters, int channel, double absent) =>
        parameters.IsEmpty ? Vector512.Create(absent) : Vector512.Create(parameters[channel..]);
}
