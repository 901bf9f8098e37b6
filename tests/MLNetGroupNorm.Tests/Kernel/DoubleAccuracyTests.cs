using System.Globalization;
using MLNetGroupNorm.Tests.Reference;

namespace MLNetGroupNorm.Tests.Kernel;

/// <summary>The promise of accuracy for Double, against exact values.</summary>
public sealed class DoubleAccuracyTests
{
    private static readonly (int Channels, int Groups, int Spatial)[] _shapes =
        [(2, 1, 1), (3, 3, 3), (14, 2, 1), (2, 2, 31), (12, 3, 49), (17, 1, 241)];

    /// <summary>Four ulps of 1 to 2.</summary>
    private const double FewUlps = 4 * 2.3e-16;

    public static TheoryData<string, TensorLayout, bool> Cases => Inputs.Cases;

    public static TheoryData<double> Scales => [1e300, 1e160, 1e-150, 1e-200, 1e-300, double.Epsilon * 1e6];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_value_is_within_the_promise(string input, TensorLayout layout, bool hasAffine)
    {
        foreach (var (channels, groups, spatial) in _shapes)
            AssertPromise([.. Inputs.Values(input, channels * spatial, seed: channels + spatial)], channels, groups, 1e-5,
                hasAffine ? Inputs.Affine(channels) : null, layout);
    }

    [Theory]
    [InlineData(1e6)]
    [InlineData(1e7)]
    [InlineData(1e8)]
    public void A_mean_of_so_many_deviations_is_within_the_promise(double mean)
    {
        double[] x = [.. Inputs.Values("N(0, 1)", 3000, seed: 1).Select(value => (value + mean) / 3)];
        AssertPromise(x, 3, 1, 0, Inputs.Affine(3), TensorLayout.ChannelsFirst);
        AssertPromise(x, 3, 1, 1e-5, null, TensorLayout.ChannelsLast);
    }

    [Theory]
    [MemberData(nameof(Scales))]
    public void Magnitudes_whose_squares_leave_the_range_of_a_double_are_within_the_promise(double scale)
    {
        double[] x = [.. Inputs.Values("N(0, 1)", 500, seed: 1).Select(value => scale * value)];
        AssertPromise(x, 5, 1, 0, null, TensorLayout.ChannelsFirst);
        AssertPromise(x, 5, 1, 1e-5, Inputs.Affine(5), TensorLayout.ChannelsFirst);
        AssertPromise(x, 5, 5, Math.Min(scale * scale, 1e300), Inputs.Affine(5), TensorLayout.ChannelsLast);
        AssertPromise(x, 5, 5, 1e-250, null, TensorLayout.ChannelsLast);
    }

    /// <summary>Every power of ten that a double has, beside every kind of epsilon.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(double.Epsilon)]
    [InlineData(1e-300)]
    [InlineData(1e-12)]
    [InlineData(1e-5)]
    [InlineData(1)]
    public void Every_magnitude_is_within_the_promise(double epsilon)
    {
        foreach (int exponent in Enumerable.Range(-324, 633).Where(exponent => exponent % 7 == 0 || exponent is < -300 or > 300))
        {
            double scale = double.Parse($"1e{exponent}", CultureInfo.InvariantCulture);
            foreach (double[] kind in _kinds)
            {
                double[] x = [.. kind.Select(value => value * (scale == 0 ? double.Epsilon : scale)).Where(double.IsFinite)];
                if (x.Distinct().Count() < 2)
                    continue;
                AssertPromise(x, 1, 1, epsilon, null, TensorLayout.ChannelsFirst);
                AssertPromise([.. x, .. x.Reverse()], 2, 2, epsilon, Inputs.Affine(2), TensorLayout.ChannelsFirst);
                AssertPromise([.. x.SelectMany((value, i) => new[] { value, i, -value })], 3, 3, epsilon, Inputs.Affine(3),
                    TensorLayout.ChannelsLast);
            }
        }
    }

    private static readonly double[][] _kinds =
    [
        [1, 3],
        [1, -1, 1.5],
        [1, 1, 1, 1.0000000000000002],
        [1e-30, 1, -1, 1e-15],
        [.. Inputs.Values("N(0, 1)", 100, seed: 9)],
    ];

    [Theory]
    [InlineData(new[] { 1, 1.0000000000000002 }, new[] { -1.0, 1 })]
    [InlineData(new[] { 1, 1, 1.0000000000000002 }, new[] { -0.70710678118654757, -0.70710678118654757, 1.4142135623730951 })]
    [InlineData(new[] { 1e-170, 3e-170 }, new[] { -1.0, 1 })]
    [InlineData(new[] { -1.7e308, 1.7e308 }, new[] { -1.0, 1 })]
    public void Values_that_differ_are_never_taken_for_equal_ones(double[] x, double[] expected)
    {
        var y = new double[x.Length];
        GroupNormalization.Normalize(x, y, 1, 1, epsilon: 0);
        Assert.All(expected.Zip(y), pair => Assert.Equal(pair.First, pair.Second, FewUlps));

        // The same as the columns of two groups.
        double[] columns = [.. x.SelectMany(value => new[] { value, value })];
        GroupNormalization.Normalize(columns, columns, 2, 2, epsilon: 0, layout: TensorLayout.ChannelsLast);
        Assert.All(expected.SelectMany(value => new[] { value, value }).Zip(columns),
            pair => Assert.Equal(pair.First, pair.Second, FewUlps));
    }

    /// <summary>Squares that are added one after the other and all round the same way.</summary>
    [Theory]
    [InlineData(24, 4, 2.107352962230488E-08)]
    [InlineData(63, 8, 2.995096332168844E-08)]
    [InlineData(64, 8, 2.995096332168844E-08)]
    [InlineData(4096, 512, 2.995096332168844E-08)]
    public void Squares_that_all_round_the_same_way_are_within_the_promise(int length, int ones, double other)
    {
        double[] x = [.. Enumerable.Range(0, length).Select(i => i < ones ? 1 : other)];
        AssertPromise(x, 1, 1, 0, null, TensorLayout.ChannelsFirst);
        AssertPromise([.. Enumerable.Repeat(x, 5).SelectMany(values => values)], 5, 5, 0, null, TensorLayout.ChannelsFirst);
        AssertPromise(x, 1, 1, 0, null, TensorLayout.ChannelsLast);
    }

    [Theory]
    [InlineData(1.7e60, 3.4e38f)]
    [InlineData(1e62, 1e33f)]
    [InlineData(1e300, 3.4e38f)]
    public void The_smallest_values_beside_the_largest_epsilons_are_within_the_promise(double epsilon, float weight)
    {
        double[] x = [0, double.Epsilon, -1.43e-310, 3e-315];
        AssertPromise(x[..2], 1, 1, epsilon, new GroupNormAffine([weight], null), TensorLayout.ChannelsFirst);
        AssertPromise(x, 2, 1, epsilon, new GroupNormAffine([weight, 1], null), TensorLayout.ChannelsLast);
    }

    [Theory]
    [InlineData(double.MaxValue)]
    [InlineData(double.Epsilon)]
    [InlineData(0.1)]
    [InlineData(-1e17)]
    public void Equal_values_are_exactly_their_bias(double value)
    {
        double[] x = [.. Enumerable.Repeat(value, 1003 * 3)];
        AssertPromise(x, 3, 1, 1e-5, Inputs.Affine(3), TensorLayout.ChannelsFirst);
        AssertPromise(x, 3, 3, 1e-300, Inputs.Affine(3), TensorLayout.ChannelsLast);
    }

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Every_length_is_within_the_promise(int length)
    {
        double[] x = [.. Inputs.Values("N(100, 0.01)", length, seed: length)];
        AssertPromise(x, 1, 1, 1e-5, null, TensorLayout.ChannelsFirst);
        AssertPromise(x, length, 1, 1e-5, Inputs.Affine(length), TensorLayout.ChannelsLast);
    }

    public static TheoryData<int> Lengths() => [.. Enumerable.Range(2, 127)];

    private static void AssertPromise(double[] x, int channels, int groups, double epsilon, GroupNormAffine? affine,
        TensorLayout layout)
    {
        var y = new double[x.Length];
        GroupNormalization.Normalize(x, y, channels, groups, epsilon, affine, layout);
        Accuracy.AssertDouble(x, y, channels, groups, epsilon, affine, layout);
    }
}
