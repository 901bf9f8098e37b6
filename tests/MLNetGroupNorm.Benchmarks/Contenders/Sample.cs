using System.Numerics;
using MLNetGroupNorm.Tests.Reference;

namespace MLNetGroupNorm.Benchmarks.Contenders;

/// <summary>Values of one sample, channels first, and what the formula makes of them, exactly.</summary>
internal sealed class Sample
{
    public const double Epsilon = 1e-5f; // ONNX keeps it as a float

    private readonly int _groupLength;
    private double[]? _normalized;

    private Sample(TensorShape shape, IEnumerable<double> values)
    {
        _groupLength = shape.GroupLength;
        Values = [.. values];
    }

    public double[] Values { get; }

    /// <summary>(x − μ) / sqrt(σ² + ε), before weight and bias.</summary>
    public double[] Normalized => _normalized ??= [.. Values.Chunk(_groupLength).SelectMany(group =>
    {
        var exact = new ExactReference(group, Epsilon);
        return Array.ConvertAll(group, x => exact.Value(x, 1, 0).ToDouble());
    })];

    /// <summary>Values of <typeparamref name="T"/> with standard deviation 1 around <paramref name="mean"/>.</summary>
    public static Sample Normal<T>(TensorShape shape, double mean)
        where T : IFloatingPointIeee754<T> => Normal<T>(shape, _ => mean);

    /// <summary>The same with a mean for each group.</summary>
    public static Sample Normal<T>(TensorShape shape, Func<int, double> meanOfGroup)
        where T : IFloatingPointIeee754<T>
    {
        var random = new Random(shape.Length);
        return new(shape, Enumerable.Range(0, shape.Length).Select(i =>
            double.CreateTruncating(T.CreateTruncating(meanOfGroup(i / shape.GroupLength) + Normal(random)))));
    }

    /// <summary>Equal values.</summary>
    public static Sample Constant(TensorShape shape, double value) => new(shape, Enumerable.Repeat(value, shape.Length));

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
