using System.Text.RegularExpressions;
using MLNetGroupNorm.Tests.Support;

namespace MLNetGroupNorm.Samples.Tests.Readme;

/// <summary>What holds for every document: its links lead somewhere, and the programs in the library's are complete.</summary>
public sealed partial class DocumentTests
{
    private const string PackageReadme = "src/MLNetGroupNorm/PACKAGE.md";

    private static readonly string[] _built = ["bin", "obj", "out", "artifacts"];

    public static TheoryData<string> All => [.. Documents(new DirectoryInfo(DotnetCommand.RepositoryRoot))
        .Select(path => Path.GetRelativePath(DotnetCommand.RepositoryRoot, path).Replace('\\', '/'))];

    public static TheoryData<string> OfTheLibrary => [.. All.Select(row => row.Data)
        .Where(path => path.StartsWith("src/MLNetGroupNorm/", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(All))]
    public void Its_links_lead_to_files_and_headings(string path)
    {
        string text = new MarkdownFile(path).Text;
        string folder = Path.GetDirectoryName(Path.Combine(DotnetCommand.RepositoryRoot, path))!;

        Assert.All(Links(text), link =>
        {
            string[] parts = link.Split('#', 2);
            string target = Path.GetFullPath(Path.Combine(folder, parts[0]));
            Assert.True(parts[0].Length == 0 || Path.Exists(target), $"{path} links to {link}, which is not there.");
            if (parts.Length == 2)
                Assert.Contains(parts[1], Anchors(parts[0].Length == 0 ? text : File.ReadAllText(target)));
        });
    }

    [Theory]
    [MemberData(nameof(OfTheLibrary))]
    public void Its_programs_compile(string path)
    {
        foreach (string code in new MarkdownFile(path).CodeBlocks)
            new ReadmeProgram(code).Dispose();
    }

    [Fact]
    public void The_package_readme_has_nothing_that_lies_beside_it()
    {
        string text = new MarkdownFile(PackageReadme).Text;

        Assert.Empty(Links(text));
        Assert.DoesNotContain("![", text, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", text, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Those that belong to the repository: what was built may hold links to everywhere.</summary>
    private static IEnumerable<string> Documents(DirectoryInfo folder) => folder.GetFiles("*.md").Select(file => file.FullName)
        .Concat(folder.GetDirectories()
            .Where(inner => !inner.Name.StartsWith('.') && !_built.Contains(inner.Name))
            .SelectMany(Documents));

    /// <summary>The links and pictures of a text that lead to this repository.</summary>
    private static IEnumerable<string> Links(string text) => Link().Matches(text)
        .Select(match => match.Groups["target"].Value)
        .Where(target => !target.Contains("://", StringComparison.Ordinal));

    /// <summary>What a link may name behind #: headings as GitHub writes them, and anchors of the text's own.</summary>
    private static IEnumerable<string> Anchors(string text) => Heading().Matches(text)
        .Select(match => NoLetter().Replace(match.Groups["heading"].Value.ToLowerInvariant(), "").Replace(' ', '-'))
        .Concat(Id().Matches(text).Select(match => match.Groups["id"].Value));

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (?<heading>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex("<a id=\"(?<id>[^\"]+)\"")]
    private static partial Regex Id();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NoLetter();
}
