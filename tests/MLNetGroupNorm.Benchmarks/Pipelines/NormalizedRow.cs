using Microsoft.ML.Data;

namespace MLNetGroupNorm.Benchmarks.Pipelines;

public sealed class NormalizedRow
{
    [VectorType(FeatureRow.Length)]
    public float[] Normalized { get; set; } = new float[FeatureRow.Length];
}
