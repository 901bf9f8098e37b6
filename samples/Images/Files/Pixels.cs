using Microsoft.ML;

namespace MLNetGroupNorm.Samples.Images.Files;

/// <summary>From image files to rows of pixels, by ML.NET's own image transforms.</summary>
public static class Pixels
{
    /// <summary>From a column <c>Image</c> of any size to a column <c>Pixels</c>: what files and uploads share.</summary>
    public static IEstimator<ITransformer> FromImage(MLContext mlContext) => mlContext.Transforms
        .ResizeImages("Image", imageWidth: PixelRow.Side, imageHeight: PixelRow.Side)
        .Append(mlContext.Transforms.ExtractPixels("Pixels", "Image", interleavePixelColors: true, scaleImage: 1 / 255f));

    /// <summary>Reads each file once, telling the share of files read, 0 to 1.</summary>
    public static IReadOnlyList<PixelRow> Read(IReadOnlyList<ImageFile> files, Action<double> progress)
    {
        var mlContext = new MLContext();
        var view = mlContext.Data.LoadFromEnumerable(files);
        var pipeline = mlContext.Transforms
            .LoadImages("Image", imageFolder: null, nameof(ImageFile.Path))
            .Append(FromImage(mlContext));

        var rows = new List<PixelRow>(files.Count);
        foreach (var row in mlContext.Data.CreateEnumerable<PixelRow>(pipeline.Fit(view).Transform(view), reuseRowObject: false))
        {
            rows.Add(row);
            progress((double)rows.Count / files.Count);
        }
        return rows;
    }
}
