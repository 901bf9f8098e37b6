namespace MLNetGroupNorm.Samples;

/// <summary>Where a sample keeps what it makes.</summary>
internal static class SampleFolder
{
    /// <summary>
    /// The folder <c>out</c> beside the project file, found upwards from where the program was built to, so that it does not
    /// depend on where it was started from; where there is no project file, beside the program and with a folder for each, as programs may
    /// share that place. Made where missing.
    /// </summary>
    public static string Out(string project)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, project))) folder = folder.Parent;
        var place = folder is not null
            ? Path.Combine(folder.FullName, "out")
            : Path.Combine(AppContext.BaseDirectory, "out", Path.GetFileNameWithoutExtension(project));
        return Directory.CreateDirectory(place).FullName;
    }
}
