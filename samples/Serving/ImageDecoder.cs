using Microsoft.ML.Data;
using SkiaSharp;

namespace MLNetGroupNorm.Samples.Serving;

/// <summary>Uploaded bytes to an image, or a <see cref="BadHttpRequestException"/> that says what is wrong.</summary>
internal static class ImageDecoder
{
    /// <summary>A photograph of 16 megapixels takes 64 MB, however small its file, and as much again for ML.NET's copy.</summary>
    public const int MostPixels = 16_000_000;

    /// <summary>Decodes as <c>LoadImages</c> does, so that an upload and the same file on disk get the same bits.</summary>
    public static MLImage Decode(byte[] bytes)
    {
        if (bytes.Length == 0) throw new BadHttpRequestException("The body is empty: send a PNG or JPEG image.");

        using var stream = new MemoryStream(bytes);
        using var codec = SKCodec.Create(stream, out var result);
        if (result == SKCodecResult.Unimplemented
            || codec?.EncodedFormat is not (null or SKEncodedImageFormat.Png or SKEncodedImageFormat.Jpeg))
            throw new BadHttpRequestException(
                "These are not the bytes of a PNG or JPEG image.", StatusCodes.Status415UnsupportedMediaType);
        if (codec is null) throw Broken(result);

        // Known from the header, before any memory is taken for the pixels.
        var (width, height) = (codec.Info.Width, codec.Info.Height);
        if ((long)width * height > MostPixels)
            throw new BadHttpRequestException(
                $"{width} x {height} pixels are too many: the limit is {MostPixels}.", StatusCodes.Status413PayloadTooLarge);

        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Bgra8888, SKAlphaType.Premul));
        result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
        if (result != SKCodecResult.Success) throw Broken(result);
        return MLImage.CreateFromPixels(width, height, MLPixelFormat.Bgra32, bitmap.GetPixelSpan());
    }

    private static BadHttpRequestException Broken(SKCodecResult result) =>
        new($"The image is broken or incomplete ({result}).");
}
