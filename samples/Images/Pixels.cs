using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetGroupNorm.Samples.Images;

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

/// <summary>The pixels of one resized image, 0 to 1, and its class.</summary>
public sealed class PixelRow
{
    public const int Side = 28;
    public const int Colours = 3;

    /// <summary>Shape (row, column, colour).</summary>
    [VectorType(Side, Side, Colours)]
    public float[] Pixels { get; set; } = [];

    public string Label { get; set; } = "";
}
