using System.IO.Pipes;
using MLNetGroupNorm.Safetensors;
using MLNetGroupNorm.Tests.Support;
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
    public void A_bias_that_is_no_parameter_is_refused_too()
    {
        byte[] file = Of(("norm.bias", "I32", "[1]", new byte[4]), ("norm.weight", "F32", "[1]", Bytes(1f)));

        Assert.Contains("tensor 'norm.bias': its values are 'I32'", Assert.Throws<InvalidDataException>(() => Load(file)).Message);
    }

    [Theory]
    [InlineData("/models/model-00001-of-00003.safetensors", "model.safetensors.index.json")]
    [InlineData("a-12-of-20.safetensors", "a.safetensors.index.json")]
    [InlineData("a-1-of-10.safetensors", "a.safetensors.index.json")]
    [InlineData("a-1-of-11.safetensors", "a.safetensors.index.json")]
    [InlineData("a-1-of-1.safetensors", null)] // all of it
    [InlineData("a-00001-of-00001.safetensors", null)]
    [InlineData("model.safetensors", null)]
    [InlineData("a-1-of-2.safetensors.part", null)]
    [InlineData("a-1-of-2_safetensors", null)]
    [InlineData("a-x-of-2.safetensors", null)]
    [InlineData("a-1-of-x.safetensors", null)]
    [InlineData("a--of-2.safetensors", null)]
    [InlineData("a-1-of-.safetensors", null)]
    [InlineData("(a stream)", null)]
    public void A_part_of_a_model_is_known_by_its_number(string source, string? index)
    {
        using var file = new SafetensorsFile(new MemoryStream(Of(("weight", [1f]))), source);

        Assert.Equal(index, file.IndexName);
    }

    [Fact]
    public void A_file_that_ends_while_it_is_read_is_an_error()
    {
        using var stream = new ShorterThanItSays(Of(("norm.bias", [1f]), ("norm.weight", [2f])), missing: 2);

        var error = Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(stream, "norm"));

        Assert.Contains("it ended while it was read", error.Message);
    }

    [Fact]
    public void A_file_that_is_refused_is_closed()
    {
        using var folder = new TemporaryFolder();
        string broken = folder.Write("broken", Raw("{", []));
        string index = folder.Write("index.json", """{"weight_map":{"norm.weight":"broken"}}"""u8.ToArray());

        foreach (string path in new[] { broken, index })
        {
            Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(path, "norm"));
            // Nobody else may have it open.
            new FileStream(broken, FileMode.Open, FileAccess.Read, FileShare.None).Dispose();
            new FileStream(index, FileMode.Open, FileAccess.Read, FileShare.None).Dispose();
        }
    }

    [Fact]
    public void A_folder_is_an_error_that_says_so()
    {
        var error = Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(Path.GetTempPath(), "norm"));

        Assert.Contains("it is a folder. Give a file in it", error.Message);
    }

    [Fact]
    public void A_pipe_is_an_error_that_says_so()
    {
        using var server = new AnonymousPipeServerStream(PipeDirection.Out, HandleInheritability.None);
        string path = $"/proc/self/fd/{server.ClientSafePipeHandle.DangerousGetHandle()}";
        Assert.SkipUnless(File.Exists(path), "Only Linux gives a pipe a path.");

        var error = Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(path, "norm"));

        Assert.Contains("it is a pipe or a device", error.Message);
    }

    private sealed class ShorterThanItSays(byte[] bytes, int missing) : MemoryStream(bytes[..^missing])
    {
        public override long Length => base.Length + missing;
    }
}
