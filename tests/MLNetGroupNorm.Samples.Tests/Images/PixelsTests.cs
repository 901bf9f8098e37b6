using MLNetGroupNorm.Samples.Images;
using SkiaSharp;

namespace MLNetGroupNorm.Samples.Tests.Images;

public sealed class PixelsTests
{
    [Fact]
    public void Pixels_are_rows_of_columns_of_colours_from_0_to_1()
    {
        using var folder = new TemporaryFolder();
        using var bitmap = new SKBitmap(PixelRow.Side, PixelRow.Side, isOpaque: true);
        bitmap.Erase(SKColors.Black);
        bitmap.SetPixel(x: 5, y: 2, new SKColor(255, 51, 0));
        using (var file = File.Create(folder.File("a", "a.png"))) bitmap.Encode(file, SKEncodedImageFormat.Png, quality: 100);

        var row = Assert.Single(Pixels.Read(ImageFolder.Read(folder.Path, Assert.Fail, _ => { }), _ => { }));

        var at = (2 * PixelRow.Side + 5) * PixelRow.Colours;
        Assert.Equal("a", row.Label);
        Assert.Equal(PixelRow.Side * PixelRow.Side * PixelRow.Colours, row.Pixels.Length);
        Assert.Equal([1f, 51 * (1 / 255f), 0f], row.Pixels[at..(at + 3)]);
        Assert.Equal(2, row.Pixels.Count(value => value != 0));
    }

    [Theory]
    [InlineData(200, 100, SKEncodedImageFormat.Jpeg)]
    [InlineData(1, 1, SKEncodedImageFormat.Png)]
    [InlineData(3000, 2000, SKEncodedImageFormat.Jpeg)]
    public void A_picture_of_any_size_fills_the_row(int width, int height, SKEncodedImageFormat format)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("a", "a.jpg"), Pictures.Plain(width, height, new SKColor(200, 200, 200), format));

        var row = Assert.Single(Pixels.Read(ImageFolder.Read(folder.Path, Assert.Fail, _ => { }), _ => { }));

        Assert.All(row.Pixels, value => Assert.Equal(200 / 255f, value, tolerance: 2 / 255f));
    }
}
