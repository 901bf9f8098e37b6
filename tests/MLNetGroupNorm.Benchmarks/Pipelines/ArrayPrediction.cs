using Microsoft.ML.Data;

namespace MLNetGroupNorm.Benchmarks.Pipelines;

public sealed class ArrayPrediction
{
    [VectorType(3, 224, 224)]
    public float[] Normalized { get; set; } = [];
}
