using System.Text.Json;

namespace MLNetGroupNorm.Safetensors;

/// <summary>
/// A model split into several safetensors files, whose index (<c>model.safetensors.index.json</c>) names the file of each tensor:
/// <c>{"weight_map": {"norm.weight": "model-00001-of-00002.safetensors", ...}}</c>. An index may come from anywhere, so
/// only files beside it are ever opened.
/// </summary>
internal sealed class SafetensorsIndex : ITensors
{
    /// <summary>The longest index that is read: room for some 300,000 tensors, at a memory of 20 times its length at most.</summary>
    public const int MaxLength = 32_000_000;

    private const string WeightMap = "weight_map";
    private const int MaxLinks = 8;

    private readonly string _folder;
    private readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);

    /// <summary>Reads an index and closes its stream.</summary>
    /// <exception cref="InvalidDataException">It is no index, or names a file that is not beside it.</exception>
    public SafetensorsIndex(Stream json, string path)
    {
        Source = path;
        _folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        if (json.Length > MaxLength)
            throw Invalid($"it is JSON of {json.Length} bytes; at most {MaxLength} are read.");
        try
        {
            using (json)
            using (var document = JsonDocument.Parse(json))
                ReadMap(document.RootElement);
        }
        catch (JsonException e)
        {
            throw Invalid($"it looks like JSON and is not. {e.Message}", e);
        }
        catch (InvalidOperationException e) // what the reader says of an escaped half of a surrogate pair
        {
            throw Invalid($"it holds a string that is no text. {e.Message}", e);
        }
    }

    public string Source { get; }

    public string? IndexName => null;

    public IReadOnlyCollection<string> Names => _files.Keys;

    public IEnumerable<SafetensorsTensor> Find(Predicate<string> isWanted)
    {
        foreach (var names in _files.Keys.Where(name => isWanted(name)).GroupBy(name => _files[name], StringComparer.Ordinal))
        {
            using var file = Open(names.Key, names.First());
            foreach (string name in names)
                yield return Find(file, name);
        }
    }

    public float[] Read(SafetensorsTensor parameter)
    {
        using var file = Open(_files[parameter.Name], parameter.Name);
        return file.Read(Find(file, parameter.Name));
    }

    public void Dispose()
    {
    }

    private void ReadMap(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(WeightMap, out var map)
            || map.ValueKind != JsonValueKind.Object)
            throw Invalid($"it is JSON, but no index of a model in several files, which has a \"{WeightMap}\". Give the "
                + ".safetensors file itself.");
        var files = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in map.EnumerateObject())
        {
            string? file = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
            if (file is null)
                throw Invalid($"its {WeightMap} names no file for {SafetensorsError.Quote(entry.Name)}.");
            if (!files.TryGetValue(file, out string? known))
            {
                if (!IsPlain(file))
                    throw Invalid($"it names the file {SafetensorsError.Quote(file)} for {SafetensorsError.Quote(entry.Name)}. Files "
                        + "are opened only beside the index, so a name with a folder, a drive or '..' in it is refused.");
                files.Add(file, known = file);
            }

            if (!_files.TryAdd(entry.Name, known))
                throw Invalid($"{SafetensorsError.Quote(entry.Name)} stands twice in its {WeightMap}.");
        }
    }

    /// <summary>Whether a name is that of a file in the folder, on Windows too: there ':' leads to drives and hidden streams.</summary>
    private static bool IsPlain(string file) => file.AsSpan().Trim(" .").Length > 0
        && !file.AsSpan().ContainsAny("/\\:") && !file.Any(char.IsControl);

    private SafetensorsFile Open(string name, string tensor)
    {
        var file = new FileInfo(Path.Combine(_folder, name));
        for (int links = 0; file.LinkTarget is { } target; links++)
        {
            // A link is followed by its own text, and only to a plain name: so the folder is never left, whatever else is linked.
            if (!IsPlain(target) || links == MaxLinks)
                throw Invalid($"{SafetensorsError.Quote(name)}, which it names, is a link out of its folder, and files are opened only "
                    + "beside the index. (In the cache of huggingface_hub every file is one: 'hf download <model> --local-dir "
                    + "<folder>' writes the files themselves.)");
            file = new FileInfo(Path.Combine(_folder, target));
        }

        if (!file.Exists && !Directory.Exists(file.FullName))
            throw new FileNotFoundException($"The index {Source} names the file {SafetensorsError.Quote(name)} for the tensor "
                + $"{SafetensorsError.Quote(tensor)}, but it is not there. All files of the model are to lie beside the index.",
                file.FullName);
        // Opening a pipe would wait for whoever writes to it.
        if (file.Exists && file.Length == 0)
            throw SafetensorsError.Invalid(file.FullName, FileKind.Describe([])!);
        var stream = SafetensorsFile.OpenStream(file.FullName);
        try
        {
            return new SafetensorsFile(stream, file.FullName);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    private SafetensorsTensor Find(SafetensorsFile file, string name) => file.Find(name)
        ?? throw Invalid($"it says that {SafetensorsError.Quote(name)} is in {SafetensorsError.Quote(_files[name])}, which has no "
            + "such tensor. Index and files are not of one model, or not of one version of it.");

    private InvalidDataException Invalid(string message, Exception? inner = null) =>
        SafetensorsError.Invalid(Source, message, inner);
}
