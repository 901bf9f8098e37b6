namespace MLNetGroupNorm.Tests;

public sealed class GroupNormAffineTests
{
    [Fact]
    public void Identity_is_ones_and_zeros()
    {
        var affine = GroupNormAffine.Identity(12);

        Assert.Equal(12, affine.NumberOfChannels);
        Assert.Equal(Enumerable.Repeat(1f, 12), affine.Weight);
        Assert.Equal(Enumerable.Repeat(0f, 12), affine.Bias);
    }
}
