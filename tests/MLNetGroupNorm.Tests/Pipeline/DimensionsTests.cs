using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetGroupNorm.Tests.Support;
using Options = MLNetGroupNorm.GroupNormEstimator.ColumnOptions;

namespace MLNetGroupNorm.Tests.Pipeline;

/// <summary>Rows that get their shape from the argument <c>dimensions</c>.</summary>
public sealed class DimensionsTests
{
    private const TensorLayout First = TensorLayout.ChannelsFirst;
    private const TensorLayout Last = TensorLayout.ChannelsLast;

    private readonly MLContext _mlContext = new(seed: 1);

    [Theory]
    [InlineData(new[] { 24 }, new[] { 4, 3, 2 }, First)]
    [InlineData(new[] { 24 }, new[] { 3, 2, 4 }, Last)]
    [InlineData(new[] { 24 }, new[] { 24 }, First)]
    [InlineData(new[] { 0 }, new[] { 4, 6 }, First)]
    [InlineData(new[] { 0 }, new[] { 6, 4 }, Last)]
    [InlineData(new[] { 0, 4 }, new[] { 3, 2, 4 }, Last)]
    [InlineData(new[] { 4, 0 }, new[] { 4, 6 }, First)]
    [InlineData(new[] { 0, 3 }, new[] { 4, 2, 3 }, First)]
    [InlineData(new[] { 1, 4, 3, 2 }, new[] { 4, 3, 2 }, First)]
    [InlineData(new[] { 1, 4, 0, 2 }, new[] { 4, 3, 2 }, First)]
    [InlineData(new[] { 1, 24 }, new[] { 4, 6 }, First)]
    [InlineData(new[] { 24, 1, 1 }, new[] { 4, 6 }, First)]
    [InlineData(new[] { 4, 3, 2 }, new[] { 4, 6 }, First)]
    [InlineData(new[] { 4, 6 }, new[] { 1, 4, 6 }, First)]
    [InlineData(new[] { 4, 6 }, new[] { 4, 6, 1 }, Last)]
    public void The_output_has_them_and_the_values_of_that_shape(int[] type, int[] dimensions, TensorLayout layout)
    {
        int channels = layout == First ? dimensions[0] : dimensions[^1];
        int groups = channels == 1 ? 1 : 2;
        float[][] rows = [Values.Single(1, 24), Values.Single(2, 24)];
        var data = Views.Of(_mlContext, rows, type);
        var estimator = _mlContext.Transforms.GroupNormalize("Output", groups, "Input", layout: layout, dimensions: dimensions);

        var view = estimator.Fit(data).Transform(data);

        Assert.Equal(dimensions, ((VectorDataViewType)view.Schema["Output"].Type).Dimensions);
        Assert.Equal(Array.ConvertAll(rows, row =>
        {
            var expected = new float[24];
            GroupNormalization.Normalize(row, expected, channels, groups, layout: layout);
            return expected;
        }), view.Rows<float>());
        var promised = estimator.GetOutputSchema(SchemaShape.Create(data.Schema)).Single(column => column.Name == "Output");
        Assert.Equal(SchemaShape.Column.VectorKind.Vector, promised.Kind);
    }

    [Theory]
    [InlineData(new[] { 23 }, new[] { 4, 6 }, First, "is 24 values, but Vector<Single, 23> has 23")]
    [InlineData(new[] { 25 }, new[] { 4, 6 }, First, "is 24 values, but Vector<Single, 25> has 25")]
    [InlineData(new[] { 48 }, new[] { 4, 6 }, First, "is 24 values, but Vector<Single, 48> has 48")]
    [InlineData(new[] { 12 }, new[] { 4, 6 }, First, "is 24 values, but Vector<Single, 12> has 12")]
    [InlineData(new[] { 1, 4, 0, 5 }, new[] { 4, 6 }, First, "is 24 values, but Vector<Single, 1, 4, *, 5> has a multiple of 20")]
    [InlineData(new[] { 1, 4, 0, 5 }, new[] { 4, 2 }, First, "is 8 values, but Vector<Single, 1, 4, *, 5> has a multiple of 20")]
    [InlineData(new[] { 6, 4 }, new[] { 4, 6 }, First, "4 is the first of dimensions: [4, 6], but 6 is the first dimension")]
    [InlineData(new[] { 0, 4 }, new[] { 4, 6 }, Last, "6 is the last of dimensions: [4, 6], but 4 is the last dimension")]
    [InlineData(new[] { 64, 64, 3 }, new[] { 3, 64, 64 }, First, "pass layout: TensorLayout.ChannelsLast")]
    public void Those_that_contradict_the_column_are_refused_before_any_row(int[] type, int[] dimensions, TensorLayout layout,
        string message)
    {
        var data = Views.Of(_mlContext, Array.Empty<float[]>(), type);
        var estimator = _mlContext.Transforms.GroupNormalize("Output", 1, "Input", layout: layout, dimensions: dimensions);

        var error = Assert.ThrowsAny<ArgumentException>(() => estimator.Fit(data));

        Assert.Equal("dimensions", error.ParamName);
        Assert.Contains("'Input'", error.Message);
        Assert.Contains(message, error.Message);
        Assert.True(error.IsMarked());
    }

    [Theory]
    [InlineData(23)]
    [InlineData(25)]
    [InlineData(0)]
    [InlineData(48)]
    [InlineData(12)]
    public void A_row_of_another_length_is_an_error_at_that_row(int length)
    {
        var data = Views.Of(_mlContext, [new float[24], new float[length]]);
        var view = _mlContext.Transforms.GroupNormalize("Output", 2, "Input", dimensions: [4, 6]).Fit(data).Transform(data);

        var error = Assert.ThrowsAny<InvalidOperationException>(() => view.Rows<float>());

        Assert.All(["'Input'", "position 1", $"has {length} values", "dimensions: [4, 6] declares 24", "numberOfChannels: 4"],
            word => Assert.Contains(word, error.Message));
        Assert.Single(_mlContext.Data.TakeRows(view, 1).Rows<float>());
    }

    [Fact]
    public void Doubles_and_bytes_have_them_too()
    {
        var doubles = Views.Of(_mlContext, [Values.Double(1, 12)]);
        var bytes = Views.Of(_mlContext, [Values.Byte(1, 12)]);
        var estimator = _mlContext.Transforms.GroupNormalize("Output", 3, "Input", dimensions: [3, 2, 2]);

        Assert.Equal(new VectorDataViewType(NumberDataViewType.Double, 3, 2, 2), TypeOf(doubles));
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 3, 2, 2), TypeOf(bytes));

        DataViewType TypeOf(IDataView data) => estimator.Fit(data).Transform(data).Schema["Output"].Type;
    }

    [Fact]
    public void Sparse_rows_have_the_shape_of_their_dense_form()
    {
        var sparse = new VBuffer<float>(12, 2, [5f, -2f], [1, 11]);
        var data = Views.Of(_mlContext, [sparse, new VBuffer<float>(12, sparse.DenseValues().ToArray())]);

        var model = _mlContext.Transforms.GroupNormalize("Output", 3, "Input", dimensions: [3, 4]).Fit(data);

        var rows = model.Transform(data).Rows<float>();
        Assert.Equal(rows[1], rows[0]);
    }

    [Fact]
    public void Several_columns_have_their_own_and_one_may_replace_its_input()
    {
        var data = Views.Of(_mlContext, [Values.Single(1, 24)]);
        var model = _mlContext.Transforms.GroupNormalize(
            new Options("Input", 2, dimensions: [4, 6]), new Options("Second", 3, "Input", dimensions: [6, 2, 2]),
            new Options("Third", 3, "Input", 3)).Fit(data);

        var schema = model.Transform(data).Schema;

        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 4, 6), schema["Input"].Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 6, 2, 2), schema["Second"].Type);
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single), schema["Third"].Type);
        Assert.Equal(schema.Select(column => column.Type), model.GetOutputSchema(data.Schema).Select(column => column.Type));
    }

    [Fact]
    public void Slot_names_of_a_flat_column_are_kept()
    {
        var data = _mlContext.Data.LoadFromEnumerable([new { A = 1f, B = 2f, C = 4f, D = 9f }]);
        var pipeline = _mlContext.Transforms.Concatenate("Input", "A", "B", "C", "D")
            .Append(_mlContext.Transforms.GroupNormalize("Output", 2, "Input", dimensions: [2, 2]));

        var column = pipeline.Fit(data).Transform(data).Schema["Output"];

        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        Assert.Equal(["A", "B", "C", "D"], names.DenseValues().Select(name => name.ToString()));
        Assert.True(column.IsNormalized());
    }

    [Fact]
    public void They_are_copied()
    {
        int[] dimensions = [4, 6];
        var options = new Options("X", 2, dimensions: dimensions);
        dimensions[0] = 5;

        Assert.Equal([4, 6], options.Dimensions);
        Assert.Throws<NotSupportedException>(() => ((IList<int>)options.Dimensions!)[0] = 5);
    }
}
