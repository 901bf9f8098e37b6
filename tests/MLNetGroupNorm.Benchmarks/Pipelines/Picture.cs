using Microsoft.ML.Data;

namespace MLNetGroupNorm.Benchmarks.Pipelines;

public sealed class Picture
{
    [VectorType(3, 224, 224)]
    public float[] Pixels { get; set; } = [];
}
