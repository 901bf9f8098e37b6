using MLNetGroupNorm.Safetensors;

namespace MLNetGroupNorm.Tests.Safetensors;

public sealed class SafetensorsTensorTests
{
    [Theory]
    [InlineData(1, 0UL, false)]
    [InlineData(1, 1UL, true)]
    [InlineData(1, (ulong)SafetensorsTensor.MaxParameters, true)]
    [InlineData(1, SafetensorsTensor.MaxParameters + 1UL, false)]
    [InlineData(1, ulong.MaxValue, false)]
    [InlineData(0, 1UL, false)]
    [InlineData(2, 1UL, false)]
    public void Parameters_have_one_dimension_of_at_least_one_value_and_no_more_than_any_layer_has(int rank, ulong length, bool isParameter) =>
        Assert.Equal(isParameter, new SafetensorsTensor("norm.weight", "F32", rank, length, 0, length * 4).IsParameter);

    [Theory]
    [InlineData("F64", 8, true)]
    [InlineData("F32", 4, true)]
    [InlineData("F16", 2, true)]
    [InlineData("BF16", 2, true)]
    [InlineData("F8_E4M3", 1, false)]
    [InlineData("I32", 4, false)]
    [InlineData("f32", 4, false)]
    public void Parameters_are_of_the_four_types_that_are_read(string dtype, int size, bool isParameter)
    {
        var tensor = new SafetensorsTensor("norm.weight", dtype, 1, 3, 10, 10 + (3 * (ulong)size));

        Assert.Equal(isParameter, tensor.IsParameter);
        Assert.Equal(size, tensor.ValueSize);
    }
}
