using Microsoft.Extensions.ObjectPool;
using Microsoft.ML;

namespace MLNetGroupNorm.Samples.Serving;

/// <summary>Makes the engines of a pool: an engine is for one thread at a time, the model behind it for all.</summary>
internal sealed class EnginePolicy(MLContext mlContext, ITransformer model)
    : PooledObjectPolicy<PredictionEngine<Upload, Prediction>>
{
    // By default an engine takes the model with it when it is disposed of, which a pool does with engines beyond its size.
    private readonly PredictionEngineOptions _options = new() { OwnsTransformer = false };

    public override PredictionEngine<Upload, Prediction> Create() =>
        mlContext.Model.CreatePredictionEngine<Upload, Prediction>(model, _options);

    public override bool Return(PredictionEngine<Upload, Prediction> obj) => true;
}
