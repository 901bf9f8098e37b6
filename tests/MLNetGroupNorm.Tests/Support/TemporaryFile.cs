namespace MLNetGroupNorm.Tests.Support;

/// <summary>A file of a test's own, gone with it.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public TemporaryFile()
    {
    }

    public TemporaryFile(byte[] bytes) => File.WriteAllBytes(Path, bytes);

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), System.IO.Path.GetRandomFileName());

    public void Dispose() => File.Delete(Path);
}
