using MLNetGroupNorm.Samples.Images.Strokes;

namespace MLNetGroupNorm.Samples.Tests.Images.Strokes;

public sealed class DigitPainterTests
{
    [Fact]
    public void The_same_random_numbers_paint_the_same_picture_and_others_another() => Assert.Multiple(
        () => Assert.Equal(Pictures.Digit(3, seed: 1), Pictures.Digit(3, seed: 1)),
        () => Assert.NotEqual(Pictures.Digit(3, seed: 1), Pictures.Digit(3, seed: 2)),
        () => Assert.NotEqual(Pictures.Digit(3, seed: 1), Pictures.Digit(4, seed: 1)));

    [Fact]
    public void Digits_are_dark_on_light_and_stay_off_the_edge_but_for_a_few()
    {
        var touching = 0;
        for (var i = 0; i < 500; i++)
        {
            using var bitmap = DigitPainter.Paint(i % 10, new Random(i));
            var paper = bitmap.GetPixel(0, 0);
            var pixels = bitmap.Pixels;
            var side = bitmap.Width;
            var edge = pixels.Where((_, p) => p % side == 0 || p % side == side - 1 || p / side == 0 || p / side == side - 1);
            if (edge.Any(pixel => pixel != paper)) touching++;

            paper.ToHsl(out _, out _, out var paperLightness);
            var darkest = pixels.Min(pixel => { pixel.ToHsl(out _, out _, out var lightness); return lightness; });
            Assert.True(paperLightness - darkest > 20, $"picture {i}: paper {paperLightness}, ink {darkest}");
        }
        Assert.InRange(touching, 0, 5);
    }
}
