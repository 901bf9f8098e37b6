using System.Text.RegularExpressions;

namespace MLNetGroupNorm.Tests.Readme;

/// <summary>The README's code is compiled code: each block stands, line by line, in <see cref="ReadmeExamples"/>, which is run.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public void Every_block_of_code_is_compiled_code()
    {
        string[] compiled = Lines(Resource("ReadmeExamples.cs"));
        var blocks = CodeBlock().Matches(Resource("README.md")).Select(match => Lines(match.Groups["code"].Value)).ToList();

        Assert.NotEmpty(blocks);
        Assert.All(blocks, block => Assert.True(
            Enumerable.Range(0, compiled.Length - block.Length).Any(start => compiled.AsSpan(start, block.Length).SequenceEqual(block)),
            "Not in ReadmeExamples.cs as it stands:\n" + string.Join('\n', block)));
    }

    /// <summary>Lines without their indentation, which differs between the two files.</summary>
    private static string[] Lines(string text) =>
        text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(ReadmeTests).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("^```csharp\n(?<code>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();
}
