using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetGroupNorm.Tests.Reference;
using MLNetGroupNorm.Tests.Support;

namespace MLNetGroupNorm.Tests.Pipeline;

/// <summary>What values come out of a pipeline, for every kind of column.</summary>
public sealed class RowGetterTests
{
    /// <summary>The reference is a plain sum in double: on rows of some hundred moderate values it is right to far better than this.</summary>
    private const double RelativeToFloat = 1e-7;

    private const int Channels = 6;
    private const int Length = Channels * 7;
    private static readonly GroupNormAffine _affine = new(
        [.. Enumerable.Range(0, Channels).Select(c => 0.5f + c)], [.. Enumerable.Range(0, Channels).Select(c => c - 2.5f)]);

    private readonly MLContext _mlContext = new(seed: 1);

    public static TheoryData<TensorLayout, bool, bool> Cases() =>
        new MatrixTheoryData<TensorLayout, bool, bool>(Enum.GetValues<TensorLayout>(), [true, false], [true, false]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Single_columns_follow_the_formula(TensorLayout layout, bool withAffine, bool knownSize) =>
        AssertFollows<float, float>(Values.Single, layout, withAffine, knownSize);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Double_columns_follow_the_formula(TensorLayout layout, bool withAffine, bool knownSize) =>
        AssertFollows<double, double>(Values.Double, layout, withAffine, knownSize);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Byte_columns_follow_the_formula_and_become_Single(TensorLayout layout, bool withAffine, bool knownSize) =>
        AssertFollows<byte, float>(Values.Byte, layout, withAffine, knownSize);

    private void AssertFollows<TIn, TOut>(Func<int, int, TIn[]> values, TensorLayout layout, bool withAffine, bool knownSize)
        where TIn : System.Numerics.INumber<TIn>
        where TOut : System.Numerics.INumber<TOut>
    {
        // Rows of variable size really vary.
        TIn[][] rows = [.. Enumerable.Range(1, 5).Select(seed => values(seed, knownSize ? Length : Channels * (seed + 1)))];
        int[] dimensions = layout == TensorLayout.ChannelsFirst ? [Channels, 7] : [7, Channels];
        var affine = withAffine ? _affine : null;
        var data = Views.Of(_mlContext, rows, knownSize ? dimensions : []);
        var pipeline = _mlContext.Transforms.GroupNormalize(Views.Output, 3, Views.Input, Channels, 1e-3, affine, layout);

        var outputs = pipeline.Fit(data).Transform(data).Rows<TOut>();

        Assert.Equal(rows.Length, outputs.Length);
        foreach (var (row, output) in rows.Zip(outputs))
        {
            var expected = NaiveReference.Normalize<TIn>(row, Channels, 3, 1e-3, affine?.Weight?.ToArray(), affine?.Bias?.ToArray(), layout);
            Assert.Equal(expected.Length, output.Length);
            foreach (var (wanted, got) in expected.Zip(output))
                Assert.Equal(wanted, double.CreateChecked(got), RelativeToFloat * Math.Max(1, Math.Abs(wanted)));
        }
    }

    [Fact]
    public void The_output_may_replace_its_input()
    {
        var data = Views.Of(_mlContext, [Values.Single(1, 12)], 3, 4);
        var replaced = _mlContext.Transforms.GroupNormalize(Views.Input, 3).Fit(data).Transform(data);
        var beside = _mlContext.Transforms.GroupNormalize(Views.Output, 3, Views.Input).Fit(data).Transform(data);

        Assert.Equal(beside.Rows<float>(), replaced.Rows<float>(Views.Input));
        Assert.Equal(Values.Single(1, 12), beside.Rows<float>(Views.Input).Single());
    }

    [Fact]
    public void A_flat_vector_without_channels_has_equal_runs_as_groups()
    {
        float[] row = Values.Single(1, 24);
        var data = Views.Of(_mlContext, [row], 24);

        var output = _mlContext.Transforms.GroupNormalize(Views.Output, 4, Views.Input).Fit(data).Transform(data).Rows<float>();

        var expected = new float[24];
        GroupNormalization.Normalize(row, expected, numberOfChannels: 4, numberOfGroups: 4);
        Assert.Equal(expected, output.Single());
    }

    [Fact]
    public void Sparse_rows_equal_their_dense_form_and_come_out_dense()
    {
        var sparse = new VBuffer<float>(12, 3, [5f, -2f, 7f], [1, 6, 11]);
        var dense = new VBuffer<float>(12, sparse.DenseValues().ToArray());
        foreach (int[] dimensions in new[] { [12], Array.Empty<int>() })
        {
            var data = Views.Of(_mlContext, [sparse, dense, sparse], dimensions);
            var pipeline = _mlContext.Transforms.GroupNormalize(Views.Output, 3, Views.Input, numberOfChannels: 3);
            var outputs = pipeline.Fit(data).Transform(data).GetColumn<VBuffer<float>>(Views.Output).ToArray();

            Assert.All(outputs, output => Assert.True(output.IsDense));
            Assert.Equal(outputs[1].DenseValues(), outputs[0].DenseValues());
            Assert.Equal(outputs[1].DenseValues(), outputs[2].DenseValues());
        }
    }

    [Fact]
    public void Sparse_rows_of_Double_and_Byte_equal_their_dense_form()
    {
        AssertSparse<double, double>(new VBuffer<double>(12, 3, [5.0, -2, 7], [1, 6, 11]));
        AssertSparse<byte, float>(new VBuffer<byte>(12, 3, [5, 200, 7], [1, 6, 11]));
    }

    private void AssertSparse<TIn, TOut>(VBuffer<TIn> sparse)
    {
        var data = Views.Of(_mlContext, [sparse, new VBuffer<TIn>(12, sparse.DenseValues().ToArray())], 12);
        var outputs = _mlContext.Transforms.GroupNormalize(Views.Output, 3, Views.Input).Fit(data).Transform(data).Rows<TOut>();

        Assert.Equal(outputs[1], outputs[0]);
    }

    [Fact]
    public void A_null_image_becomes_the_bias()
    {
        var data = Views.Of(_mlContext, [new VBuffer<float>(12, 0, [], [])], 6, 2);

        var output = _mlContext.Transforms.GroupNormalize(Views.Output, 2, Views.Input, affine: _affine).Fit(data).Transform(data).Rows<float>();

        Assert.Equal(_affine.Bias!.SelectMany(bias => new[] { bias, bias }), output.Single());
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(1f)]
    [InlineData(-100.1f)]
    [InlineData(1e6f)]
    [InlineData(1e-40f)]
    [InlineData(float.MaxValue)]
    public void Equal_values_become_exactly_the_bias_or_NaN_where_epsilon_is_zero(float value)
    {
        var data = Views.Of(_mlContext, [Enumerable.Repeat(value, 60).ToArray()], 6, 10);

        var biased = _mlContext.Transforms.GroupNormalize(Views.Output, 2, Views.Input, affine: _affine).Fit(data).Transform(data);
        var plain = _mlContext.Transforms.GroupNormalize(Views.Output, 2, Views.Input).Fit(data).Transform(data);
        var zero = _mlContext.Transforms.GroupNormalize(Views.Output, 2, Views.Input, epsilon: 0, affine: _affine).Fit(data).Transform(data);

        Assert.Equal(_affine.Bias!.SelectMany(bias => Enumerable.Repeat(bias, 10)), biased.Rows<float>().Single());
        Assert.All(plain.Rows<float>().Single(), output => Assert.Equal(0f, output));
        Assert.All(zero.Rows<float>().Single(), output => Assert.True(float.IsNaN(output)));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void A_value_that_is_not_finite_spoils_its_group_of_its_row_alone(float value)
    {
        float[] good = Values.Single(1, 60);
        float[] bad = [.. good];
        bad[25] = value;
        var data = Views.Of(_mlContext, [good, bad, good], 6, 10);

        var outputs = _mlContext.Transforms.GroupNormalize(Views.Output, 3, Views.Input, affine: _affine).Fit(data).Transform(data).Rows<float>();

        Assert.Equal(outputs[0], outputs[2]);
        Assert.All(outputs[0], output => Assert.True(float.IsFinite(output)));
        for (int i = 0; i < 60; i++)
        {
            if (i is >= 20 and < 40)
                Assert.True(float.IsNaN(outputs[1][i]));
            else
                Assert.Equal(outputs[0][i], outputs[1][i]);
        }
    }

    [Fact]
    public void An_empty_row_of_variable_size_stays_empty()
    {
        var data = Views.Of(_mlContext, [Values.Single(1, 12), [], Values.Single(2, 6)]);

        var outputs = _mlContext.Transforms.GroupNormalize(Views.Output, 3, Views.Input, numberOfChannels: 3).Fit(data).Transform(data).Rows<float>();

        Assert.Equal([12, 0, 6], outputs.Select(row => row.Length));
    }

    [Theory]
    [InlineData(true, 11, "declares 12")]
    [InlineData(true, 0, "declares 12")]
    [InlineData(true, 24, "declares 12")]
    [InlineData(false, 11, "multiple of the 3 channels")]
    [InlineData(false, 3, "fewer groups")]
    public void A_row_of_a_wrong_length_is_an_error_that_names_column_position_and_lengths(bool knownSize, int length, string expected)
    {
        var data = Views.Of(_mlContext, [Values.Single(1, 12), Values.Single(2, 12), new float[length]], knownSize ? [12] : []);
        var view = _mlContext.Transforms.GroupNormalize(Views.Output, 3, Views.Input, numberOfChannels: 3).Fit(data).Transform(data);

        var error = Assert.ThrowsAny<InvalidOperationException>(() => view.Rows<float>());

        Assert.All(["'Input'", "position 2", $"{length} values", expected], word => Assert.Contains(word, error.Message));
    }

    [Fact]
    public void Rows_in_memory_that_others_own_are_not_written_to()
    {
        float[] owned = Values.Single(1, 12);
        var data = Views.Of(_mlContext, [owned], 12);

        _ = _mlContext.Transforms.GroupNormalize(Views.Input, 3).Fit(data).Transform(data).Rows<float>(Views.Input);

        Assert.Equal(Values.Single(1, 12), owned);
    }

    [Fact]
    public void Nothing_is_allocated_per_row()
    {
        const int rows = 200;
        var data = _mlContext.Data.Cache(Views.Of(_mlContext, Enumerable.Range(0, rows).Select(seed => Values.Single(seed, 600)), 6, 100));
        var view = _mlContext.Transforms.GroupNormalize(Views.Output, 3, Views.Input).Fit(data).Transform(data);
        _ = view.Rows<float>();

        // The first row makes the buffers; the cache itself, once filled, allocates a little now and then.
        long ofView = AllocatedAfterFirstRow(view, Views.Output);
        long ofSource = AllocatedAfterFirstRow(data, Views.Input);

        Assert.Equal(0, (ofView - ofSource) / rows);
    }

    private static long AllocatedAfterFirstRow(IDataView view, string column)
    {
        using var cursor = view.GetRowCursor([view.Schema[column]]);
        var getter = cursor.GetGetter<VBuffer<float>>(view.Schema[column]);
        VBuffer<float> row = default;
        Assert.True(cursor.MoveNext());
        getter(ref row);
        long before = GC.GetAllocatedBytesForCurrentThread();
        while (cursor.MoveNext())
            getter(ref row);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
