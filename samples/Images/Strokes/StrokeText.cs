using SkiaSharp;

namespace MLNetGroupNorm.Samples.Images.Strokes;

/// <summary>Writes lines of text with the strokes of <see cref="Glyphs"/>.</summary>
public static class StrokeText
{
    private const float Gap = 3.2f;
    private const float Space = 5;

    /// <summary>The width of a line of text whose capitals are <paramref name="size"/> high.</summary>
    public static float Width(string text, float size) => (text.Sum(Advance) - Gap) * size / Glyphs.Height;

    /// <summary>
    /// Writes one line, half of its height above and half below <paramref name="at"/>, which is its left end, its middle or
    /// its right end where <paramref name="align"/> is 0, 0.5 or 1, and the point that it is turned around, clockwise.
    /// </summary>
    public static void Draw(
        SKCanvas canvas, string text, SKPoint at, float size, SKColor colour, float align = 0, float degrees = 0)
    {
        var scale = size / Glyphs.Height;
        using var pen = new SKPaint
        {
            Color = colour,
            IsAntialias = true,
            Style = SKPaintStyle.Stroke,
            StrokeWidth = 1.6f,
            StrokeCap = SKStrokeCap.Round,
            StrokeJoin = SKStrokeJoin.Round,
        };
        using var restore = new SKAutoCanvasRestore(canvas);
        canvas.Translate(at);
        canvas.RotateDegrees(degrees);
        canvas.Translate(-align * Width(text, size), -size / 2);
        canvas.Scale(scale);
        foreach (var character in text)
        {
            canvas.DrawPath(Glyphs.Of(character), pen);
            canvas.Translate(Advance(character), 0);
        }
    }

    private static float Advance(char character) =>
        character == ' ' ? Space : Glyphs.Of(character).TightBounds.Right + Gap;
}
