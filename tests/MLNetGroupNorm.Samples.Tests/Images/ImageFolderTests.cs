using MLNetGroupNorm.Samples.Images;
using SkiaSharp;

namespace MLNetGroupNorm.Samples.Tests.Images;

public sealed class ImageFolderTests
{
    private readonly byte[] _png = Pictures.Digit(5, seed: 1);
    private readonly byte[] _jpeg = Pictures.Digit(5, seed: 1, SKEncodedImageFormat.Jpeg);

    [Fact]
    public void Pictures_belong_to_the_class_of_the_folder_below_the_root_at_any_depth()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("cat", "a.png"), _png);
        File.WriteAllBytes(folder.File("cat", "more", "b.JPG"), _jpeg);
        File.WriteAllBytes(folder.File("dog", "a.jpeg"), _jpeg);

        var files = ImageFolder.Read(folder.Path, Assert.Fail, _ => { });

        Assert.Equal(["cat a.png", "cat b.JPG", "dog a.jpeg"], files.Select(f => $"{f.Label} {Path.GetFileName(f.Path)}"));
    }

    [Fact]
    public void What_cannot_be_read_is_left_out_and_told()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("cat", "good.png"), _png);
        File.WriteAllBytes(folder.File("cat", "cut.png"), _png[..(_png.Length / 2)]);
        File.WriteAllBytes(folder.File("cat", "cut.jpg"), _jpeg[..(_jpeg.Length / 2)]);
        File.WriteAllText(folder.File("cat", "text.png"), "text");
        File.WriteAllText(folder.File("cat", "empty.png"), "");
        File.WriteAllText(folder.File("cat", "notes.txt"), "text");
        File.WriteAllBytes(folder.File("stray.png"), _png);
        File.WriteAllBytes(folder.File("cat", ".hidden.png"), _png);
        File.WriteAllBytes(folder.File(".hidden", "a.png"), _png);
        var skipped = new List<string>();

        var files = ImageFolder.Read(folder.Path, skipped.Add, _ => { });

        Assert.Equal(["good.png"], files.Select(file => Path.GetFileName(file.Path)));
        Assert.Equal(
            [
                "stray.png: not in the folder of a class", "cut.jpg: damaged or cut short (IncompleteInput)", "cut.png: damaged or cut short (IncompleteInput)",
                "empty.png: empty", "notes.txt: no PNG or JPEG by its name", "text.png: no image by its content",
            ],
            skipped.Select(Path.GetFileName));
    }

    [Fact]
    public void Too_many_pixels_are_told_before_memory_is_taken_for_them()
    {
        using var folder = new TemporaryFolder();
        var png = Pictures.Plain(1, 1, SKColors.White);
        PngHeader.SetSize(png, width: 60_000, height: 60_000);
        File.WriteAllBytes(folder.File("cat", "huge.png"), png);
        var skipped = new List<string>();

        Assert.Empty(ImageFolder.Read(folder.Path, skipped.Add, _ => { }));

        Assert.EndsWith("60000 x 60000 pixels are too many", Assert.Single(skipped), StringComparison.Ordinal);
    }
}
