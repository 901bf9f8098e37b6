using Microsoft.Extensions.ObjectPool;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Serving;

/// <summary>Scores images with a saved model, from any number of threads.</summary>
internal sealed class Scorer
{
    private readonly ObjectPool<PredictionEngine<Upload, Prediction>> _engines;

    /// <summary>Loads a model that <see cref="ModelFile"/> made, and scores once with it.</summary>
    /// <exception cref="InvalidDataException">The file is damaged, or no such model.</exception>
    public Scorer(string modelPath)
    {
        try
        {
            var mlContext = new MLContext();
            _engines = new DefaultObjectPoolProvider().Create(new EnginePolicy(mlContext, mlContext.Model.Load(modelPath, out _)));

            var engine = _engines.Get();
            VBuffer<ReadOnlyMemory<char>> classes = default;
            engine.OutputSchema["Score"].GetSlotNames(ref classes);
            _engines.Return(engine);
            Classes = [.. classes.DenseValues().Select(name => name.ToString())];
            Try();
        }
        catch (Exception exception) // bytes that are no model fail in as many ways as there are transforms
        {
            throw new InvalidDataException(
                $"'{modelPath}' is damaged or not a model of this sample ({exception.Message.Split('\n')[0].TrimEnd()}). "
                + "Delete it: the next start makes it anew.", exception);
        }
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

    /// <summary>Scores a picture of one pixel, and throws unless the result is what this sample's models give.</summary>
    public void Try()
    {
        using var pixel = MLImage.CreateFromPixels(1, 1, MLPixelFormat.Bgra32, [0, 0, 0, 255]);
        var prediction = Score(pixel);
        const int Length = PixelRow.Side * PixelRow.Side * PixelRow.Colours;
        if ((prediction.Pixels.Length, prediction.Features.Length, prediction.Score.Length) != (Length, Length, Classes.Count))
            throw new InvalidDataException("it scores other pixels or other classes");
    }
}

/// <summary>What the model takes. Pictures may have any size: the one declared here is what the model makes of them.</summary>
internal sealed class Upload
{
    // ResizeImages hands an image on that already has the size, and disposes of it when the same row is asked for again,
    // as it is for each column of the prediction: so it gets such an image anew each time.
    [ImageType(PixelRow.Side, PixelRow.Side)]
    public required MLImage Image
    {
        get => field is { Width: PixelRow.Side, Height: PixelRow.Side }
            ? MLImage.CreateFromPixels(field.Width, field.Height, field.PixelFormat, field.Pixels)
            : field;
        set;
    }
}

/// <summary>What the model gives.</summary>
internal sealed class Prediction
{
    public string PredictedLabel { get; set; } = "";

    /// <summary>The probability of each class.</summary>
    public float[] Score { get; set; } = [];

    /// <summary>Before normalization.</summary>
    public float[] Pixels { get; set; } = [];

    /// <summary>After normalization.</summary>
    public float[] Features { get; set; } = [];
}

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
