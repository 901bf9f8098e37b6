namespace MLNetGroupNorm.Samples.Tests.Lesson;

public sealed class PictureTests
{
    [Theory]
    [InlineData("")]
    [InlineData("no picture at all")]
    [InlineData("cut off")]
    public void A_file_that_is_no_whole_picture_ends_in_one_line_and_exit_code_2(string content)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("photo.png");
        byte[] whole = Images.Pictures.Digit(3, seed: 1);
        File.WriteAllBytes(path, content == "cut off" ? whole[..^(whole.Length / 3)] : System.Text.Encoding.UTF8.GetBytes(content));

        IsRefused(path);
    }

    [Fact]
    public void A_folder_and_a_file_that_is_not_there_end_in_one_line_and_exit_code_2()
    {
        using var folder = new TemporaryFolder();

        IsRefused(folder.Path);
        IsRefused(Path.Combine(folder.Path, "missing.png"));
    }

    private static void IsRefused(string path)
    {
        var (exitCode, output, error) = SampleProgram.Run("Lesson", path);

        Assert.Equal(2, exitCode);
        Assert.Empty(output);
        Assert.Contains(path, Assert.Single(error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }
}
