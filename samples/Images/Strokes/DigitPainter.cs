using SkiaSharp;

namespace MLNetGroupNorm.Samples.Images.Strokes;

/// <summary>Paints digits as if by hand: no two alike in size, place, slant, pen, ink and paper.</summary>
public static class DigitPainter
{
    /// <summary>Paints one digit in even light.</summary>
    /// <param name="digit">0 to 9.</param>
    /// <param name="random">Everything about the picture but its digit.</param>
    public static SKBitmap Paint(int digit, Random random)
    {
        float Between(float low, float high) => low + (high - low) * random.NextSingle();
        SKColor Colour(float saturation, float low, float high) =>
            SKColor.FromHsl(Between(0, 360), saturation, Between(low, high));

        var side = random.Next(36, 65);
        var bitmap = new SKBitmap(side, side, isOpaque: true);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(Colour(20, 70, 90));

        using var wobble = SKPathEffect.CreateDiscrete(3, 0.9f, (uint)random.Next());
        using var smooth = SKPathEffect.CreateCorner(4);
        using var hand = SKPathEffect.CreateCompose(smooth, wobble);
        using var pen = new SKPaint
        {
            Color = Colour(60, 10, 35),
            IsAntialias = true,
            Style = SKPaintStyle.Stroke,
            StrokeWidth = Between(1.2f, 2.6f),
            StrokeCap = SKStrokeCap.Round,
            StrokeJoin = SKStrokeJoin.Round,
            PathEffect = hand,
        };
        var glyph = Glyphs.Of((char)('0' + digit));
        var scale = side / Glyphs.Height * Between(0.5f, 0.65f);
        canvas.Translate(side * Between(0.45f, 0.55f), side * Between(0.45f, 0.55f));
        canvas.RotateDegrees(Between(-15, 15));
        canvas.Skew(Between(-0.25f, 0.1f), 0);
        canvas.Scale(scale * Between(0.75f, 1.05f), scale);
        canvas.Translate(-glyph.TightBounds.MidX, -glyph.TightBounds.MidY);
        canvas.DrawPath(glyph, pen);
        return bitmap;
    }
}
