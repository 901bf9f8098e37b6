using MLNetGroupNorm.Samples.Images.Strokes;
using SkiaSharp;

namespace MLNetGroupNorm.Samples.Tests.Images.Strokes;

public sealed class StrokeTextTests
{
    private const int Side = 200;
    private const float Size = 20;

    /// <summary>Half of the pen's width, and the strokes' overshoot.</summary>
    private const float Slack = 3;

    [Theory]
    [InlineData(0f)]
    [InlineData(0.5f)]
    [InlineData(1f)]
    public void A_line_starts_ends_or_is_centred_where_it_is_put(float align)
    {
        var ink = Ink("1NN1", new SKPoint(100, 100), align, degrees: 0);

        var width = StrokeText.Width("1NN1", Size);
        Assert.Equal(100 - align * width, ink.Left, tolerance: Slack);
        Assert.Equal(100 + (1 - align) * width, ink.Right, tolerance: Slack);
        Assert.Equal(100 - Size / 2, ink.Top, tolerance: Slack);
        Assert.Equal(100 + Size / 2, ink.Bottom, tolerance: Slack);
    }

    [Fact]
    public void A_line_turned_by_minus_90_degrees_runs_upwards()
    {
        var ink = Ink("1NN1", new SKPoint(100, 150), align: 0, degrees: -90);

        Assert.Equal(150, ink.Bottom, tolerance: Slack);
        Assert.Equal(150 - StrokeText.Width("1NN1", Size), ink.Top, tolerance: Slack);
    }

    [Fact]
    public void Spaces_take_room() => Assert.True(StrokeText.Width("a b", Size) > StrokeText.Width("ab", Size) + 2);

    private static SKRectI Ink(string text, SKPoint at, float align, float degrees)
    {
        using var bitmap = new SKBitmap(Side, Side);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.White);
        StrokeText.Draw(canvas, text, at, Size, SKColors.Black, align, degrees);
        var inked = Enumerable.Range(0, Side * Side).Where(i => bitmap.GetPixel(i % Side, i / Side).Red < 128).ToArray();
        return new SKRectI(
            inked.Min(i => i % Side), inked.Min(i => i / Side), inked.Max(i => i % Side), inked.Max(i => i / Side));
    }
}
