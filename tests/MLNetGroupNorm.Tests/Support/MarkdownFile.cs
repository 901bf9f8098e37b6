using System.Text.RegularExpressions;

namespace MLNetGroupNorm.Tests.Support;

/// <summary>A Markdown file of the repository, and the fenced blocks in it.</summary>
internal sealed partial class MarkdownFile
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">The path within the repository.</param>
    public MarkdownFile(string path)
    {
        Path = path;
        Text = File.ReadAllText(System.IO.Path.Combine(DotnetCommand.RepositoryRoot, path)).ReplaceLineEndings("\n");
        Blocks = [.. Fence().Matches(Text).Select(match => new Block(
            match.Groups["language"].Value, match.Groups["options"].Value.Trim(), match.Groups["text"].Value))];
    }

    public string Path { get; }

    public string Text { get; }

    /// <summary>The fenced blocks, in their order.</summary>
    public IReadOnlyList<Block> Blocks { get; }

    public IEnumerable<string> CodeBlocks => Blocks.Where(block => block.Language == "csharp").Select(block => block.Text);

    [GeneratedRegex("^```(?<language>[a-z]*)(?<options>[^\n]*)\n(?<text>.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    /// <summary>A fenced block: <c>```output within 1.5</c> has the language "output" and the options "within 1.5".</summary>
    internal sealed record Block(string Language, string Options, string Text);
}
