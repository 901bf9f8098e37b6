using System.Text;
using MLNetGroupNorm.Samples.Images;
using MLNetGroupNorm.Samples.Images.Strokes;
using MLNetGroupNorm.Samples.Serving;
using MLNetGroupNorm.Samples.Tests.Images;
using SkiaSharp;

namespace MLNetGroupNorm.Samples.Tests.Serving;

/// <summary>Images to send, good and bad.</summary>
internal static class Uploads
{
    public static byte[] Good(string name)
    {
        using var bitmap = name switch
        {
            "grey.jpg" => new SKBitmap(40, 50, SKColorType.Gray8, SKAlphaType.Opaque),
            "transparent.png" => new SKBitmap(40, 50, SKColorType.Bgra8888, SKAlphaType.Unpremul),
            "wide.png" => new SKBitmap(300, 20, isOpaque: true),
            "exact.png" => new SKBitmap(PixelRow.Side, PixelRow.Side, isOpaque: true),
            _ => DigitPainter.Paint(2, new Random(1)),
        };
        var random = new Random(1);
        if (!name.StartsWith("digit", StringComparison.Ordinal))
            for (var i = 0; i < bitmap.Width * bitmap.Height; i++)
                bitmap.SetPixel(i % bitmap.Width, i / bitmap.Width, new SKColor((uint)random.NextInt64(1L << 32)));
        var format = name.EndsWith(".jpg", StringComparison.Ordinal) ? SKEncodedImageFormat.Jpeg : SKEncodedImageFormat.Png;
        return bitmap.Encode(format, quality: 90).ToArray();
    }

    public static byte[] Bad(string upload)
    {
        var png = Pictures.Digit(1, seed: 1);
        switch (upload)
        {
            case "empty": return [];
            case "text": return Encoding.UTF8.GetBytes("These are not the pixels you are looking for.");
            case "gif": return Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");
            case "webp": return Pictures.Plain(20, 20, SKColors.Red, SKEncodedImageFormat.Webp);
            case "half a png": return png[..(png.Length / 2)];
            case "half a jpeg": return [.. Pictures.Digit(1, seed: 1, SKEncodedImageFormat.Jpeg).SkipLast(300)];
            case "half a header": return png[..20];
            case "flipped bits":
                png[png.Length / 2] ^= 0xff;
                return png;
            case "too many pixels":
                PngHeader.SetSize(png, width: 60_000, height: 60_000);
                return png;
            default: return new byte[UploadReader.MostBytes + 1];
        }
    }
}
