using System.Text.RegularExpressions;

namespace MLNetGroupNorm.Safetensors;

/// <summary>A safetensors file with its header read; values are read when asked for.</summary>
internal sealed partial class SafetensorsFile : ITensors
{
    private readonly Stream _stream;
    private readonly Dictionary<string, SafetensorsTensor> _tensors;
    private readonly long _dataStart;

    /// <summary>Reads the header from where a seekable stream stands; the file is to reach to the stream's end.</summary>
    /// <exception cref="InvalidDataException">The header breaks a rule of the format.</exception>
    public SafetensorsFile(Stream stream, string source)
    {
        _stream = stream;
        Source = source;
        _tensors = Guarded(() => SafetensorsHeader.Read(stream, source));
        _dataStart = stream.Position;
    }

    public string Source { get; }

    public string? IndexName =>
        PartNumber().Match(Source) is { Success: true } number ? Path.GetFileName(Source[..number.Index]) + ".safetensors.index.json" : null;

    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>
    /// Opens a file, or the model whose index the file is. A folder, a pipe and a file of another kind are errors that say so.
    /// </summary>
    public static ITensors Open(string path)
    {
        var stream = OpenStream(path);
        try
        {
            return FileKind.IsJson(FileKind.ReadHead(stream)) ? new SafetensorsIndex(stream, path) : new SafetensorsFile(stream, path);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file that can be positioned.</summary>
    public static FileStream OpenStream(string path)
    {
        if (Directory.Exists(path))
            throw SafetensorsError.Invalid(path, "it is a folder. Give a file in it: its .safetensors file, or, where there are "
                + "several, the .safetensors.index.json file that names them.");
        var stream = File.OpenRead(path);
        if (stream.CanSeek)
            return stream;
        stream.Dispose();
        throw SafetensorsError.Invalid(path, "it is a pipe or a device, and tensors are looked up by position. "
            + "Copy it to a file, or to a MemoryStream.");
    }

    public IEnumerable<SafetensorsTensor> Find(Predicate<string> isWanted) =>
        _tensors.Values.Where(tensor => isWanted(tensor.Name));

    /// <summary>The tensor of a name, or null.</summary>
    public SafetensorsTensor? Find(string name) => _tensors.GetValueOrDefault(name);

    public float[] Read(SafetensorsTensor parameter) => Guarded(() =>
    {
        _stream.Position = _dataStart + (long)parameter.Begin;
        return SafetensorsValues.Read(_stream, parameter, Source);
    });

    public void Dispose() => _stream.Dispose();

    /// <summary>A file that grows shorter while it is read is damaged, like one that was short before.</summary>
    private T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (EndOfStreamException e)
        {
            throw SafetensorsError.Invalid(Source, "it ended while it was read.", e);
        }
    }

    // model-00001-of-00003.safetensors, but not the only file of a model, ...-00001-of-00001.
    [GeneratedRegex(@"-\d+-of-(?!0*1\.)\d+\.safetensors$")]
    private static partial Regex PartNumber();
}
