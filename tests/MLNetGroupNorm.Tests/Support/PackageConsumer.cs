using System.Xml.Linq;

namespace MLNetGroupNorm.Tests.Support;

/// <summary>A console project outside the repository that has the packed library and nothing else of it.</summary>
internal sealed class PackageConsumer
{
    /// <summary>Writes the project.</summary>
    /// <param name="package">The library.</param>
    /// <param name="name">The name of the project and of its program.</param>
    /// <param name="program">The source of Program.cs.</param>
    /// <param name="project">Further parts of the project file.</param>
    public PackageConsumer(PackedLibrary package, string name, string program, params XElement[] project)
    {
        Directory = System.IO.Directory.CreateDirectory(Path.Combine(package.Root, name)).FullName;
        // Files that end the search for those of the folders above.
        foreach (string file in new[] { "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props" })
            Write(file, "<Project />");
        Write("Program.cs", program);
        // The package is unpacked here; all others are taken from where this machine has them already, if it has.
        Write($"{name}.csproj", new XElement("Project", new XAttribute("Sdk", "Microsoft.NET.Sdk"),
            new XElement("PropertyGroup",
                new XElement("OutputType", "Exe"),
                new XElement("TargetFramework", $"net{Environment.Version.Major}.0"),
                new XElement("ImplicitUsings", "enable"),
                new XElement("Nullable", "enable"),
                new XElement("InvariantGlobalization", "true"),
                new XElement("RestoreAdditionalProjectSources", package.Feed),
                new XElement("RestorePackagesPath", Path.Combine(package.Root, "packages")),
                new XElement("RestoreFallbackFolders", InstalledPackages())),
            new XElement("ItemGroup", Reference("MLNetGroupNorm", package.Version)),
            project).ToString());
    }

    /// <summary>The part of a project file that refers to a package.</summary>
    public static XElement Reference(string package, string version) => new("PackageReference",
        new XAttribute("Include", package), new XAttribute("Version", version));

    public string Directory { get; }

    /// <summary>Runs <c>dotnet</c> in the project's folder; an exception where it fails.</summary>
    public string Dotnet(params string[] arguments) => DotnetCommand.Run(Directory, arguments);

    /// <summary>Publishes to the folder <c>out</c>, and skips the test where this machine's SDK has not what that takes.</summary>
    public void Publish()
    {
        var (exitCode, output, error) = DotnetCommand.Try(Directory, DotnetCommand.Program,
            "publish", "--use-current-runtime", "--output", "out", "--disable-build-servers");
        foreach (string missing in new[] { "NU1101", "NU1102", "NU1301", "Platform linker" })
            Assert.SkipWhen(output.Contains(missing, StringComparison.Ordinal), output);
        Assert.True(exitCode == 0, output + error);
        Assert.DoesNotContain("warning IL", output, StringComparison.Ordinal);
    }

    /// <summary>Runs what was published, a program of its own.</summary>
    public string RunPublished()
    {
        string name = Path.GetFileName(Directory) + (OperatingSystem.IsWindows() ? ".exe" : "");
        var (exitCode, output, error) = DotnetCommand.Try(Directory, Path.Combine(Directory, "out", name));
        Assert.True(exitCode == 0, output + error);
        return output;
    }

    private static string InstalledPackages() =>
        DotnetCommand.Run(DotnetCommand.RepositoryRoot, "nuget", "locals", "global-packages", "--list")
            .Split(':', 2)[1].Trim();

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(Directory, name), text);
}
