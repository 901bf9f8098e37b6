using System.Globalization;
using Microsoft.Data.Analysis;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetGroupNorm.Samples.DataFrames;

/// <summary>A column that holds a vector in each row, normalized in place: written back to the DataFrame it came from.</summary>
internal static class VectorColumn
{
    private const int SmallPatch = 2 * 2;

    public static void Run(MLContext ml, DataFrame patches, Checks checks)
    {
        // Every other patch is cut down to 2 x 2 pixels: a column of vectors takes rows of any length.
        var vectors = patches.Rows.Select((patch, row) =>
            Vector(patch, pixelsPerBand: row % 2 == 0 ? SmallPatch : Patches.PixelsPerBand));
        var frame = new DataFrame(patches["patch"].Clone(), new VBufferDataFrameColumn<float>("pixels", vectors));
        Console.WriteLine($"To ML.NET the column is a {((IDataView)frame).Schema["pixels"].Type}, a vector of no known size");

        // So the number of channels has to be given. Rows may differ in length, by whole numbers of pixels for each channel.
        var before = frame.Vectors("pixels");
        var normalize = ml.Transforms.GroupNormalize("pixels", Patches.Groups, numberOfChannels: Patches.Channels);
        frame["pixels"] = normalize.Fit(frame).Transform(frame).ToDataFrame(-1, "pixels")["pixels"];

        foreach (var row in frame.Vectors("pixels").Take(2))
        {
            var first = row.DenseValues().Take(4).Select(value => value.ToString("F4", CultureInfo.InvariantCulture));
            Console.WriteLine($"{row.Length} values: {string.Join("  ", first)} ...");
        }

        checks.That("rows of both lengths are normalized, and the vectors they came from are as they were",
            frame.Vectors("pixels").Zip(before, Columns.IsNormalized).All(same => same));
    }

    private static VBuffer<float> Vector(DataFrameRow patch, int pixelsPerBand)
    {
        float[] values = [.. Patches.PixelColumns.Select(column => (float)patch[column])
            .Chunk(Patches.PixelsPerBand).SelectMany(band => band.Take(pixelsPerBand))];
        return new VBuffer<float>(values.Length, values);
    }
}
