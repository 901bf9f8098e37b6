using MLNetGroupNorm.Tests.Reference;

namespace MLNetGroupNorm.Tests;

public sealed class GroupNormalizationTests
{
    /// <summary>What one float more or less is, of results below 8: the literal formula in double is far more exact.</summary>
    private const double OneUlp = 4.8e-7;

    private static readonly GroupNormAffine _affine = new([2, -3, 0.5f, 1], [10, 20, 30, 40]);

    public static TheoryData<TensorLayout> Layouts => [.. Enum.GetValues<TensorLayout>()];

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Results_are_those_of_the_literal_formula(TensorLayout layout)
    {
        foreach (var affine in new[] { null, _affine, new([1, 2, 3, 4], null), new(null, [1, 2, 3, 4]) })
        {
            float[] x = Inputs.Single("pixels", 4 * 15, seed: 1);
            double[] expected = NaiveReference.Normalize<float>(x, 4, 2, 0.1, affine?.Weight?.ToArray(),
                affine?.Bias?.ToArray(), layout);
            var y = new float[x.Length];
            GroupNormalization.Normalize(x, y, 4, 2, 0.1, affine, layout);
            double[] wide = Array.ConvertAll(x, value => (double)value);
            GroupNormalization.Normalize(wide, wide, 4, 2, 0.1, affine, layout);

            for (int i = 0; i < x.Length; i++)
            {
                Assert.Equal(expected[i], y[i], OneUlp * Math.Max(1, Math.Abs(expected[i]) / 4));
                Assert.Equal(expected[i], wide[i], 1e-13 * Math.Max(1, Math.Abs(expected[i])));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Equal_values_become_their_bias_and_without_epsilon_NaN(TensorLayout layout)
    {
        foreach (float value in new[] { 0, -0f, 100.1f, -1e6f, 1e-38f, float.Epsilon, float.MaxValue })
        {
            float[] x = [.. Enumerable.Repeat(value, 4 * 9)];
            foreach (double epsilon in new[] { 1e-5, double.Epsilon })
                Assert.Equal(x.Select((_, i) => 10f * (1 + Channel(i, layout))), Single(x, epsilon, _affine, layout));
            Assert.All(Single(x, 1e-5, null, layout), y => Assert.Equal(0, y));
            Assert.All(Single(x, 0, _affine, layout), y => Assert.True(float.IsNaN(y)));
            double[] wide = Array.ConvertAll(x, v => (double)v);
            Assert.All(Double(wide, 0, _affine, layout), y => Assert.True(double.IsNaN(y)));
            Assert.Equal(x.Select((_, i) => 10.0 * (1 + Channel(i, layout))), Double(wide, 1e-5, _affine, layout));
        }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void A_value_that_is_not_finite_makes_its_group_NaN_and_no_other(TensorLayout layout)
    {
        foreach (float bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
            for (int position = 0; position < 36; position++)
            {
                float[] x = Inputs.Single("N(0, 1)", 36, seed: 1);
                float[] clean = Single(x, 1e-5, _affine, layout);
                x[position] = bad;
                float[] y = Single(x, 1e-5, _affine, layout);
                double[] wide = Double(Array.ConvertAll(x, v => (double)v), 1e-5, _affine, layout);
                for (int i = 0; i < 36; i++)
                {
                    bool isHit = Channel(i, layout) / 2 == Channel(position, layout) / 2;
                    Assert.Equal(isHit ? float.NaN : clean[i], y[i]);
                    Assert.Equal(isHit, double.IsNaN(wide[i]));
                }
            }
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void An_empty_input_gives_an_empty_output(TensorLayout layout)
    {
        GroupNormalization.Normalize(ReadOnlySpan<float>.Empty, [], 4, 2, layout: layout);
        GroupNormalization.Normalize(ReadOnlySpan<double>.Empty, [], 4, 2, layout: layout);
        foreach (int batchSize in new[] { 0, 3 })
            GroupNormalization.NormalizeBatch(ReadOnlyMemory<float>.Empty, Memory<float>.Empty, batchSize, 4, 2, layout: layout);
    }

    [Theory]
    [InlineData(7, 4, 2, "no multiple of 4 channels")]
    [InlineData(8, 4, 3, "1, 2, 4")]
    [InlineData(8, 4, 0, "at least 1")]
    [InlineData(8, 0, 1, "at least 1")]
    [InlineData(8, -4, 1, "at least 1")]
    [InlineData(4, 4, 4, "at least two values")]
    public void Lengths_and_counts_that_do_not_fit_are_refused(int length, int channels, int groups, string message)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() =>
            GroupNormalization.Normalize(new float[length], new float[length], channels, groups));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.ThrowsAny<ArgumentException>(() => GroupNormalization.Normalize(new double[length], new double[length], channels,
            groups));
        Assert.ThrowsAny<ArgumentException>(() =>
            GroupNormalization.NormalizeBatch(new float[2 * length], new float[2 * length], 2, channels, groups));
    }

    [Theory]
    [InlineData(-1e-9)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void An_epsilon_that_is_negative_or_not_finite_is_refused(double epsilon) =>
        Assert.Equal("epsilon", Assert.Throws<ArgumentOutOfRangeException>(() =>
            GroupNormalization.Normalize(new float[8], new float[8], 4, 2, epsilon)).ParamName);

    [Fact]
    public void Other_arguments_that_make_no_sense_are_refused()
    {
        Assert.Equal("layout", Assert.Throws<ArgumentOutOfRangeException>(() =>
            GroupNormalization.Normalize(new float[8], new float[8], 4, 2, layout: (TensorLayout)2)).ParamName);
        Assert.Contains("per channel, not per group", Assert.Throws<ArgumentException>(() =>
            GroupNormalization.Normalize(new float[8], new float[8], 4, 2, affine: GroupNormAffine.Identity(2))).Message,
                StringComparison.Ordinal);
        Assert.Equal("output", Assert.Throws<ArgumentException>(() =>
            GroupNormalization.Normalize(new float[8], new float[9], 4, 2)).ParamName);
        foreach (int batchSize in new[] { -1, 0, 3 })
            Assert.Equal("batchSize", Assert.ThrowsAny<ArgumentException>(() =>
                GroupNormalization.NormalizeBatch(new float[16], new float[16], batchSize, 4, 2)).ParamName);
        foreach (int degree in new[] { 0, -2 })
            Assert.Equal("maxDegreeOfParallelism", Assert.Throws<ArgumentOutOfRangeException>(() =>
                GroupNormalization.NormalizeBatch(new float[16], new float[16], 2, 4, 2,
                    maxDegreeOfParallelism: degree)).ParamName);
    }

    [Fact]
    public void A_partial_overlap_is_refused_and_neighbours_are_not()
    {
        var memory = new float[24];
        foreach (int offset in new[] { 1, 7, 8, 9 })
            if (offset < 8)
            {
                Assert.Throws<ArgumentException>(() => GroupNormalization.Normalize(memory.AsSpan(8, 8),
                    memory.AsSpan(8 - offset, 8), 4, 2));
                Assert.Throws<ArgumentException>(() => GroupNormalization.Normalize(memory.AsSpan(8, 8),
                    memory.AsSpan(8 + offset, 8), 4, 2));
            }
            else
                GroupNormalization.Normalize(memory.AsSpan(0, 8), memory.AsSpan(offset, 8), 4, 2);
    }

    [Theory]
    [InlineData(TensorLayout.ChannelsFirst)]
    [InlineData(TensorLayout.ChannelsLast)]
    public async Task Any_number_of_empty_samples_is_done_at_once(TensorLayout layout)
    {
        var done = Task.Run(() => GroupNormalization.NormalizeBatch(Array.Empty<float>(), Array.Empty<float>(), int.MaxValue, 64, 32,
            layout: layout), TestContext.Current.CancellationToken);
        await done.WaitAsync(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        var x = new float[64 * 2 * 40];
        var wide = new double[64 * 40];
        var affine = GroupNormAffine.Identity(64);
        var layouts = Enum.GetValues<TensorLayout>();
        void NormalizeAll()
        {
            foreach (var layout in layouts)
            {
                GroupNormalization.Normalize(x, x, 64, 32, affine: affine, layout: layout);
                GroupNormalization.Normalize(x.AsSpan(0, 64 * 3), x.AsSpan(0, 64 * 3), 64, 8, affine: affine, layout: layout);
                GroupNormalization.Normalize(wide, wide, 64, 32, affine: affine, layout: layout);
                GroupNormalization.NormalizeBatch(x, x, 2, 64, 32, affine: affine, layout: layout, maxDegreeOfParallelism: 1);
            }
        }

        for (int i = 0; i < 3; i++)
            NormalizeAll();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            NormalizeAll();

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static int Channel(int i, TensorLayout layout) => layout == TensorLayout.ChannelsFirst ? i / 9 : i % 4;

    private static float[] Single(float[] x, double epsilon, GroupNormAffine? affine, TensorLayout layout)
    {
        var y = new float[x.Length];
        GroupNormalization.Normalize(x, y, 4, 2, epsilon, affine, layout);
        return y;
    }

    private static double[] Double(double[] x, double epsilon, GroupNormAffine? affine, TensorLayout layout)
    {
        var y = new double[x.Length];
        GroupNormalization.Normalize(x, y, 4, 2, epsilon, affine, layout);
        return y;
    }
}
