using System.IO.Compression;
using System.Text;
using Microsoft.ML;

namespace MLNetGroupNorm.Tests.Support;

/// <summary>A model file in memory, and the part of it that the library writes.</summary>
internal static class SavedModel
{
    /// <summary>The part's header, which ML.NET writes from what the library tells it, comes before the content.</summary>
    public const int HeaderLength = 256;

    // ML.NET's header (ModelHeader.cs): where the content's length and the format's version stand in it.
    private const int ContentLengthPosition = 0x18;
    private const int WrittenVersionPosition = 0x48;
    private const int ReadableVersionPosition = 0x4C;

    private const string PartName = "TransformerChain/Model.key";

    public static byte[] Save(MLContext mlContext, ITransformer model, DataViewSchema schema)
    {
        using var file = new MemoryStream();
        mlContext.Model.Save(model, schema, file);
        return file.ToArray();
    }

    public static GroupNormTransformer Load(MLContext mlContext, byte[] file)
    {
        using var stream = new MemoryStream(file, writable: false);
        return (GroupNormTransformer)mlContext.Model.Load(stream, out _);
    }

    /// <summary>What the library says of a file it cannot load. ML.NET wraps it, as it does with its own transforms.</summary>
    public static FormatException LoadError(MLContext mlContext, byte[] file) => Assert.IsType<FormatException>(
        Assert.Throws<InvalidOperationException>(() => Load(mlContext, file)).GetBaseException());

    /// <summary>The part of a model file with a single group normalization that the library writes.</summary>
    public static byte[] Part(byte[] file)
    {
        using var archive = new ZipArchive(new MemoryStream(file));
        using var entry = PartEntry(archive).Open();
        using var part = new MemoryStream();
        entry.CopyTo(part);
        return part.ToArray();
    }

    /// <summary>The file with another part in the place of that one, and everything around it as it should be.</summary>
    public static byte[] WithPart(byte[] file, byte[] part)
    {
        using var copy = new MemoryStream();
        copy.Write(file);
        using (var archive = new ZipArchive(copy, ZipArchiveMode.Update, leaveOpen: true))
        {
            var old = PartEntry(archive);
            string name = old.FullName;
            old.Delete();
            using var entry = archive.CreateEntry(name, CompressionLevel.NoCompression).Open();
            entry.Write(part);
        }

        return copy.ToArray();
    }

    /// <summary>Where the content ends: what follows is ML.NET's again, the name of the library's assembly among it.</summary>
    public static int ContentEnd(byte[] part) => HeaderLength + (int)BitConverter.ToInt64(part, ContentLengthPosition);

    /// <summary>The part as a later version would write it that says what version a reader must have.</summary>
    public static byte[] OfVersion(byte[] part, uint written, uint readable)
    {
        byte[] copy = [.. part];
        BitConverter.TryWriteBytes(copy.AsSpan(WrittenVersionPosition), written);
        BitConverter.TryWriteBytes(copy.AsSpan(ReadableVersionPosition), readable);
        return copy;
    }

    /// <summary>The part as another version of the library's assembly would write it.</summary>
    public static byte[] OfAssemblyVersion(byte[] part, string version)
    {
        byte[] before = Encoding.Unicode.GetBytes("Version=1.0.0.0");
        byte[] copy = [.. part];
        Encoding.Unicode.GetBytes("Version=" + version).CopyTo(copy, copy.AsSpan().IndexOf(before));
        return copy;
    }

    /// <summary>On Windows ML.NET names an entry by a path with backslashes.</summary>
    private static ZipArchiveEntry PartEntry(ZipArchive archive) =>
        archive.Entries.Single(entry => entry.FullName.Replace('\\', '/') == PartName);
}
