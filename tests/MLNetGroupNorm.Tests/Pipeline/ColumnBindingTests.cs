using Microsoft.ML;
using MLNetGroupNorm.Pipeline;
using MLNetGroupNorm.Tests.Support;
using Options = MLNetGroupNorm.GroupNormEstimator.ColumnOptions;

namespace MLNetGroupNorm.Tests.Pipeline;

public sealed class ColumnBindingTests
{
    /// <summary>Under which ML.NET notes the environment in an exception.</summary>
    private const string ThrowingComponent = "Throwing component";

    private readonly MLContext _mlContext = new(seed: 1);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Rows_of_any_size_have_a_spatial_size_of_0_until_they_are_seen(int channels)
    {
        var column = Bind(new Options("Out", 1, Views.Input, channels));

        Assert.Equal((channels, 0), (column.RowShape.Channels, column.RowShape.SpatialSize));
        Assert.Equal(6 / channels, column.ShapeOf(6, position: 0).SpatialSize);
    }

    [Fact]
    public void Rows_of_one_size_have_its_shape()
    {
        var column = Bind(new Options("Out", 1, Views.Input), 2, 3);

        Assert.Equal((2, 3), (column.RowShape.Channels, column.RowShape.SpatialSize));
        Assert.Equal(column.RowShape, column.ShapeOf(6, position: 0));
        foreach (int length in new[] { 5, 7 })
            Assert.Contains($"has {length} values", Assert.ThrowsAny<InvalidOperationException>(() => column.ShapeOf(length, position: 0)).Message);
    }

    [Fact]
    public void Errors_are_noted_by_the_environment_that_the_column_is_bound_in()
    {
        AssertNoted(() => Bind(new Options("Out", 1, "absent"), 2, 3));
        AssertNoted(() => Bind(new Options("Out", 1, Views.Input, numberOfChannels: 4), 2, 3));
        AssertNoted(() => Bind(new Options("Out", 1, Views.Input), 2, 3).ShapeOf(5, position: 0));

        static void AssertNoted(Action bind) => Assert.True(Assert.ThrowsAny<Exception>(bind).Data.Contains(ThrowingComponent));
    }

    private ColumnBinding Bind(Options options, params int[] dimensions) =>
        new(_mlContext, options, Views.Of(_mlContext, [new float[6]], dimensions).Schema);
}
