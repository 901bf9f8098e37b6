namespace MLNetGroupNorm.Samples.Tests;

/// <summary>The repository that the tests were built in.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The samples that have a README: the names of their folders.</summary>
    public static IEnumerable<string> Samples { get; } = Directory.GetDirectories(Path.Combine(Root, "samples"))
        .Where(folder => File.Exists(Path.Combine(folder, "README.md")))
        .Select(folder => Path.GetFileName(folder))
        .Order(StringComparer.Ordinal);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "MLNetGroupNorm.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException($"No .sln above {AppContext.BaseDirectory}.");
        return folder.FullName;
    }
}
