using CsCheck;

namespace MLNetGroupNorm.Tests.Kernel;

/// <summary>What holds for every sample whatever its values.</summary>
public sealed class PropertyTests
{
    /// <summary>
    /// Two results of one exact value, each within 0.51 ulp, are two ulps apart at most; ulps of values of this
    /// size are 2.4e-7 at most, and what cancels near 0 is far less.
    /// </summary>
    private const float TwoUlps = 2 * 2.4e-7f;

    private static readonly Gen<Sample> _samples =
        from groups in Gen.Int[1, 12]
        from channelsPerGroup in Gen.Int[1, 20]
        from spatial in Gen.Int[channelsPerGroup == 1 ? 2 : 1, 60]
        from layout in Gen.Enum<TensorLayout>()
        from values in Gen.Int[-1000, 1000].Array[groups * channelsPerGroup * spatial]
        select new Sample([.. values.Select(value => value / 64f)], groups * channelsPerGroup, groups, layout);

    [Fact]
    public void Adding_a_number_to_all_values_changes_nothing() =>
        Gen.Select(_samples, Gen.Int[-100000, 100000]).Sample((sample, shift) =>
            AssertClose(sample.Normalized(), sample.With(x => x + shift).Normalized()));

    [Fact]
    public void Multiplying_all_values_by_a_power_of_two_changes_no_bit_without_epsilon() =>
        Gen.Select(_samples, Gen.Int[-60, 60]).Sample((sample, exponent) =>
            Assert.Equal(sample.Normalized(epsilon: 0), sample.With(x => MathF.ScaleB(x, exponent)).Normalized(epsilon: 0)));

    [Fact]
    public void Multiplying_all_values_by_a_positive_number_changes_nothing_without_epsilon() =>
        Gen.Select(_samples, Gen.Int[1, 1000]).Sample((sample, factor) =>
            AssertClose(sample.Normalized(epsilon: 0), sample.With(x => x * factor).Normalized(epsilon: 0)));

    [Fact]
    public void Changing_the_signs_of_all_values_changes_the_signs_of_all_results() =>
        _samples.Sample(sample =>
            Assert.Equal(sample.Normalized().Select(y => -y), sample.With(x => -x).Normalized()));

    [Fact]
    public void Turning_the_positions_of_all_channels_round_turns_the_results_round() =>
        _samples.Sample(sample => AssertClose(sample.Reversed().Normalized(),
            (sample with { X = sample.Normalized() }).Reversed().X));

    [Fact]
    public void A_group_does_not_see_the_values_of_others() =>
        Gen.Select(_samples, Gen.OneOf(Gen.Const(float.NaN), Gen.Const(float.PositiveInfinity), Gen.Const(1e30f),
            Gen.Const(0f))).Sample((sample, other) =>
        {
            float[] changed = [.. sample.X.Select((x, i) => sample.GroupOf(i) == 0 ? x : other)];
            float[] expected = sample.Normalized(), actual = (sample with { X = changed }).Normalized();
            Assert.All(Enumerable.Range(0, changed.Length).Where(i => sample.GroupOf(i) == 0),
                i => Assert.Equal(expected[i], actual[i]));
        });

    [Fact]
    public void In_place_equals_out_of_place() =>
        _samples.Sample(sample =>
        {
            float[] expected = sample.Normalized();
            float[] x = [.. sample.X];
            GroupNormalization.Normalize(x, x, sample.Channels, sample.Groups, layout: sample.Layout);
            Assert.Equal(expected, x);

            double[] wide = [.. sample.X.Select(value => value / 3.0)], apart = new double[wide.Length];
            GroupNormalization.Normalize(wide, apart, sample.Channels, sample.Groups, layout: sample.Layout);
            GroupNormalization.Normalize(wide, wide, sample.Channels, sample.Groups, layout: sample.Layout);
            Assert.Equal(apart, wide);
        });

    private static void AssertClose(float[] expected, float[] actual)
    {
        for (int i = 0; i < expected.Length; i++)
            Assert.True(
                expected[i].Equals(actual[i])
                    || Math.Abs(expected[i] - actual[i]) <= TwoUlps * Math.Max(1, Math.Abs(expected[i])),
                $"[{i}] {actual[i]:R} is not {expected[i]:R}");
    }

    private sealed record Sample(float[] X, int Channels, int Groups, TensorLayout Layout)
    {
        private int Spatial => X.Length / Channels;

        public int GroupOf(int i) =>
            (Layout == TensorLayout.ChannelsFirst ? i / Spatial : i % Channels) / (Channels / Groups);

        public Sample With(Func<float, float> change) => this with { X = [.. X.Select(change)] };

        /// <summary>The same values, each channel's in the opposite order.</summary>
        public Sample Reversed() => this with
        {
            X = [.. X.Select((_, i) => Layout == TensorLayout.ChannelsFirst
                ? X[(i / Spatial * Spatial) + Spatial - 1 - (i % Spatial)]
                : X[((Spatial - 1 - (i / Channels)) * Channels) + (i % Channels)])],
        };

        public float[] Normalized(double epsilon = 1e-5)
        {
            var y = new float[X.Length];
            GroupNormalization.Normalize(X, y, Channels, Groups, epsilon, layout: Layout);
            return y;
        }
    }
}
