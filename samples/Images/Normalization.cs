using Microsoft.ML;

namespace MLNetGroupNorm.Samples.Images;

/// <summary>What stands between pixels and classifier: a column <c>Features</c> made of the column <c>Pixels</c>.</summary>
public sealed record Normalization(string Name, Func<MLContext, IEstimator<ITransformer>> Create)
{
    /// <summary>4 strips of 7 rows: more follow a gradient more closely, and have less of the digit in each.</summary>
    public const int Strips = 4;

    /// <summary>A strip that varies by less than about 8 of 255 levels is mostly paper: it stays flat.</summary>
    public const double Epsilon = 1e-3;

    public static Normalization None { get; } = new("raw pixels", mlContext => mlContext.Transforms
        .CopyColumns("Features", "Pixels"));

    public static Normalization MeanVariance { get; } = new("NormalizeMeanVariance", mlContext => mlContext.Transforms
        .NormalizeMeanVariance("Features", "Pixels", fixZero: false));

    public static Normalization GlobalContrast { get; } = new("NormalizeGlobalContrast", mlContext => mlContext.Transforms
        .NormalizeGlobalContrast("Features", "Pixels", ensureZeroMean: true, ensureUnitStandardDeviation: true));

    /// <summary>
    /// The first dimension of the pixels, their row, is taken for the channel, so that a group of channels is a strip across
    /// the picture: each strip is brought to mean 0 and variance 1 on its own.
    /// </summary>
    public static Normalization Group { get; } = new("GroupNormalize", mlContext => mlContext.Transforms
        .GroupNormalize("Features", Strips, "Pixels", epsilon: Epsilon));

    public static IReadOnlyList<Normalization> All { get; } = [None, MeanVariance, GlobalContrast, Group];
}
