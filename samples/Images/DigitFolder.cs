using System.Globalization;
using MLNetGroupNorm.Samples.Images.Strokes;
using SkiaSharp;

namespace MLNetGroupNorm.Samples.Images;

/// <summary>PNG files of painted digits, in folders <c>0</c> to <c>9</c>.</summary>
public static class DigitFolder
{
    private const int Classes = 10;

    /// <summary>Paints the files. The same count gives the same pictures, and replaces what an earlier call left.</summary>
    /// <param name="folder">Made where missing.</param>
    /// <param name="count">The number of files; the classes share them evenly.</param>
    /// <param name="progress">Told the share of files painted, 0 to 1.</param>
    public static void Paint(string folder, int count, Action<double> progress)
    {
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        for (var digit = 0; digit < Classes; digit++)
            Directory.CreateDirectory(PathOf(folder, digit));

        var done = 0;
        Parallel.For(0, count, i =>
        {
            var digit = i % Classes;
            using var bitmap = DigitPainter.Paint(digit, new Random(i));
            using var file = File.Create(Path.Combine(PathOf(folder, digit), $"{i:D5}.png"));
            bitmap.Encode(file, SKEncodedImageFormat.Png, 100);
            progress((double)Interlocked.Increment(ref done) / count);
        });
    }

    /// <summary>Paints the files and reads their pixels, telling the progress on the console.</summary>
    public static IReadOnlyList<PixelRow> PaintAndRead(string folder, int count)
    {
        Steps.Run("Painting digits", progress => Paint(folder, count, progress));
        var files = Steps.Run("Looking for pictures", progress => ImageFolder.Read(folder, Console.WriteLine, progress));
        return Steps.Run("Reading pictures", progress => Pixels.Read(files, progress));
    }

    private static string PathOf(string folder, int digit) =>
        Path.Combine(folder, digit.ToString(CultureInfo.InvariantCulture));
}
