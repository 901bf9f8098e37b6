using MLNetGroupNorm.Tests.Support;
using static MLNetGroupNorm.Tests.Safetensors.SafetensorsBytes;

namespace MLNetGroupNorm.Tests.Safetensors;

public sealed class AffineReaderTests
{
    [Theory]
    // diffusers: UNet2DConditionModel and AutoencoderKL
    [InlineData("down_blocks.0.resnets.1.norm2", "down_blocks.0.resnets.1.norm2.weight", "down_blocks.0.resnets.1.norm2.bias")]
    [InlineData("conv_norm_out", "conv_norm_out.weight", "conv_norm_out.bias")]
    [InlineData("decoder.mid_block.attentions.0.group_norm", "decoder.mid_block.attentions.0.group_norm.weight",
        "decoder.mid_block.attentions.0.group_norm.bias")]
    // timm: resnetv2_50x1_bit
    [InlineData("stages.2.blocks.0.norm3", "stages.2.blocks.0.norm3.weight", "stages.2.blocks.0.norm3.bias")]
    // detectron2: a backbone with GN
    [InlineData("backbone.bottom_up.res2.0.conv1.norm", "backbone.bottom_up.res2.0.conv1.norm.weight",
        "backbone.bottom_up.res2.0.conv1.norm.bias")]
    // Keras: the paths of a model's variables
    [InlineData("res_block_1/group_normalization_2", "res_block_1/group_normalization_2/gamma",
        "res_block_1/group_normalization_2/beta")]
    [InlineData("group_normalization", "group_normalization/gamma", "group_normalization/beta")]
    // Flax: flattened parameters, with either separator
    [InlineData("params/down_blocks_0/resnets_0/norm1/GroupNorm_0", "params/down_blocks_0/resnets_0/norm1/GroupNorm_0/scale",
        "params/down_blocks_0/resnets_0/norm1/GroupNorm_0/bias")]
    [InlineData("params.GroupNorm_0", "params.GroupNorm_0.scale", "params.GroupNorm_0.bias")]
    [InlineData("", "weight", "bias")]
    [InlineData("", "gamma", "beta")]
    public void Layers_are_read_as_each_library_names_them(string layer, string weight, string bias)
    {
        byte[] file = Of((bias, [1f, 2f]), (weight, [3f, 4f]));

        var affine = Load(file, layer);

        Assert.Equal([3f, 4f], affine.Weight);
        Assert.Equal([1f, 2f], affine.Bias);
    }

    [Theory]
    [InlineData("weight", true)]
    [InlineData("gamma", true)]
    [InlineData("scale", true)]
    [InlineData("bias", false)]
    [InlineData("beta", false)]
    public void Half_a_layer_is_read_as_such(string name, bool isWeight)
    {
        foreach (char separator in "./")
        {
            // The counter and the mean of a batch normalization are no matrices, and so no signs of a convolution.
            byte[] file = Of(($"norm{separator}count", "I64", "[]", new byte[8]), ($"norm{separator}mean", "F32", "[1]", Bytes(4f)),
                ($"norm{separator}{name}", "F32", "[1]", Bytes(5f)));

            var affine = Load(file);

            Assert.Equal(isWeight ? [5f] : null, affine.Weight);
            Assert.Equal(isWeight ? null : [5f], affine.Bias);
            using var onDisk = new TemporaryFile(file);
            Assert.Equal(["norm"], GroupNormAffine.ListSafetensorsLayers(onDisk.Path));
        }
    }

    [Theory]
    [InlineData("norm.weight", "norm.gamma")]
    [InlineData("norm.weight", "norm.scale")]
    [InlineData("norm.weight", "norm.beta")]
    [InlineData("norm.gamma", "norm.bias")]
    [InlineData("norm.scale", "norm.beta")]
    [InlineData("norm.bias", "norm.beta")]
    [InlineData("norm.weight", "norm/weight")]
    [InlineData("norm.weight", "norm/bias")]
    [InlineData("norm.weight", "norm.bias", "norm/gamma", "norm/beta")]
    public void Names_of_two_conventions_at_once_are_an_error(params string[] names)
    {
        float[] one = [1f];
        byte[] file = Of([.. names.Select(name => (name, one))]);

        var error = Assert.Throws<ArgumentException>("layerName", () => Load(file));

        Assert.Contains("which are names of two conventions", error.Message);
        Assert.Contains($"'{names[0]}'", error.Message);
        Assert.Contains("FromSafetensors(path, weightName, biasName)", error.Message);
        using var onDisk = new TemporaryFile(file);
        Assert.Empty(GroupNormAffine.ListSafetensorsLayers(onDisk.Path));
    }

    [Theory]
    [InlineData("norm.weight", "norm.bias", "tensor 'norm.weight': it has 2 dimensions")] // PyTorch
    [InlineData("norm.kernel", "norm.bias", "'norm.bias': beside it is 'norm.kernel' with 2 dimensions, as in a convolution")] // Flax
    [InlineData("norm/kernel", "norm/bias", "'norm/bias': beside it is 'norm/kernel' with 2 dimensions")] // Keras
    [InlineData("norm.weight_v", "norm.bias", "beside it is 'norm.weight_v'")] // PyTorch's weight_norm
    [InlineData("norm.weight", "norm.other", "tensor 'norm.weight': it has 2 dimensions")] // no bias
    public void A_convolution_is_refused(string matrix, string vector, string message)
    {
        byte[] file = Of((matrix, "F32", "[1,1]", Bytes(1f)), (vector, "F32", "[1]", Bytes(1f)));

        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => Load(file)).Message);
    }

    [Fact]
    public void A_layer_that_is_not_there_is_an_error_that_names_the_nearest()
    {
        float[] one = [1f];
        var names = Enumerable.Range(0, 20).SelectMany(i => new[] { $"m.layer{i}.norm.bias", $"m.layer{i}.norm.weight" });
        byte[] file = Of([.. names.Select(name => (name, one))]);

        var error = Assert.Throws<ArgumentException>("layerName", () => Load(file, "layer17.norm"));

        Assert.Contains("(a stream) has no layer 'layer17.norm': ", error.Message);
        Assert.Contains("The nearest of its 20 layers are 'm.layer17.norm', 'm.layer7.norm', ", error.Message);
    }

    [Theory]
    // detectron: Caffe2's names, and the same with batch normalization's statistics
    [InlineData("res2_0_branch2a_gn", "weightName: \"res2_0_branch2a_gn_s\", biasName: \"res2_0_branch2a_gn_b\"",
        "res2_0_branch2a_gn_s", "res2_0_branch2a_gn_b")]
    [InlineData("bn", "weightName: \"bn_s\", biasName: \"bn_b\"", "bn_b", "bn_riv", "bn_rm", "bn_s")]
    // Keras 2: the names of a model's weights
    [InlineData("gn", "weightName: \"gn/gamma:0\", biasName: \"gn/beta:0\"", "gn/gamma:0", "gn/beta:0")]
    [InlineData("gn", "weightName: \"gn_scale\", biasName: null", "gn_scale", "other")]
    [InlineData("gn", "The tensors 'gn_o', 'gn_w' are read by name: FromSafetensors(path, weightName: \"gn_w\", biasName: \"gn_o\")", "gn_w", "gn_o")]
    [InlineData("gn", "weightName: null, biasName: \"gn_b\"", "gn_b", "other")]
    [InlineData("gn", "The tensors 'gn_x' are read by name: FromSafetensors(path, weightName, biasName)", "gn_x", "gn_x.s", "gn_x/s")]
    [InlineData("gn", "Tensors of other names are read by name: FromSafetensors(path, weightName, biasName)")]
    [InlineData("gn", "such as 'gm', 'other', are read by name: FromSafetensors(path, weightName, biasName)", "gm", "other")]
    public void Tensors_of_other_names_are_proposed_with_the_arguments_that_read_them(
        string layer, string arguments, params string[] names)
    {
        float[] one = [1f];
        byte[] file = Of([.. names.Select(name => (name, one))]);

        var error = Assert.Throws<ArgumentException>("layerName", () => Load(file, layer));

        Assert.Contains("It has no layer of such names at all.", error.Message);
        Assert.Contains(arguments, error.Message);
    }

    [Fact]
    public void A_tensor_given_as_a_layer_is_answered_with_its_layer()
    {
        byte[] file = Of(("a.norm.weight", [1f]), ("a.norm.bias", [1f]), ("b.norm.weight", [1f]));

        Assert.Contains("The nearest of its 2 layers are 'a.norm', ",
            Assert.Throws<ArgumentException>("layerName", () => Load(file, "a.norm.weight")).Message);
    }

    [Fact]
    public void A_tensor_that_is_not_there_is_an_error_that_counts_the_others()
    {
        Assert.Contains("has no tensor 'a', and no other one.", Message());
        Assert.Contains("has no tensor 'a', and 1 others. The nearest are 'b'.", Message("b"));

        static string Message(params string[] names)
        {
            float[] one = [1f];
            using var stream = new MemoryStream(Of([.. names.Select(name => (name, one))]));
            return Assert.Throws<ArgumentException>("weightName", () => GroupNormAffine.FromSafetensors(stream, "a", null)).Message;
        }
    }

    [Fact]
    public void Tensors_are_read_by_their_own_names()
    {
        using var stream = new MemoryStream([7, .. Of(("gn_b", [1f]), ("gn_s", [2f]), ("long", [3f, 4f]))]) { Position = 1 };
        GroupNormAffine Read(string? weight, string? bias) => GroupNormAffine.FromSafetensors(stream, weight, bias);

        Assert.Equal([2f], Read("gn_s", "gn_b").Weight);
        Assert.Equal([1f], Read("gn_s", "gn_b").Bias);
        Assert.Null(Read("long", null).Bias);
        Assert.Equal([3f, 4f], Read(null, "long").Bias);
        Assert.Throws<ArgumentException>("weightName", () => Read(null, null));
        Assert.Contains("has no tensor 'gm_s', and 3 others. The nearest are 'gn_s', 'gn_b'",
            Assert.Throws<ArgumentException>("weightName", () => Read("gm_s", "gn_b")).Message);
        Assert.Contains("has no tensor ''", Assert.Throws<ArgumentException>("biasName", () => Read("gn_s", "")).Message);
        Assert.Contains("it has 2 values, and 'gn_b' has 1",
            Assert.Throws<InvalidDataException>(() => Read("long", "gn_b")).Message);
        Assert.Equal(1, stream.Position);
    }
}
