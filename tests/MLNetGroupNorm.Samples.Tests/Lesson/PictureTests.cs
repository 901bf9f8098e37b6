namespace MLNetGroupNorm.Samples.Tests.Lesson;

public sealed class PictureTests
{
    [Theory]
    [InlineData("")]
    [InlineData("no picture at all")]
    [InlineData("cut off")]
    public async Task A_file_that_is_no_whole_picture_ends_in_one_line_and_exit_code_2(string content)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("photo.png");
        byte[] whole = Images.Pictures.Digit(3, seed: 1);
        File.WriteAllBytes(path, content == "cut off" ? whole[..^(whole.Length / 3)] : System.Text.Encoding.UTF8.GetBytes(content));

        await IsRefused(path);
    }

    [Fact]
    public async Task A_folder_and_a_file_that_is_not_there_end_in_one_line_and_exit_code_2()
    {
        using var folder = new TemporaryFolder();

        await IsRefused(folder.Path);
        await IsRefused(Path.Combine(folder.Path, "missing.png"));
    }

    private static async Task IsRefused(string path)
    {
        var run = await DotnetProcess.RunSample("Lesson", path);

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Contains(path, Assert.Single(run.Error.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }
}
