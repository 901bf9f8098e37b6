using static MLNetGroupNorm.Tests.Safetensors.SafetensorsBytes;

namespace MLNetGroupNorm.Tests.Safetensors;

public sealed class SafetensorsFileTests
{
    [Fact]
    public void Only_the_layer_asked_for_is_read()
    {
        byte[] file = Of(("a.bias", [1f]), ("a.weight", [float.NaN]), ("b.bias", [2f, 3f]), ("b.weight", [4f, 5f]));

        var affine = Load(file, "b");

        Assert.Equal([4f, 5f], affine.Weight);
        Assert.Equal([2f, 3f], affine.Bias);
    }

    [Fact]
    public void A_module_saved_by_itself_is_the_layer_with_the_empty_name()
    {
        byte[] file = Of(("bias", [1f]), ("weight", [2f]));

        Assert.Equal([2f], Load(file, "").Weight);
        Assert.Equal([1f], Load(file, "").Bias);
    }

    [Fact]
    public void A_layer_that_is_not_there_is_an_error_that_names_the_nearest()
    {
        float[] one = [1f];
        var names = Enumerable.Range(0, 20).SelectMany(i => new[] { $"m.layer{i}.norm.bias", $"m.layer{i}.norm.weight" });
        byte[] file = Of([.. names.Select(name => (name, one))]);

        var error = Assert.Throws<ArgumentException>("layerName", () => Load(file, "layer17.norm"));

        Assert.Contains("(a stream) has not both 'layer17.norm.weight' and 'layer17.norm.bias'. "
            + "The layers with a weight and a bias of one dimension are 'm.layer17.norm', 'm.layer7.norm', ", error.Message);
        Assert.Contains(" and 10 more.", error.Message);
    }

    [Theory]
    [InlineData("bias", "scale")]
    [InlineData("weight", "beta")]
    [InlineData("gamma", "beta")]
    public void Half_a_layer_is_an_error_that_names_what_there_is(string first, string second)
    {
        byte[] file = Of(($"norm.{first}", [1f]), ($"norm.{second}", [1f]), ("norm.sub.weight", [1f]));

        var error = Assert.Throws<ArgumentException>("layerName", () => Load(file));

        Assert.Contains($"Of that layer it has only 'norm.{first}', 'norm.{second}'. It has no layer with", error.Message);
    }

    [Theory]
    [InlineData("I32", "[1]", 4, "its values are 'I32'. F32, F16, BF16 and F64 can be read.")]
    [InlineData("F8_E4M3", "[4]", 4, "its values are 'F8_E4M3'.")]
    [InlineData("F9", "[4]", 4, "its values are 'F9'.")]
    [InlineData("F32", "[1,1]", 4, "it has 2 dimensions. Parameters have one, that of the channels.")]
    [InlineData("F32", "[]", 4, "it has 0 dimensions.")]
    [InlineData("F32", "[0]", 0, "it has 0 values. Parameters have 1 to 16777216.")]
    [InlineData("F32", "[2]", 8, "it has 2 values, and 'norm.bias' has 1. Both hold one value per channel.")]
    public void Tensors_that_are_no_parameters_are_refused(string dtype, string shape, int size, string message)
    {
        byte[] file = Of(("norm.bias", "F32", "[1]", Bytes(1f)), ("norm.weight", dtype, shape, new byte[size]));

        var error = Assert.Throws<InvalidDataException>(() => Load(file));

        Assert.Contains("tensor 'norm.weight': " + message, error.Message);
    }

    [Fact]
    public void A_file_that_ends_while_it_is_read_is_an_error()
    {
        using var stream = new ShorterThanItSays(Of(("norm.bias", [1f]), ("norm.weight", [2f])), missing: 2);

        var error = Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(stream, "norm"));

        Assert.Contains("it ended while it was read", error.Message);
    }

    private sealed class ShorterThanItSays(byte[] bytes, int missing) : MemoryStream(bytes[..^missing])
    {
        public override long Length => base.Length + missing;
    }
}
