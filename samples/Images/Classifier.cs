using Microsoft.ML;
using Microsoft.ML.Trainers;

namespace MLNetGroupNorm.Samples.Images;

/// <summary>A linear classifier behind one of the normalizations.</summary>
public static class Classifier
{
    /// <summary>Trains on rows of pixels. The model takes a column <c>Pixels</c>, and needs no labels.</summary>
    public static ITransformer Train(MLContext mlContext, IEnumerable<PixelRow> rows, Normalization normalization)
    {
        // The labels become keys outside of the model, which would otherwise ask for labels when it scores.
        var pixels = mlContext.Data.LoadFromEnumerable(rows);
        var labelled = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(pixels).Transform(pixels);
        var options = new LbfgsMaximumEntropyMulticlassTrainer.Options
        {
            L1Regularization = 0,
            L2Regularization = 1,
            MaximumNumberOfIterations = 60, // more learns the training pictures by heart, and other light suffers
            NumberOfThreads = 1, // several would add in an order of their own
        };
        return normalization.Create(mlContext)
            .AppendCacheCheckpoint(mlContext)
            .Append(mlContext.MulticlassClassification.Trainers.LbfgsMaximumEntropy(options))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(labelled);
    }

    /// <summary>Saves a model. The file is there only when it is complete.</summary>
    public static void Save(MLContext mlContext, ITransformer model, string path)
    {
        mlContext.Model.Save(model, inputSchema: null, path + ".part"); // a schema of images alone cannot be saved
        File.Move(path + ".part", path, overwrite: true);
    }

    /// <summary>Scores all rows in one pass.</summary>
    public static IReadOnlyList<Scored> Score(MLContext mlContext, ITransformer model, IEnumerable<PixelRow> rows)
    {
        var scored = model.Transform(mlContext.Data.LoadFromEnumerable(rows));
        return [.. mlContext.Data.CreateEnumerable<Scored>(scored, reuseRowObject: false)];
    }
}

/// <summary>A row as a classifier answers it.</summary>
public sealed class Scored
{
    public string Label { get; set; } = "";

    public string PredictedLabel { get; set; } = "";

    public float[] Features { get; set; } = [];

    public float[] Score { get; set; } = [];
}
