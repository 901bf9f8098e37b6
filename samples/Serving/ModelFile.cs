using Microsoft.ML;
using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Serving;

/// <summary>The saved pipelines from an image of any size to its class.</summary>
internal static class ModelFile
{
    /// <summary>Makes the two models as the Images sample does: painted digits, a linear classifier.</summary>
    /// <param name="path">The file to write with a classifier behind <c>GroupNormalize</c>; there only when it is complete.</param>
    /// <param name="rawPixels">The same for a classifier of the pixels as they are.</param>
    /// <param name="digits">A folder for the pictures, made or replaced.</param>
    /// <param name="count">How many pictures.</param>
    public static void Train(string path, string rawPixels, string digits, int count)
    {
        var mlContext = new MLContext(seed: 1);
        var rows = DigitFolder.PaintAndRead(digits, count);
        var fromImage = Pixels.FromImage(mlContext).Fit(mlContext.Data.LoadFromEnumerable<Upload>([]));
        Steps.Run("Training", progress =>
        {
            Save(rawPixels, Normalization.None);
            progress(0.5);
            Save(path, Normalization.Group);
        });

        void Save(string file, Normalization normalization) =>
            Classifier.Save(mlContext, fromImage.Append(Classifier.Train(mlContext, rows, normalization)), file);
    }
}
