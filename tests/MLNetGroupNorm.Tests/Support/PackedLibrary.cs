using System.Globalization;
using System.IO.Compression;

namespace MLNetGroupNorm.Tests.Support;

/// <summary>The library as <c>dotnet pack</c> packs it, under a version that no other run has had.</summary>
public sealed class PackedLibrary : IDisposable
{
    // Made by the first test that asks: one that skips itself where no process can be started can do so, unlike a constructor.
    private readonly Lazy<string> _feed;
    private readonly Lazy<SavingProgram> _savingProgram;

    public PackedLibrary()
    {
        _feed = new(Pack);
        _savingProgram = new(() => new SavingProgram(this));
    }

    /// <summary>A folder outside the repository, gone with the tests.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("MLNetGroupNorm-").FullName;

    public string Feed => _feed.Value;

    public string Version { get; } = "1.1.0-test." + DateTime.UtcNow.Ticks.ToString(CultureInfo.InvariantCulture);

    /// <summary>A program that has the package, built once.</summary>
    internal SavingProgram SavingProgram => _savingProgram.Value;

    /// <summary>The package, or that of its symbols.</summary>
    public ZipArchive Open(string extension = "nupkg") =>
        ZipFile.OpenRead(Path.Combine(Feed, $"MLNetGroupNorm.{Version}.{extension}"));

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private string Pack()
    {
        string feed = Directory.CreateDirectory(Path.Combine(Root, "feed")).FullName;
        // A build server that stays behind would keep the output open that this waits for.
        DotnetCommand.Run(DotnetCommand.RepositoryRoot, "pack", "src/MLNetGroupNorm", "--configuration", "Release",
            $"-p:PackageVersion={Version}", "--output", feed, "--disable-build-servers");
        return feed;
    }
}
