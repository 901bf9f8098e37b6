namespace MLNetGroupNorm.Tests.Reference;

/// <summary>
/// The formula of group normalization, evaluated as it is written, value by value, in double. Slow and plain on purpose: every
/// path of the library must agree with it. Where double is not exact enough to judge, <c>ExactReference</c> takes over.
/// </summary>
internal static class NaiveReference
{
    /// <summary>Normalizes one sample of (C, spatial) or (spatial, C) values.</summary>
    public static double[] Normalize(IReadOnlyList<double> x, int channels, int groups, double epsilon,
        float[]? weight = null, float[]? bias = null, TensorLayout layout = TensorLayout.ChannelsFirst)
    {
        int spatial = x.Count / channels;
        int ChannelOf(int i) => layout == TensorLayout.ChannelsFirst ? i / spatial : i % channels;
        int GroupOf(int i) => ChannelOf(i) / (channels / groups);

        var y = new double[x.Count];
        foreach (var members in Enumerable.Range(0, x.Count).GroupBy(GroupOf))
        {
            int n = members.Count();
            double mean = members.Sum(i => x[i]) / n;
            double variance = members.Sum(i => (x[i] - mean) * (x[i] - mean)) / n;
            foreach (int i in members)
                y[i] = (x[i] - mean) / Math.Sqrt(variance + epsilon) * (weight?[ChannelOf(i)] ?? 1) + (bias?[ChannelOf(i)] ?? 0);
        }

        return y;
    }

    /// <summary>The same for values of Single or Byte.</summary>
    public static double[] Normalize<T>(ReadOnlySpan<T> x, int channels, int groups, double epsilon,
        float[]? weight = null, float[]? bias = null, TensorLayout layout = TensorLayout.ChannelsFirst)
        where T : System.Numerics.INumber<T>
    {
        var values = new double[x.Length];
        for (int i = 0; i < x.Length; i++)
            values[i] = double.CreateChecked(x[i]);
        return Normalize((IReadOnlyList<double>)values, channels, groups, epsilon, weight, bias, layout);
    }
}
