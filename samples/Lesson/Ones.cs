using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetGroupNorm.Samples.Lesson;

/// <summary>The lesson's layer: 12 channels in 3 groups with affine parameters, on 54 samples of ones.</summary>
internal static class Ones
{
    public static void Run(Checks checks)
    {
        Console.WriteLine("The layer: ones of 54x12x28x28, 3 groups, epsilon 0, identity weight and bias");
        var affine = GroupNormAffine.Identity(12);
        Console.WriteLine($"  weight: {string.Join(" ", affine.Weight!)}");
        Console.WriteLine($"  bias:   {string.Join(" ", affine.Bias!)}");
        checks.That("weight is twelve ones and bias twelve zeros",
            affine.Weight!.SequenceEqual(Enumerable.Repeat(1f, 12)) && affine.Bias!.SequenceEqual(Enumerable.Repeat(0f, 12)));

        var mlContext = new MLContext();
        var data = mlContext.Data.LoadFromEnumerable(Enumerable.Range(0, 54).Select(_ => new Sample()));
        var (shape, values) = Normalize(mlContext, data, affine, epsilon: 0);
        Console.WriteLine($"  output: {values.Count} rows of {shape}");
        checks.That("the shape is kept", values.Count == 54 && shape.Dimensions.SequenceEqual([12, 28, 28]));
        checks.That("equal values with epsilon 0 give 0 / 0: NaN, as in PyTorch", values.TrueForAll(row => row.All(float.IsNaN)));
        (_, values) = Normalize(mlContext, data, affine, epsilon: 1e-5);
        checks.That("with epsilon 1e-5 they give exactly the bias: 0", values.TrueForAll(row => row.All(value => value == 0)));
        Console.WriteLine();
    }

    private static (VectorDataViewType Shape, List<float[]> Values) Normalize(
        MLContext mlContext, IDataView data, GroupNormAffine affine, double epsilon)
    {
        var pipeline = mlContext.Transforms.GroupNormalize("Features", numberOfGroups: 3, epsilon: epsilon, affine: affine);
        var normalized = pipeline.Fit(data).Transform(data);
        return ((VectorDataViewType)normalized.Schema["Features"].Type, [.. normalized.GetColumn<float[]>("Features")]);
    }

    private sealed class Sample
    {
        [VectorType(12, 28, 28)]
        public float[] Features { get; } = [.. Enumerable.Repeat(1f, 12 * 28 * 28)];
    }
}
