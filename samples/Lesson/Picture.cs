using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML;
using Microsoft.ML.Data;
using SkiaSharp;

namespace MLNetGroupNorm.Samples.Lesson;

/// <summary>A picture from disk, normalized by colour in both layouts, and the same bits from the saved model elsewhere.</summary>
internal static class Picture
{
    private const int Side = 64;
    private const int Colours = 3;

    public static void Run(Checks checks, string? path)
    {
        var folder = Directory.CreateTempSubdirectory("QuickStart");
        try
        {
            path ??= Draw(Path.Combine(folder.FullName, "picture.png"));
            Console.WriteLine($"A picture: {Path.GetFileName(path)}, as {Side}x{Side} pixels in {Colours} colours, 1 group each");
            var mlContext = new MLContext();
            var data = Load(mlContext, path);
            var model = Pipeline(mlContext).Fit(data);
            var normalized = model.Transform(data);
            var planes = Show(normalized, "Planar", TensorLayout.ChannelsFirst);
            var pixels = Show(normalized, "Interleaved", TensorLayout.ChannelsLast);
            checks.That("every colour has mean 0, and standard deviation 1 but for epsilon",
                planes.Concat(pixels).All(group => Math.Abs(group.Mean) < 1e-6 && Math.Abs(group.Deviation - group.Expected) < 1e-6));
            checks.That("both layouts agree", planes.Zip(pixels).All(pair => Math.Abs(pair.First.Deviation - pair.Second.Deviation) < 1e-6));

            string modelPath = Path.Combine(folder.FullName, "model.zip");
            mlContext.Model.Save(model, data.Schema, modelPath);
            string here = Bits(normalized);
            string there = BitsInNewProcess(modelPath, path);
            Console.WriteLine($"  bits here:               {here}");
            Console.WriteLine($"  bits of another process: {there}");
            checks.That("the saved model gives the same bits in a new process", here == there);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>What keeps a file from being used as a picture, in one line that names it; null where nothing does.</summary>
    public static string? Fault(string path)
    {
        try
        {
            using var codec = SKCodec.Create(new MemoryStream(File.ReadAllBytes(path)), out var result);
            if (codec is null)
                return $"'{path}' is not a picture ({result}). Give the path of a PNG or JPEG file, or none to have one drawn.";
            using var bitmap = new SKBitmap(codec.Info);
            result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
            return result == SKCodecResult.Success ? null : $"The picture '{path}' is damaged ({result}). Give the path of another.";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return $"There is no picture to read at '{path}': {exception.Message} Give the path of a PNG or JPEG file.";
        }
    }

    /// <summary>A digest of all values that a saved model gives for a picture.</summary>
    public static string Bits(string modelPath, string picturePath)
    {
        var mlContext = new MLContext();
        var model = mlContext.Model.Load(modelPath, out _);
        return Bits(model.Transform(Load(mlContext, picturePath)));
    }

    private static IDataView Load(MLContext mlContext, string path) =>
        mlContext.Data.LoadFromEnumerable([new ImageFile { Path = Path.GetFullPath(path) }]);

    private static EstimatorChain<GroupNormTransformer> Pipeline(MLContext mlContext) =>
        mlContext.Transforms.LoadImages("Image", imageFolder: null, inputColumnName: nameof(ImageFile.Path))
            .Append(mlContext.Transforms.ResizeImages("Image", Side, Side))
            .Append(mlContext.Transforms.ExtractPixels("PlanarPixels", "Image"))
            .Append(mlContext.Transforms.ExtractPixels("InterleavedPixels", "Image", interleavePixelColors: true))
            .Append(mlContext.Transforms.GroupNormalize("Planar", Colours, "PlanarPixels"))
            .Append(mlContext.Transforms.GroupNormalize("Interleaved", Colours, "InterleavedPixels", layout: TensorLayout.ChannelsLast));

    /// <summary>Prints each group's mean and standard deviation before and after; gives those after, and what is expected.</summary>
    private static List<(double Mean, double Deviation, double Expected)> Show(IDataView data, string column, TensorLayout layout)
    {
        Console.WriteLine($"  {layout}: {data.Schema[column].Type}");
        var before = data.GetColumn<float[]>(column + "Pixels").Single();
        var after = data.GetColumn<float[]>(column).Single();
        var groups = new List<(double, double, double)>();
        for (int colour = 0; colour < Colours; colour++)
        {
            var (mean, deviation) = Statistics(before, colour, layout);
            var (meanAfter, deviationAfter) = Statistics(after, colour, layout);
            Console.WriteLine($"    {"red,green,blue".Split(',')[colour],-6} mean {mean,8:F3} -> {meanAfter,9:E1}   "
                + $"standard deviation {deviation,7:F3} -> {deviationAfter:F6}");
            groups.Add((meanAfter, deviationAfter, deviation / Math.Sqrt(deviation * deviation + 1e-5)));
        }

        return groups;
    }

    private static (double Mean, double Deviation) Statistics(float[] values, int colour, TensorLayout layout)
    {
        int plane = values.Length / Colours;
        double[] own = [.. values.Where((_, i) => (layout == TensorLayout.ChannelsFirst ? i / plane : i % Colours) == colour)];
        double mean = own.Average();
        return (mean, Math.Sqrt(own.Average(value => (value - mean) * (value - mean))));
    }

    private static string Bits(IDataView data)
    {
        float[] values = [.. data.GetColumn<float[]>("Planar").Single(), .. data.GetColumn<float[]>("Interleaved").Single()];
        return Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values.AsSpan())))[..16];
    }

    private static string BitsInNewProcess(string modelPath, string picturePath)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, ["--bits", modelPath, picturePath])
        {
            RedirectStandardOutput = true,
        })!;
        string bits = process.StandardOutput.ReadToEnd().Trim();
        process.WaitForExit();
        return bits;
    }

    /// <summary>Draws a small landscape, so that the sample needs no picture of its own.</summary>
    private static string Draw(string path)
    {
        using var bitmap = new SKBitmap(160, 120);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(new SKColor(120, 170, 220));
        using var sun = new SKPaint { Color = new SKColor(250, 220, 90), IsAntialias = true };
        canvas.DrawCircle(118, 32, 16, sun);
        using var hill = new SKPaint { Color = new SKColor(60, 120, 60), IsAntialias = true };
        canvas.DrawOval(50, 125, 75, 50, hill);
        using var house = new SKPaint { Color = new SKColor(170, 60, 50) };
        canvas.DrawRect(86, 62, 34, 32, house);
        using var file = File.Create(path);
        bitmap.Encode(file, SKEncodedImageFormat.Png, quality: 100);
        return path;
    }

    private sealed class ImageFile
    {
        public string Path { get; set; } = "";
    }
}
