using Options = MLNetGroupNorm.GroupNormEstimator.ColumnOptions;

namespace MLNetGroupNorm.Tests;

public sealed class ColumnOptionsTests
{
    private static readonly GroupNormAffine _twelve = GroupNormAffine.Identity(12);

    [Fact]
    public void Options_are_kept_as_given()
    {
        var options = new Options("Out", 3, "In", 12, 1e-3, _twelve, TensorLayout.ChannelsLast);

        Assert.Equal("Out", options.Name);
        Assert.Equal("In", options.InputColumnName);
        Assert.Equal(3, options.NumberOfGroups);
        Assert.Equal(12, options.NumberOfChannels);
        Assert.Equal(1e-3, options.Epsilon);
        Assert.Same(_twelve, options.Affine);
        Assert.Equal(TensorLayout.ChannelsLast, options.Layout);
    }

    [Fact]
    public void Defaults_are_those_of_PyTorch()
    {
        var options = new Options("Features", 3);

        Assert.Equal("Features", options.InputColumnName);
        Assert.Null(options.NumberOfChannels);
        Assert.Equal(1e-5, options.Epsilon);
        Assert.Null(options.Affine);
        Assert.Equal(TensorLayout.ChannelsFirst, options.Layout);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void Groups_less_than_one_are_refused(int groups)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new Options("X", groups));

        Assert.Equal("numberOfGroups", error.ParamName);
        Assert.Equal(groups, error.ActualValue);
        Assert.Contains("at least 1", error.Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-12)]
    public void Channels_less_than_one_are_refused(int channels)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new Options("X", 1, numberOfChannels: channels));

        Assert.Equal("numberOfChannels", error.ParamName);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(24)]
    public void Groups_that_do_not_divide_the_channels_are_refused_with_those_that_do(int groups)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new Options("X", groups, numberOfChannels: 12));

        Assert.Equal("numberOfGroups", error.ParamName);
        Assert.Contains("one of 1, 2, 3, 4, 6, 12 for numberOfGroups", error.Message);
    }

    [Fact]
    public void Groups_are_checked_against_the_affine_where_no_channels_are_given() =>
        Assert.Contains("one of 1, 2, 3, 4, 6, 12 for numberOfGroups",
            Assert.Throws<ArgumentOutOfRangeException>(() => new Options("X", 5, affine: _twelve)).Message);

    [Theory]
    [InlineData(-1e-5)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Epsilon_that_is_negative_or_not_finite_is_refused(double epsilon)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new Options("X", 1, epsilon: epsilon));

        Assert.Equal("epsilon", error.ParamName);
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(double.Epsilon)]
    [InlineData(double.MaxValue)]
    public void Epsilon_may_be_any_finite_value_that_is_not_negative(double epsilon) =>
        Assert.Equal(epsilon, new Options("X", 1, epsilon: epsilon).Epsilon);

    [Fact]
    public void An_affine_per_group_is_refused_and_told_to_be_per_channel()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            new Options("X", 3, numberOfChannels: 12, affine: GroupNormAffine.Identity(3)));

        Assert.Contains("per channel, not per group", error.Message);
    }

    [Fact]
    public void An_affine_of_another_length_is_refused()
    {
        var error = Assert.Throws<ArgumentException>(() =>
            new Options("X", 3, numberOfChannels: 12, affine: GroupNormAffine.Identity(13)));

        Assert.Contains("13 values for 12 channels", error.Message);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void An_output_without_a_name_is_refused(string? name) =>
        Assert.Equal("name", Assert.ThrowsAny<ArgumentException>(() => new Options(name!, 1)).ParamName);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    public void An_empty_input_name_is_refused(string name) =>
        Assert.Equal("inputColumnName", Assert.ThrowsAny<ArgumentException>(() => new Options("X", 1, name)).ParamName);

    [Fact]
    public void An_unknown_layout_is_refused() =>
        Assert.Equal("layout", Assert.Throws<ArgumentOutOfRangeException>(() => new Options("X", 1, layout: (TensorLayout)2)).ParamName);

    [Theory]
    [InlineData(new int[0], "It is empty")]
    [InlineData(new[] { 12, 0 }, "[12, 0]")]
    [InlineData(new[] { -1, 12 }, "[-1, 12]")]
    [InlineData(new[] { 65536, 32768 }, "at most 2147483647")]
    [InlineData(new[] { int.MaxValue, int.MaxValue, int.MaxValue, 2 }, "at most 2147483647")]
    [InlineData(new[] { 2, 1073741824 }, "at most 2147483647")]
    public void Dimensions_that_are_no_shape_are_refused(int[] dimensions, string message)
    {
        var error = Assert.Throws<ArgumentException>(() => new Options("X", 1, dimensions: dimensions));

        Assert.Equal("dimensions", error.ParamName);
        Assert.Contains(message, error.Message);
    }

    [Theory]
    [InlineData(new[] { int.MaxValue }, TensorLayout.ChannelsFirst)]
    [InlineData(new[] { 2, 1073741823 }, TensorLayout.ChannelsFirst)]
    [InlineData(new[] { 1, 1, 2 }, TensorLayout.ChannelsFirst)]
    [InlineData(new[] { 1, 1, 2 }, TensorLayout.ChannelsLast)]
    public void Dimensions_are_kept_as_given(int[] dimensions, TensorLayout layout) =>
        Assert.Equal(dimensions, new Options("X", 1, layout: layout, dimensions: dimensions).Dimensions);

    [Theory]
    [InlineData(6, null, "numberOfChannels", "numberOfChannels is 6, but 3 is the first of dimensions: [3, 5, 5]")]
    [InlineData(null, 6, "affine", "affine holds 6 values for 3 channels: 3 is the first of dimensions: [3, 5, 5]")]
    [InlineData(2, null, "numberOfChannels", "numberOfChannels is 2, but 3 is the first of dimensions")]
    [InlineData(4, null, "numberOfChannels", "numberOfChannels is 4, but 3 is the first of dimensions")]
    public void Dimensions_must_agree_with_channels_and_affine(int? channels, int? ofAffine, string parameter, string message)
    {
        var affine = ofAffine is { } count ? GroupNormAffine.Identity(count) : null;

        var error = Assert.Throws<ArgumentException>(() => new Options("X", 1, null, channels, affine: affine, dimensions: [3, 5, 5]));

        Assert.Equal(parameter, error.ParamName);
        Assert.Contains(message, error.Message);
        _ = new Options("X", 1, null, 3, affine: GroupNormAffine.Identity(3), dimensions: [3, 5, 5]);
    }

    [Fact]
    public void A_batch_of_one_in_dimensions_is_passed_over_where_the_channels_are_given()
    {
        _ = new Options("X", 4, numberOfChannels: 16, dimensions: [1, 16, 28, 28]);
        _ = new Options("X", 4, affine: GroupNormAffine.Identity(16), dimensions: [1, 16, 28, 28]);

        var single = Assert.Throws<ArgumentException>(() => new Options("X", 1, numberOfChannels: 2, dimensions: [1]));
        Assert.Contains("1 is the first of dimensions: [1]", single.Message);

        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new Options("X", 4, dimensions: [1, 16, 28, 28]));
        Assert.Contains("numberOfChannels: 16 or dimensions: [16, 28, 28]", error.Message);
        _ = new Options("X", 4, dimensions: [16, 28, 28]);
    }

    [Theory]
    [InlineData(12, "one of 1, 2, 3, 4, 6.")]
    [InlineData(5, "one of 1, 2, 3, 4, 6 for numberOfGroups")]
    public void Groups_are_checked_against_dimensions_at_once(int groups, string message)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new Options("X", groups, dimensions: [12, 1]));

        Assert.Equal("numberOfGroups", error.ParamName);
        Assert.Contains(message, error.Message);
        _ = new Options("X", 6, dimensions: [12, 1]);
        _ = new Options("X", 12, dimensions: [12, 2]);
    }
}
