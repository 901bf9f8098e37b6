namespace MLNetGroupNorm.Tests;

public sealed class GroupNormAffineTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(12)]
    public void Identity_is_ones_and_zeros(int channels)
    {
        var affine = GroupNormAffine.Identity(channels);

        Assert.Equal(channels, affine.NumberOfChannels);
        Assert.Equal(Enumerable.Repeat(1f, channels), affine.Weight);
        Assert.Equal(Enumerable.Repeat(0f, channels), affine.Bias);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void Identity_of_less_than_one_channel_is_refused(int channels)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => GroupNormAffine.Identity(channels));

        Assert.Equal("numberOfChannels", error.ParamName);
        Assert.Contains("at least 1", error.Message);
    }

    [Fact]
    public void One_channel_is_enough_and_either_parameter_may_be_absent()
    {
        Assert.Equal([2f], new GroupNormAffine([2], null).Weight);
        Assert.Null(new GroupNormAffine([2], null).Bias);
        Assert.Equal([3f], new GroupNormAffine(null, [3]).Bias);
        Assert.Null(new GroupNormAffine(null, [3]).Weight);
    }

    [Fact]
    public void Both_absent_is_refused() =>
        Assert.Contains("Give at least one", Assert.Throws<ArgumentException>(() => new GroupNormAffine(null, null)).Message);

    [Fact]
    public void Empty_parameters_are_refused_by_name()
    {
        Assert.Equal("weight", Assert.Throws<ArgumentException>(() => new GroupNormAffine([], null)).ParamName);
        Assert.Equal("bias", Assert.Throws<ArgumentException>(() => new GroupNormAffine([1], [])).ParamName);
    }

    [Theory]
    [InlineData(3, 2)]
    [InlineData(3, 4)]
    public void Lengths_that_differ_by_one_are_refused_with_both(int weight, int bias)
    {
        var error = Assert.Throws<ArgumentException>(() => new GroupNormAffine(new float[weight], new float[bias]));

        Assert.Equal("bias", error.ParamName);
        Assert.Contains($"weight has {weight} values and bias has {bias}", error.Message);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Values_that_are_not_finite_are_refused_by_their_place(float value)
    {
        Assert.Contains("weight[0]", Assert.Throws<ArgumentException>(() => new GroupNormAffine([value, 1], null)).Message);
        Assert.Contains("bias[1]", Assert.Throws<ArgumentException>(() => new GroupNormAffine([1, 1], [1, value])).Message);
        Assert.Equal(float.MaxValue, new GroupNormAffine([float.MaxValue], [-float.MaxValue]).Weight![0]);
    }

    [Fact]
    public void Arrays_given_are_copied()
    {
        float[] weight = [1, 2], bias = [3, 4];
        var affine = new GroupNormAffine(weight, bias);
        weight[0] = bias[1] = 9;

        Assert.Equal([1f, 2f], affine.Weight);
        Assert.Equal([3f, 4f], affine.Bias);
    }
}
