using MLNetGroupNorm.Tests.Reference;

namespace MLNetGroupNorm.Tests.Kernel;

/// <summary>The promise of accuracy for Single, against exact values.</summary>
public sealed class SingleAccuracyTests
{
    /// <summary>
    /// (C, G, spatial): group lengths around vectors, lanes and blocks, two or more groups where it costs little; and many groups
    /// of few values, four of which are taken at once.
    /// </summary>
    private static readonly (int Channels, int Groups, int Spatial)[] _shapes =
    [
        (2, 1, 1), (4, 2, 1), (6, 2, 1), (3, 3, 3), (14, 2, 1), (16, 2, 1), (2, 2, 31), (8, 2, 8), (66, 2, 1), (12, 3, 49),
        (130, 2, 5), (3, 1, 1365), (2, 2, 4096), (17, 1, 241), (5, 1, 2001), (64, 2, 301),
        (64, 32, 1), (30, 10, 2), (64, 32, 3), (96, 12, 1), (72, 9, 2),
    ];

    public static TheoryData<string, TensorLayout, bool> Cases => Inputs.Cases;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_value_is_within_the_promise(string input, TensorLayout layout, bool hasAffine)
    {
        foreach (var (channels, groups, spatial) in _shapes)
        {
            float[] x = Inputs.Single(input, channels * spatial, seed: channels + spatial);
            AssertPromise(x, channels, groups, 1e-5, hasAffine ? Inputs.Affine(channels) : null, layout);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_value_is_within_the_promise_with_epsilon_0(string input, TensorLayout layout, bool hasAffine)
    {
        foreach (var (channels, groups, spatial) in _shapes)
        {
            float[] x = Inputs.Single(input, channels * spatial, seed: channels + spatial);
            if (!input.StartsWith("constant", StringComparison.Ordinal) && HasDeviations(x, channels, groups, layout))
                AssertPromise(x, channels, groups, 0, hasAffine ? Inputs.Affine(channels) : null, layout);
        }
    }

    [Theory]
    [InlineData("N(0, 1)", TensorLayout.ChannelsFirst)]
    [InlineData("N(1e5, 1)", TensorLayout.ChannelsFirst)]
    [InlineData("one of 1e30 among ones", TensorLayout.ChannelsFirst)]
    [InlineData("one step in a constant", TensorLayout.ChannelsFirst)]
    [InlineData("constant 100.1", TensorLayout.ChannelsFirst)]
    [InlineData("N(1e3, 1)", TensorLayout.ChannelsLast)]
    [InlineData("pixels", TensorLayout.ChannelsLast)]
    public void Four_million_values_are_within_the_promise(string input, TensorLayout layout) =>
        AssertPromise(Inputs.Single(input, 1 << 22, seed: 22), 4, 1, 1e-5, Inputs.Affine(4), layout);

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Every_length_is_within_the_promise(int length)
    {
        float[] x = Inputs.Single("N(100, 0.01)", length, seed: length);
        AssertPromise(x, 1, 1, 1e-5, null, TensorLayout.ChannelsFirst);
        AssertPromise(x, length, 1, 1e-5, Inputs.Affine(length), TensorLayout.ChannelsFirst);
        AssertPromise(Inputs.Single("N(0, 1)", 2 * length, seed: length), 2 * length, 2, 1e-5, Inputs.Affine(2 * length),
            TensorLayout.ChannelsFirst);
        AssertPromise(Inputs.Single("N(0, 1)", 3 * length, seed: length), length, 1, 1e-5, Inputs.Affine(length),
            TensorLayout.ChannelsLast);
        AssertPromise(Inputs.Single("N(1e3, 1)", 3 * length, seed: length), 3, 3, 1e-5, Inputs.Affine(3), TensorLayout.ChannelsLast);
    }

    public static TheoryData<int> Lengths() => [.. Enumerable.Range(2, 255)];

    [Theory]
    [InlineData(48)]
    [InlineData(105)]
    public void Every_number_of_groups_is_within_the_promise(int channels)
    {
        foreach (int groups in Enumerable.Range(1, channels).Where(groups => channels % groups == 0))
            foreach (int spatial in new[] { 2, 3, 8, 11 })
                foreach (var layout in Enum.GetValues<TensorLayout>())
                    AssertPromise(Inputs.Single("N(0, 1)", channels * spatial, seed: groups), channels, groups, 1e-5,
                        Inputs.Affine(channels), layout);
    }

    /// <summary>A mean of 2e-6 standard deviations, beside which plain sums lose 1e-17.</summary>
    [Theory]
    [InlineData(1f)]
    [InlineData(1e20f)]
    [InlineData(1e-15f)]
    public void A_value_next_to_a_mean_near_0_is_within_the_promise(float scale)
    {
        float[] x = [.. new[] { 1, 1e-17f, -1, 8e-6f, 2e-6f }.Select(value => value * scale)];
        AssertPromise(x, 1, 1, 0, null, TensorLayout.ChannelsFirst);
        AssertPromise(x, 5, 1, 0, null, TensorLayout.ChannelsLast);
        AssertPromise([.. x, .. x], 5, 1, 0, null, TensorLayout.ChannelsLast);
        AssertPromise([.. Enumerable.Repeat(x, 16).SelectMany(values => values)], 16, 16, 0, null, TensorLayout.ChannelsFirst);
    }

    /// <summary>Each lane's sum is 32, and half an ulp of it and a little more is added to it: every addition rounds up.</summary>
    [Fact]
    public void Additions_that_all_round_the_same_way_are_within_the_promise()
    {
        const double Deviations = 16;
        float[] x = [.. Enumerable.Range(0, 4096).Select(i => i < 1024 ? 1 : (float)(1.001 * Math.ScaleB(1, -48)))];
        x[^1] = 0.25006106f; // the mean
        var y = new float[x.Length];
        GroupNormalization.Normalize(x, y, 1, 1, epsilon: 0);

        var exact = new ExactReference([.. x.Select(value => (double)value)], 0);
        double error = Dyadic.Abs(exact.Value(x[^1], 1, 0) - Dyadic.From(y[^1])).ToDouble();
        double allowed = Accuracy.CancellationShare * exact.Cancelling(x[^1], 1, 0);
        Assert.InRange(error, 2 * allowed, allowed + (Accuracy.CancellationShare * Deviations));
    }

    private static bool HasDeviations(float[] x, int channels, int groups, TensorLayout layout) =>
        Enumerable.Range(0, x.Length)
            .GroupBy(i => (layout == TensorLayout.ChannelsFirst ? i / (x.Length / channels) : i % channels) / (channels / groups))
            .All(group => group.Select(i => x[i]).Distinct().Count() > 1);

    private static void AssertPromise(float[] x, int channels, int groups, double epsilon, GroupNormAffine? affine,
        TensorLayout layout)
    {
        var y = new float[x.Length];
        GroupNormalization.Normalize(x, y, channels, groups, epsilon, affine, layout);
        Accuracy.AssertSingle([.. x.Select(value => (double)value)], y, channels, groups, epsilon, affine, layout);
    }
}
