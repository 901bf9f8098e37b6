using MLNetGroupNorm.Onnx;

namespace MLNetGroupNorm.Samples.FeatureMaps;

/// <summary>
/// A small convolution network: convolution → group normalization → ReLU → mean of each map → head. It is written whole, or
/// as the two models that stand before and after the normalization.
/// </summary>
internal sealed class Network(Random random)
{
    public const int Channels = 16;
    public const int Groups = 4;
    public const float Epsilon = 1e-5f; // ONNX keeps it as a float
    private const int Opset = 21; // the first whose GroupNormalization has parameters per channel
    private const int KernelSize = 5;
    private const int MapSize = Texture.Size - KernelSize + 1;
    private static readonly int[] _mapShape = [1, Channels, MapSize, MapSize]; // batches of one, as ML.NET feeds rows

    private readonly float[] _kernels = [.. Enumerable.Range(0, Channels).SelectMany(_ => Kernel(random))];

    /// <summary>The normalization's parameters, one per channel. Drawn here; a real network has trained ones.</summary>
    public float[] Weight { get; } = random.Between(0.5, 1.5, Channels);

    public float[] Bias { get; } = random.Between(-0.3, 0.3, Channels);

    /// <summary>pixels → maps.</summary>
    public byte[] Convolution()
    {
        var model = new OnnxModel(Opset);
        AddConvolution(model);
        return model.Output("maps", OnnxType.Single, _mapShape).ToArray();
    }

    /// <summary>normalized → features.</summary>
    public static byte[] Pooling()
    {
        var model = new OnnxModel(Opset).Input("normalized", OnnxType.Single, _mapShape);
        AddPooling(model, "normalized");
        return model.Output("features", OnnxType.Single, 1, Channels).ToArray();
    }

    /// <summary>pixels → whole.normalized, whole.scores: with ONNX's own normalization, and the trained head.</summary>
    public byte[] Whole(float[] headWeight, float[] headBias)
    {
        var model = new OnnxModel(Opset)
            .Constant("norm1.weight", Weight, Channels)
            .Constant("norm1.bias", Bias, Channels)
            .Constant("head.weight", headWeight, headBias.Length, Channels)
            .Constant("head.bias", headBias, headBias.Length);
        AddConvolution(model);
        model.Node("GroupNormalization", ["maps", "norm1.weight", "norm1.bias"], "whole.normalized")
            .Attribute("num_groups", Groups).Attribute("epsilon", Epsilon);
        AddPooling(model, "whole.normalized");
        model.Node("Gemm", ["features", "head.weight", "head.bias"], "logits").Attribute("transB", 1);
        model.Node("Softmax", ["logits"], "whole.scores");
        return model
            .Output("whole.normalized", OnnxType.Single, _mapShape)
            .Output("whole.scores", OnnxType.Single, 1, headBias.Length)
            .ToArray();
    }

    private void AddConvolution(OnnxModel model) => model
        .Input("pixels", OnnxType.Single, 1, 1, Texture.Size, Texture.Size)
        .Constant("convolution.weight", _kernels, Channels, 1, KernelSize, KernelSize)
        .Node("Conv", ["pixels", "convolution.weight"], "maps");

    private static void AddPooling(OnnxModel model, string input)
    {
        model.Node("Relu", [input], "positive");
        model.Node("GlobalAveragePool", ["positive"], "means");
        model.Node("Flatten", ["means"], "features");
    }

    /// <summary>Random values that add up to one, so that brightness comes through alike in all maps of a group.</summary>
    private static IEnumerable<float> Kernel(Random random)
    {
        float[] values = random.Between(-1, 1, KernelSize * KernelSize);
        float excess = (values.Sum() - 1) / values.Length;
        return values.Select(value => value - excess);
    }
}
