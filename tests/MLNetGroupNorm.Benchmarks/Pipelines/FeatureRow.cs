using Microsoft.ML.Data;

namespace MLNetGroupNorm.Benchmarks.Pipelines;

public sealed class FeatureRow
{
    public const int Length = 12 * 28 * 28;

    [VectorType(12, 28, 28)]
    public float[] Features { get; set; } = [];
}
