using Microsoft.ML;
using MLNetGroupNorm.Samples.Images.Classifiers;
using MLNetGroupNorm.Samples.Images.Files;
using MLNetGroupNorm.Samples.Images.Report;

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
        Steps.Run("Painting digits", progress => DigitFolder.Paint(digits, count, progress));
        var files = Steps.Run("Looking for pictures", progress => ImageFolder.Read(digits, Console.WriteLine, progress));
        var rows = Steps.Run("Reading pictures", progress => Pixels.Read(files, progress));
        var classifier = Steps.Run("Training", _ => Classifier.Train(mlContext, rows, Normalization.Group));

        var uploads = mlContext.Data.LoadFromEnumerable<Upload>([]);
        var model = Pixels.FromImage(mlContext).Fit(uploads).Append(classifier);
        mlContext.Model.Save(model, inputSchema: null, path + ".part"); // a schema of images alone cannot be saved
        File.Move(path + ".part", path, overwrite: true);
    }
}
