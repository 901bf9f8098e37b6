using System.Globalization;
using MLNetGroupNorm.Onnx;
using MLNetGroupNorm.Samples.FeatureMaps;
using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Tests.Readme;

/// <summary>The files that the README's programs read, under the names they have there.</summary>
internal static class ReadmeFiles
{
    public static void Write(string folder)
    {
        DigitFolder.Paint(Path.Combine(folder, "pictures"), 60, _ => { });
        WriteSensors(Path.Combine(folder, "sensors.csv"));
        WriteLayer(Path.Combine(folder, "model.safetensors"), "layer1.0.norm1");
        WriteLayer(Path.Combine(folder, "normalization.safetensors"), "norm1");
        WriteConvolution(Path.Combine(folder, "convolution.onnx"));
    }

    /// <summary>A label, and readings of 3 sensors whose shapes differ with the label.</summary>
    private static void WriteSensors(string path) => File.WriteAllLines(path, Enumerable.Range(0, 200).Select(row =>
        string.Join(',', Enumerable.Range(0, 24)
            .Select(i => row + Math.Sin((row % 2 == 1 ? 1.1 : 1) * (i % 8)))
            .Prepend(row % 2)
            .Select(value => value.ToString(CultureInfo.InvariantCulture)))));

    private static void WriteLayer(string path, string layer) => SafetensorsFile.Write(path,
        ($"{layer}.weight", [.. Enumerable.Repeat(1f, 16)]), ($"{layer}.bias", new float[16]));

    private static void WriteConvolution(string path)
    {
        var model = new OnnxModel(opset: 21)
            .Input("pixels", OnnxType.Single, 1, 1, 24, 24)
            .Constant("weight", [.. Enumerable.Repeat(0.04f, 16 * 5 * 5)], 16, 1, 5, 5);
        model.Node("Conv", ["pixels", "weight"], "maps");
        File.WriteAllBytes(path, model.Output("maps", OnnxType.Single, 1, 16, 20, 20).ToArray());
    }
}
