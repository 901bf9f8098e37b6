using MLNetGroupNorm.Tests.Reference;

namespace MLNetGroupNorm.Benchmarks.Contenders;

/// <summary>Normally distributed values of one sample, channels first, and what the formula makes of them, exactly.</summary>
internal sealed class Sample
{
    public const double Epsilon = 1e-5f; // ONNX keeps it as a float

    public Sample(TensorShape shape, double mean)
    {
        var random = new Random(shape.Length);
        Values = [.. Enumerable.Range(0, shape.Length).Select(_ => (float)(mean + Normal(random)))];
        int length = shape.Length / shape.Groups;
        Normalized = [.. Values.Chunk(length).SelectMany(group =>
        {
            var exact = new ExactReference(Array.ConvertAll(group, x => (double)x), Epsilon);
            return Array.ConvertAll(group, x => exact.Value(x, 1, 0).ToDouble());
        })];
    }

    public float[] Values { get; }

    /// <summary>(x − μ) / sqrt(σ² + ε), before weight and bias.</summary>
    public double[] Normalized { get; }

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
