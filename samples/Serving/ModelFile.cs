using Microsoft.ML;
using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Serving;

/// <summary>The saved pipeline from an image of any size to its class.</summary>
internal static class ModelFile
{
    /// <summary>Makes the model as the Images sample does: painted digits, a classifier behind <c>GroupNormalize</c>.</summary>
    /// <param name="path">The file to write. It is there only when it is complete.</param>
    /// <param name="digits">A folder for the pictures, made or replaced.</param>
    /// <param name="count">How many pictures.</param>
    public static void Train(string path, string digits, int count)
    {
        var mlContext = new MLContext(seed: 1);
        var rows = DigitFolder.PaintAndRead(digits, count);
        var classifier = Steps.Run("Training", _ => Classifier.Train(mlContext, rows, Normalization.Group));

        var uploads = mlContext.Data.LoadFromEnumerable<Upload>([]);
        var model = Pixels.FromImage(mlContext).Fit(uploads).Append(classifier);
        Classifier.Save(mlContext, model, path);
    }
}
