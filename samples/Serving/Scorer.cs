using Microsoft.Extensions.ObjectPool;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetGroupNorm.Samples.Serving;

/// <summary>Scores images with a saved model, from any number of threads.</summary>
internal sealed class Scorer
{
    private readonly ObjectPool<PredictionEngine<Upload, Prediction>> _engines;

    public Scorer(string modelPath)
    {
        var mlContext = new MLContext();
        var model = mlContext.Model.Load(modelPath, out _);
        _engines = new DefaultObjectPoolProvider().Create(new EnginePolicy(mlContext, model));

        var engine = _engines.Get();
        VBuffer<ReadOnlyMemory<char>> classes = default;
        engine.OutputSchema["Score"].GetSlotNames(ref classes);
        _engines.Return(engine);
        Classes = [.. classes.DenseValues().Select(name => name.ToString())];
    }

    /// <summary>The class that each score belongs to.</summary>
    public IReadOnlyList<string> Classes { get; }

    public Prediction Score(MLImage image)
    {
        var engine = _engines.Get();
        var prediction = engine.Predict(new Upload { Image = image });
        _engines.Return(engine); // not after an exception: who knows what state it is in
        return prediction;
    }
}
