using System.Globalization;
using MLNetGroupNorm.Samples.Images.Strokes;
using SkiaSharp;

namespace MLNetGroupNorm.Samples.Images.Files;

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

    private static string PathOf(string folder, int digit) =>
        Path.Combine(folder, digit.ToString(CultureInfo.InvariantCulture));
}
