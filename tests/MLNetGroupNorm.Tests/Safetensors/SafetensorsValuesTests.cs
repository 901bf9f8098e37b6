using static MLNetGroupNorm.Tests.Safetensors.SafetensorsBytes;

namespace MLNetGroupNorm.Tests.Safetensors;

public sealed class SafetensorsValuesTests
{
    [Fact]
    public void F32_is_taken_bit_for_bit()
    {
        float[] values = [1.5f, -0f, float.Epsilon, -float.MaxValue, 1.17549421e-38f, 0.1f];

        Assert.Equal(Bits(values), Bits(LoadAs("F32", Bytes(values), values.Length)));
    }

    [Fact]
    public void F64_is_rounded_to_the_nearest_float()
    {
        // 2^-150 is half of the smallest float and ties to zero; the next double above it does not. 16777217 ties to even.
        double smallest = Math.Pow(2, -150);
        float[] expected = [0.1f, 0f, float.Epsilon, 16777216f, float.MaxValue, -0f];
        byte[] bytes = Bytes(0.1, smallest, Math.BitIncrement(smallest), 16777217, float.MaxValue, -0.0);

        Assert.Equal(Bits(expected), Bits(LoadAs("F64", bytes, expected.Length)));
    }

    [Theory]
    [InlineData("F16", 5)]
    [InlineData("BF16", 8)]
    public void Every_finite_pattern_of_16_bits_is_exact(string dtype, int exponentBits)
    {
        // A sign, the exponent with half its range as bias, the rest fraction; exponent 0 is subnormal.
        int fractionBits = 15 - exponentBits, one = 1 << fractionBits, last = (1 << exponentBits) - 1;
        int Exponent(int pattern) => pattern >> fractionBits & last;
        float Value(int pattern) => (float)((pattern >> 15 == 0 ? 1.0 : -1.0)
            * ((pattern & one - 1) + (Exponent(pattern) == 0 ? 0 : one))
            * Math.Pow(2, Math.Max(Exponent(pattern), 1) - last / 2 - fractionBits));
        int[] patterns = [.. Enumerable.Range(0, 1 << 16).Where(pattern => Exponent(pattern) != last)];

        float[] found = LoadAs(dtype, Bytes([.. patterns.Select(pattern => (ushort)pattern)]), patterns.Length);

        Assert.Equal(Bits([.. patterns.Select(Value)]), Bits(found));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(511)]
    [InlineData(512)]
    [InlineData(1023)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(2500)]
    public void Lengths_around_the_pieces_in_which_values_are_read(int length)
    {
        float[] values = [.. Enumerable.Range(0, length).Select(i => i - 7.25f)];

        Assert.Equal(values, LoadAs("F32", Bytes(values), length));
        Assert.Equal(values, LoadAs("F64", Bytes([.. values.Select(v => (double)v)]), length));
    }

    [Theory]
    [InlineData(3.4028235677973366e38)] // the midpoint of the largest float and what would follow it: rounds to infinity
    [InlineData(-1e300)]
    public void F64_beyond_the_range_of_float_is_an_error_that_names_it(double value)
    {
        var error = Assert.Throws<InvalidDataException>(() => LoadAs("F64", Bytes(1, 2, value), 3));

        Assert.Contains($"'norm.weight': value 2 is {value:R}, which is beyond the range of float", error.Message);
    }

    [Theory]
    [InlineData("F32", new byte[] { 0, 0, 128, 63, 0, 0, 192, 127 }, "NaN")]
    [InlineData("F32", new byte[] { 0, 0, 128, 63, 0, 0, 128, 255 }, "-Infinity")]
    [InlineData("F64", new byte[] { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 240, 127 }, "Infinity")]
    [InlineData("F16", new byte[] { 0, 60, 0, 124 }, "Infinity")]
    [InlineData("F16", new byte[] { 0, 60, 1, 124 }, "NaN")]
    [InlineData("BF16", new byte[] { 128, 63, 128, 255 }, "-Infinity")]
    [InlineData("BF16", new byte[] { 128, 63, 193, 127 }, "NaN")]
    public void A_value_that_is_not_finite_is_an_error_that_names_it(string dtype, byte[] bytes, string found)
    {
        var error = Assert.Throws<InvalidDataException>(() => LoadAs(dtype, bytes, 2));

        Assert.Contains($"'norm.weight': value 1 is {found}. Every value must be finite.", error.Message);
    }

    private static float[] LoadAs(string dtype, byte[] bytes, int length)
    {
        byte[] bias = Bytes(new float[length]);
        return [.. Load(Of(("norm.bias", "F32", $"[{length}]", bias), ("norm.weight", dtype, $"[{length}]", bytes))).Weight!];
    }

    private static int[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToInt32Bits)];
}
