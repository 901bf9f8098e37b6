using System.Globalization;
using System.IO.Compression;

namespace MLNetGroupNorm.Tests.Support;

/// <summary>The library as <c>dotnet pack</c> packs it, under a version that no other run has had.</summary>
public sealed class PackedLibrary : IDisposable
{
    private readonly Lazy<SavingProgram> _savingProgram;

    public PackedLibrary()
    {
        _savingProgram = new(() => new SavingProgram(this));
        Directory.CreateDirectory(Feed);
        // A build server that stays behind would keep the output open that this waits for.
        DotnetCommand.Run(DotnetCommand.RepositoryRoot, "pack", "src/MLNetGroupNorm", "--configuration", "Release",
            $"-p:PackageVersion={Version}", "--output", Feed, "--disable-build-servers");
    }

    /// <summary>A folder outside the repository, gone with the tests.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("MLNetGroupNorm-").FullName;

    public string Feed => Path.Combine(Root, "feed");

    public string Version { get; } = "1.1.0-test." + DateTime.UtcNow.Ticks.ToString(CultureInfo.InvariantCulture);

    /// <summary>A program that has the package, built once.</summary>
    internal SavingProgram SavingProgram => _savingProgram.Value;

    /// <summary>The package, or that of its symbols.</summary>
    public ZipArchive Open(string extension = "nupkg") =>
        ZipFile.OpenRead(Path.Combine(Feed, $"MLNetGroupNorm.{Version}.{extension}"));

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
