namespace MLNetGroupNorm.Samples;

/// <summary>Where a sample keeps what it makes.</summary>
internal static class SampleFolder
{
    /// <summary>
    /// The folder <c>out</c> beside the project file, found upwards from where the program was built to, so that it does not
    /// depend on where it was started from; beside the program itself where there is no project file. Made where missing.
    /// </summary>
    public static string Out(string project)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, project))) folder = folder.Parent;
        return Directory.CreateDirectory(Path.Combine(folder?.FullName ?? AppContext.BaseDirectory, "out")).FullName;
    }
}
