using MLNetGroupNorm.Kernel;

namespace MLNetGroupNorm;

/// <summary>
/// The affine parameters of a group normalization, one of each per channel: <c>y = x̂ · weight + bias</c>, where <c>x̂</c> is the
/// normalized value. Immutable; arrays given are copied.
/// </summary>
/// <remarks>
/// Other libraries call the weight scale or gamma (γ), and the bias offset, shift or beta (β). An absent weight stands for
/// ones and an absent bias for zeros.
/// </remarks>
public sealed partial class GroupNormAffine
{
    private readonly float[]? _weight;
    private readonly float[]? _bias;
    private readonly ReadOnlyMemory<double> _weightDoubles;
    private readonly ReadOnlyMemory<double> _biasDoubles;

    /// <summary>Takes trained parameters. The arrays are copied.</summary>
    /// <param name="weight">One finite factor per channel, or <see langword="null"/> for ones.</param>
    /// <param name="bias">One finite summand per channel, or <see langword="null"/> for zeros.</param>
    /// <exception cref="ArgumentException">
    /// Both are <see langword="null"/>; one is empty; their lengths differ; or a value is NaN or infinite.
    /// </exception>
    public GroupNormAffine(float[]? weight, float[]? bias)
    {
        if (weight is null && bias is null)
            throw Error.Argument(nameof(weight), "Both weight and bias are absent. Give at least one of them, "
                + "or no affine at all for a normalization without parameters.");
        CheckParameters(weight, nameof(weight));
        CheckParameters(bias, nameof(bias));
        if (weight is not null && bias is not null && weight.Length != bias.Length)
            throw Error.Argument(nameof(bias), $"weight has {weight.Length} values and bias has {bias.Length}. "
                + "Both hold one value per channel, so their lengths must be equal.");

        _weight = weight is null ? null : [.. weight];
        _bias = bias is null ? null : [.. bias];
        Weight = _weight?.AsReadOnly();
        Bias = _bias?.AsReadOnly();
        NumberOfChannels = (_weight ?? _bias)!.Length;
        HasBiasOfMinusZero = bias is not null && Array.Exists(bias, value => value == 0 && float.IsNegative(value));
        _weightDoubles = Parameters.Widen(_weight, NumberOfChannels, absent: 1);
        _biasDoubles = Parameters.Widen(_bias, NumberOfChannels, absent: 0);
    }

    /// <summary>The number of channels C that the parameters are for; at least 1.</summary>
    public int NumberOfChannels { get; }

    /// <summary>One factor per channel, or <see langword="null"/> where absent (ones).</summary>
    public IReadOnlyList<float>? Weight { get; }

    /// <summary>One summand per channel, or <see langword="null"/> where absent (zeros).</summary>
    public IReadOnlyList<float>? Bias { get; }

    /// <summary>The weight, empty where absent.</summary>
    internal ReadOnlySpan<float> WeightSpan => _weight;

    /// <summary>The bias, empty where absent.</summary>
    internal ReadOnlySpan<float> BiasSpan => _bias;

    /// <summary>The weight as the kernel reads it, ones where it is absent.</summary>
    internal ReadOnlySpan<double> WeightDoubles => _weightDoubles.Span;

    /// <summary>The bias as the kernel reads it, zeros where it is absent.</summary>
    internal ReadOnlySpan<double> BiasDoubles => _biasDoubles.Span;

    /// <summary>Whether a bias is −0, to which no sum but −0 + −0 comes.</summary>
    internal bool HasBiasOfMinusZero { get; }

    /// <summary>Weights of one and biases of zero: what an untrained layer with affine parameters starts from.</summary>
    /// <param name="numberOfChannels">The number of channels; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="numberOfChannels"/> is less than 1.</exception>
    public static GroupNormAffine Identity(int numberOfChannels)
    {
        if (numberOfChannels < 1)
            throw Error.OutOfRange(nameof(numberOfChannels), numberOfChannels, "It must be at least 1.");
        var weight = new float[numberOfChannels];
        Array.Fill(weight, 1f);
        return new GroupNormAffine(weight, new float[numberOfChannels]);
    }

    private static void CheckParameters(float[]? values, string name)
    {
        if (values is null)
            return;
        if (values.Length == 0)
            throw Error.Argument(name, $"{name} is empty. It holds one value per channel; pass null to leave it out.");
        int bad = Array.FindIndex(values, value => !float.IsFinite(value));
        if (bad >= 0)
            throw Error.Argument(name, $"{name}[{bad}] is {values[bad]}. Every value must be finite.");
    }
}
