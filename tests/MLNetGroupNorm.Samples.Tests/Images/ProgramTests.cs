using System.Diagnostics;
using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Tests.Images;

public sealed class ProgramTests
{
    [Fact]
    public async Task Folders_of_ones_own_are_read_scored_and_drawn()
    {
        using var folder = new TemporaryFolder();
        DigitFolder.Paint(folder.Path, 80, _ => { });
        File.WriteAllText(folder.File("3", "broken.png"), "no picture");
        var pictures = Path.Combine(AppContext.BaseDirectory, "out", "Images");
        if (Directory.Exists(pictures)) Directory.Delete(pictures, recursive: true);

        var (exitCode, output) = await Run("--images", folder.Path);

        Assert.Equal(0, exitCode);
        Assert.Contains("broken.png: no image by its content", output, StringComparison.Ordinal);
        Assert.Contains("80 pictures of 10 classes, 20 of them kept for testing.", output, StringComparison.Ordinal);
        Assert.Contains("Over all lights ", output, StringComparison.Ordinal);
        Assert.Contains("With 20 test pictures one of them is 5.0 points", output, StringComparison.Ordinal);
        Assert.Contains("1 claims held, 0 did not.", output, StringComparison.Ordinal);
        Assert.All(["accuracy.csv", "accuracy.png", "light.png"],
            name => Assert.True(new FileInfo(Path.Combine(pictures, name)).Length > 1000));
    }

    [Fact]
    public async Task Too_few_pictures_and_wrong_arguments_are_told_with_exit_code_2()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("cat", "a.png"), Pictures.Digit(1, seed: 1));

        var tooFew = await Run("--images", folder.Path);
        var missing = await Run("--images", Path.Combine(folder.Path, "missing"));
        var file = await Run("--images", folder.File("cat", "a.png"));
        var misspelt = await Run("--pictures", folder.Path);

        Assert.Equal(2, tooFew.ExitCode);
        Assert.Contains("Found: cat (1).", tooFew.Output, StringComparison.Ordinal);
        Assert.Equal(2, missing.ExitCode);
        Assert.Contains($"There is no folder '{Path.Combine(folder.Path, "missing")}'", missing.Output, StringComparison.Ordinal);
        Assert.Equal(2, file.ExitCode);
        Assert.Contains("a.png' is a file", file.Output, StringComparison.Ordinal);
        Assert.Equal(2, misspelt.ExitCode);
        Assert.Contains("Usage: Images", misspelt.Output, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output)> Run(params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Images.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await error);
    }
}
