using MLNetGroupNorm.Samples.Images;
using MLNetGroupNorm.Samples.Images.Strokes;

namespace MLNetGroupNorm.Samples.Tests.Images.Strokes;

public sealed class GlyphsTests
{
    [Fact]
    public void Every_character_of_the_pictures_has_strokes()
    {
        string[] texts =
        [
            "0123456789", "right answers, %", "even light",
            .. LightChange.All.SelectMany(change => new[] { change.Name, change.Unit }),
            .. Normalization.All.Select(normalization => normalization.Name),
        ];
        var without = string.Concat(texts).Distinct().Where(character => character != ' ' && Glyphs.Of(character).IsEmpty);

        Assert.Empty(without);
    }

    [Theory]
    [InlineData("0123456789", 0, 14)]
    [InlineData("GMNCV", 0, 14)]
    [InlineData("acemnosuvwxz", 5, 14)]
    public void Characters_stand_on_the_line_and_reach_the_height_of_their_kind(string characters, float top, float bottom)
    {
        foreach (var character in characters)
        {
            var bounds = Glyphs.Of(character).TightBounds;
            Assert.Equal(top, bounds.Top, tolerance: 0.8f);
            Assert.Equal(bottom, bounds.Bottom, tolerance: 0.8f);
            Assert.Equal(0, bounds.Left, tolerance: 1.1f);
        }
    }

    [Fact]
    public void A_space_and_an_unknown_character_have_no_strokes()
    {
        Assert.True(Glyphs.Of(' ').IsEmpty);
        Assert.True(Glyphs.Of('\u4e2d').IsEmpty);
    }
}
