namespace MLNetGroupNorm.Tests.Reference;

/// <summary>Holds results of a kernel against the exact ones and the promise of accuracy.</summary>
internal static class Accuracy
{
    /// <summary>
    /// The promise for Single (GroupNormalization's remarks): half an ulp is the rounding of the result itself.
    /// </summary>
    public const double SingleUlps = 0.51;

    /// <summary>The promise for Double, while |mean| is at most 1e8 deviations.</summary>
    public const double DoubleUlps = 4;

    /// <summary>The share of (|x| + |μ|) · |a| + |bias| that may be lost where these cancel; the same remarks.</summary>
    public const double CancellationShare = 1e-15;

    /// <summary>The most values of a group that are compared, spread over it; every value counts in its statistics.</summary>
    private const int MostCompared = 100;

    public static void AssertSingle(IReadOnlyList<double> x, ReadOnlySpan<float> y, int channels, int groups, double epsilon,
        GroupNormAffine? affine, TensorLayout layout)
    {
        var results = new double[y.Length];
        for (int i = 0; i < y.Length; i++)
            results[i] = y[i];
        Assert.All(Excesses(x, results, channels, groups, epsilon, affine, layout, SingleUlps, Ulp.OfSingle, v => (float)v),
            excess => Assert.Null(excess));
    }

    public static void AssertDouble(IReadOnlyList<double> x, ReadOnlySpan<double> y, int channels, int groups, double epsilon,
        GroupNormAffine? affine, TensorLayout layout) =>
        Assert.All(Excesses(x, y.ToArray(), channels, groups, epsilon, affine, layout, DoubleUlps, Ulp.OfDouble, v => v),
            excess => Assert.Null(excess));

    /// <summary>A sentence for each group that breaks the promise, null for each that keeps it.</summary>
    private static IEnumerable<string?> Excesses(IReadOnlyList<double> x, double[] y, int channels, int groups, double epsilon,
        GroupNormAffine? affine, TensorLayout layout, double ulps, Func<Dyadic, double> ulp, Func<double, double> round)
    {
        int spatial = x.Count / channels;
        int ChannelOf(int i) => layout == TensorLayout.ChannelsFirst ? i / spatial : i % channels;
        foreach (var members in Enumerable.Range(0, x.Count).GroupBy(i => ChannelOf(i) / (channels / groups)))
        {
            int[] indices = [.. members];
            var exact = new ExactReference([.. indices.Select(i => x[i])], epsilon);
            string? worst = null;
            for (int j = 0; j < indices.Length; j += Math.Max(1, indices.Length / MostCompared))
            {
                int i = indices[j];
                double weight = affine?.Weight?[ChannelOf(i)] ?? 1, bias = affine?.Bias?[ChannelOf(i)] ?? 0;
                if (!exact.HasDeviation)
                {
                    if (y[i] != bias)
                        worst = $"[{i}] {y[i]:R} of a constant group is not {bias:R}";
                    continue;
                }

                var value = exact.Value(x[i], weight, bias);
                if (double.IsInfinity(round(value.ToDouble())))
                    continue;
                double error = Dyadic.Abs(value - Dyadic.From(y[i])).ToDouble();
                double allowed = (ulps * ulp(value)) + (CancellationShare * exact.Cancelling(x[i], weight, bias));
                if (!(error <= allowed))
                    worst = $"[{i}] {y[i]:R} for {x[i]:R}: {value.ToDouble():R} was due, {error / ulp(value):G4} ulp off, "
                        + $"{error / allowed:G4} times the promise";
            }

            yield return worst;
        }
    }
}
