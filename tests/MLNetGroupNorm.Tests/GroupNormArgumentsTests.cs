namespace MLNetGroupNorm.Tests;

public sealed class GroupNormArgumentsTests
{
    [Theory]
    [InlineData(1, "1")]
    [InlineData(2, "one of 1, 2")]
    [InlineData(3, "one of 1, 3")]
    [InlineData(4, "one of 1, 2, 4")]
    [InlineData(9, "one of 1, 3, 9")]
    [InlineData(12, "one of 1, 2, 3, 4, 6, 12")]
    [InlineData(int.MaxValue, "one of 1, 2147483647")]
    public void Divisors_are_told_in_order_and_once(int number, string expected) =>
        Assert.Equal(expected, GroupNormArguments.OneOf(number));

    [Theory]
    [InlineData(2, "1")]
    [InlineData(3, "1")]
    [InlineData(4, "one of 1, 2")]
    public void The_number_itself_is_left_out_where_groups_of_one_value_would_come_of_it(int number, string expected) =>
        Assert.Equal(expected, GroupNormArguments.OneOf(number, allowAll: false));

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    public void Groups_and_channels_less_than_one_are_refused(int count)
    {
        Assert.Equal("numberOfGroups",
            Assert.Throws<ArgumentOutOfRangeException>(() => GroupNormArguments.Check(count, 0, TensorLayout.ChannelsFirst)).ParamName);
        Assert.Equal("numberOfChannels", Assert.Throws<ArgumentOutOfRangeException>(() => GroupNormArguments.CheckChannels(count)).ParamName);
        GroupNormArguments.Check(1, 0, TensorLayout.ChannelsLast);
        GroupNormArguments.CheckChannels(1);
        GroupNormArguments.CheckChannels(null);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(double.Epsilon, true)]
    [InlineData(double.MaxValue, true)]
    [InlineData(-double.Epsilon, false)]
    [InlineData(double.PositiveInfinity, false)]
    [InlineData(double.NaN, false)]
    public void Epsilon_is_finite_and_not_negative(double epsilon, bool isGood)
    {
        var error = Record.Exception(() => GroupNormArguments.Check(1, epsilon, TensorLayout.ChannelsFirst));

        if (isGood)
            Assert.Null(error);
        else
            Assert.Equal("epsilon", Assert.IsType<ArgumentOutOfRangeException>(error).ParamName);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void There_are_two_layouts(int layout, bool isGood)
    {
        var error = Record.Exception(() => GroupNormArguments.Check(1, 0, (TensorLayout)layout));

        if (isGood)
            Assert.Null(error);
        else
            Assert.Equal("layout", Assert.IsType<ArgumentOutOfRangeException>(error).ParamName);
    }

    /// <summary>Sizes near 2^31 are tested by their arithmetic: nobody allocates them.</summary>
    [Theory]
    [InlineData(new[] { int.MaxValue }, int.MaxValue)]
    [InlineData(new[] { 1, int.MaxValue, 1 }, int.MaxValue)]
    [InlineData(new[] { 46340, 46340 }, 46340L * 46340)]
    [InlineData(new[] { 65536, 32767 }, 65536L * 32767)]
    public void As_many_values_as_an_int_counts_are_a_row(int[] dimensions, long product)
    {
        GroupNormArguments.CheckDimensions(dimensions);
        Assert.Equal(product, GroupNormArguments.Product(dimensions));
    }

    [Theory]
    [InlineData(65536, 32768)]
    [InlineData(46341, 46341)]
    [InlineData(int.MaxValue, 2)]
    [InlineData(2, int.MaxValue)]
    [InlineData(65536, 65536, 65536, 65536)] // 2^64, which 64 bits would take for 0
    [InlineData(int.MaxValue, int.MaxValue, int.MaxValue)]
    public void More_values_than_an_int_counts_are_no_row(params int[] dimensions)
    {
        Assert.True(GroupNormArguments.Product(dimensions) > int.MaxValue);
        var error = Assert.Throws<ArgumentException>(() => GroupNormArguments.CheckDimensions(dimensions));
        Assert.Equal("dimensions", error.ParamName);
        Assert.Contains("more values than a row can hold", error.Message);
    }

    [Fact]
    public void Every_dimension_is_at_least_one()
    {
        GroupNormArguments.CheckDimensions(null);
        GroupNormArguments.CheckDimensions([1]);
        foreach (int[] dimensions in new int[][] { [0], [-1], [2, 0], [0, 2], [3, -4] })
            Assert.Contains("at least 1", Assert.Throws<ArgumentException>(() => GroupNormArguments.CheckDimensions(dimensions)).Message);
        Assert.Contains("empty", Assert.Throws<ArgumentException>(() => GroupNormArguments.CheckDimensions([])).Message);
    }
}
