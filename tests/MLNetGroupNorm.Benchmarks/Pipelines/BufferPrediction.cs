using Microsoft.ML.Data;

namespace MLNetGroupNorm.Benchmarks.Pipelines;

public sealed class BufferPrediction
{
    [VectorType(3, 224, 224)]
    public VBuffer<float> Normalized { get; set; }
}
