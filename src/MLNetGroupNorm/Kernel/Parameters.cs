namespace MLNetGroupNorm.Kernel;

/// <summary>Epsilon and the affine parameters of a call: what makes a channel's <see cref="Line"/> of its group's statistics.</summary>
internal readonly ref struct Parameters(double epsilon, GroupNormAffine? affine)
{
    private readonly ReadOnlySpan<float> _weight = affine is null ? default : affine.WeightSpan;
    private readonly ReadOnlySpan<float> _bias = affine is null ? default : affine.BiasSpan;

    public double Epsilon => epsilon;

    /// <summary>Whether all channels of a group go through one line.</summary>
    public bool AreUniform => _weight.IsEmpty && _bias.IsEmpty;

    /// <summary>1 / sqrt(σ² + ε).</summary>
    public double InverseDeviation(double variance) => 1 / Math.Sqrt(variance + epsilon);

    /// <summary>
    /// (x − μ) / sqrt(σ² + ε) · weight + bias as a line, μ folded into its summand: right to the last bits of a double relative to
    /// the larger of |x · a| and |μ · a|. A group that has no deviation is not for this, but for <see cref="Level"/>.
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

    public double Weight(int channel) => _weight.IsEmpty ? 1 : _weight[channel];

    public double Bias(int channel) => _bias.IsEmpty ? 0 : _bias[channel];
}
