using SkiaSharp;

namespace MLNetGroupNorm.Samples.Images;

/// <summary>Image files in folders by class: <c>folder/class/picture.png</c>, at any depth below the class.</summary>
public static class ImageFolder
{
    /// <summary>Beyond any camera's, and far below what would take up the memory of a machine.</summary>
    private const long MostPixels = 200_000_000;

    // Hidden ones are left out, such as .DS_Store and .ipynb_checkpoints, and those that must not be read.
    private static readonly EnumerationOptions _here = new();
    private static readonly EnumerationOptions _atAnyDepth = new() { RecurseSubdirectories = true };

    private static readonly string[] _extensions = [".png", ".jpg", ".jpeg"];

    /// <summary>Lists the files that can be read, in an order that does not depend on the file system.</summary>
    /// <param name="folder">The folder of the class folders.</param>
    /// <param name="skipped">Told about each file left out, and why.</param>
    /// <param name="progress">Told the share of files looked at, 0 to 1.</param>
    public static IReadOnlyList<ImageFile> Read(string folder, Action<string> skipped, Action<double> progress)
    {
        foreach (var path in Directory.GetFiles(folder, "*", _here).Order(StringComparer.Ordinal))
            skipped($"{path}: not in the folder of a class");
        var files = Directory.GetDirectories(folder, "*", _here)
            .Order(StringComparer.Ordinal)
            .SelectMany(label => Directory.GetFiles(label, "*", _atAnyDepth)
                .Order(StringComparer.Ordinal)
                .Select(path => new ImageFile { Path = path, Label = Path.GetFileName(label) }))
            .ToArray();

        // One unreadable file would end every pass of LoadImages over all of them, so each is tried beforehand.
        var faults = new string?[files.Length];
        var done = 0;
        Parallel.For(0, files.Length, i =>
        {
            faults[i] = Fault(files[i].Path);
            progress((double)Interlocked.Increment(ref done) / files.Length);
        });
        foreach (var (file, fault) in files.Zip(faults))
            if (fault is not null) skipped($"{file.Path}: {fault}");
        return [.. files.Where((_, i) => faults[i] is null)];
    }

    /// <summary>What keeps a file from being used as an image, or null.</summary>
    private static string? Fault(string path)
    {
        if (!_extensions.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase))
            return "no PNG or JPEG by its name";
        if (new FileInfo(path).Length == 0) return "empty";
        using var codec = SKCodec.Create(path, out var result);
        if (codec is null)
            return result == SKCodecResult.Unimplemented ? "no image by its content" : $"not readable as an image ({result})";
        if ((long)codec.Info.Width * codec.Info.Height > MostPixels)
            return $"{codec.Info.Width} x {codec.Info.Height} pixels are too many";

        // An eighth of the size, where the format offers it, shows a damaged file as well and takes less time.
        using var bitmap = new SKBitmap(codec.Info.WithSize(codec.GetScaledDimensions(0.125f)));
        result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
        return result == SKCodecResult.Success ? null : $"damaged or cut short ({result})";
    }
}

/// <summary>An image on disk and the class it belongs to; the row type that <c>LoadImages</c> starts from.</summary>
public sealed class ImageFile
{
    public required string Path { get; init; }

    public required string Label { get; init; }
}
