using MLNetGroupNorm.Tests.Support;

namespace MLNetGroupNorm.Samples.Tests.Readme;

/// <summary>
/// What holds for the README of every sample: its <c>```output</c> block is what the sample prints when it is run without arguments,
/// and its <c>```csharp</c> blocks stand in the sample's sources, where they are compiled.
/// </summary>
public sealed class SampleReadmeTests
{
    /// <summary>Its program does not end: the tests of its server compare.</summary>
    private const string Server = "Serving";

    public static TheoryData<string> All => [.. SampleProgram.All];

    public static TheoryData<string> ThatEnd => [.. SampleProgram.All.Where(sample => sample != Server)];

    [Theory]
    [MemberData(nameof(ThatEnd))]
    public void It_prints_what_its_README_says(string sample)
    {
        var readme = new MarkdownFile($"samples/{sample}/README.md");
        Assert.Matches($@"(?m)^ *dotnet run (-c Release )?--project samples/{sample}\n", readme.Text);
        var documented = Assert.Single(readme.Blocks, block => block.Language == "output");

        var (exitCode, output, error) = SampleProgram.Run(sample);

        Assert.True(exitCode == 0, $"Exit code {exitCode}.\n{output}\n{error}");
        Assert.Null(PrintedOutput.Difference(documented.Text, output, documented.Options));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Code_in_its_README_is_code_of_the_sample(string sample)
    {
        string[] sources = [.. Directory.GetFiles(SampleProgram.Folder(sample), "*.cs", SearchOption.AllDirectories)
            .Select(path => Squeezed(File.ReadAllText(path)))];

        Assert.All(new MarkdownFile($"samples/{sample}/README.md").CodeBlocks,
            code => Assert.Contains(sources, source => source.Contains(Squeezed(code), StringComparison.Ordinal)));
    }

    /// <summary>Lines without their indentation, which may differ between a README and a source.</summary>
    private static string Squeezed(string text) =>
        string.Join('\n', text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
