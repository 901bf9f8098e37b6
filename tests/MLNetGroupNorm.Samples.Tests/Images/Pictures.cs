using MLNetGroupNorm.Samples.Images;
using MLNetGroupNorm.Samples.Images.Strokes;
using SkiaSharp;

namespace MLNetGroupNorm.Samples.Tests.Images;

/// <summary>Pictures for tests.</summary>
internal static class Pictures
{
    /// <summary>A picture of one colour, encoded.</summary>
    public static byte[] Plain(int width, int height, SKColor colour, SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        using var bitmap = new SKBitmap(width, height, isOpaque: true);
        bitmap.Erase(colour);
        return Encode(bitmap, format);
    }

    /// <summary>A painted digit, encoded.</summary>
    public static byte[] Digit(int digit, int seed, SKEncodedImageFormat format = SKEncodedImageFormat.Png)
    {
        using var bitmap = DigitPainter.Paint(digit, new Random(seed));
        return Encode(bitmap, format);
    }

    /// <summary>Rows of pixels of painted digits.</summary>
    public static IReadOnlyList<PixelRow> Rows(int count)
    {
        using var folder = new TemporaryFolder();
        DigitFolder.Paint(folder.Path, count, _ => { });
        return Pixels.Read(ImageFolder.Read(folder.Path, Assert.Fail, _ => { }), _ => { });
    }

    /// <summary>A row of random whole levels.</summary>
    public static PixelRow Random(int seed)
    {
        var random = new Random(seed);
        var pixels = new float[PixelRow.Side * PixelRow.Side * PixelRow.Colours];
        return new PixelRow { Pixels = Array.ConvertAll(pixels, _ => random.Next(256) / 255f), Label = "random" };
    }

    private static byte[] Encode(SKBitmap bitmap, SKEncodedImageFormat format)
    {
        using var data = bitmap.Encode(format, quality: 90);
        return data.ToArray();
    }
}
