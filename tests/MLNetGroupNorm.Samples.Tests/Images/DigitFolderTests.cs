using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Tests.Images;

public sealed class DigitFolderTests
{
    [Fact]
    public void Classes_share_the_pictures_evenly_and_what_was_there_is_replaced()
    {
        using var folder = new TemporaryFolder();
        var digits = Path.Combine(folder.Path, "digits");
        var shares = new List<double>();

        DigitFolder.Paint(digits, 50, _ => { });
        DigitFolder.Paint(digits, 30, share => { lock (shares) shares.Add(share); });

        var files = ImageFolder.Read(digits, Assert.Fail, _ => { });
        Assert.Equal(30, files.Count);
        Assert.Equal("0123456789", string.Concat(files.Select(file => file.Label).Distinct()));
        Assert.All(files.CountBy(file => file.Label), count => Assert.Equal(3, count.Value));
        Assert.Equal(30, shares.Count);
        Assert.Equal(1, shares.Max());
    }
}
