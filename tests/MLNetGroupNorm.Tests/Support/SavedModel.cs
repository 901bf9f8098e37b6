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
    private const int SignaturePosition = 0x40;
    private const int WrittenVersionPosition = 0x48;
    private const int ReadableVersionPosition = 0x4C;

    // The string table, its characters, the tail, the end and the assembly's name.
    private static readonly int[] _positionsOfWhatFollows = [0x20, 0x30, 0x80, 0x88, 0x90];

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
        using var entry = archive.Entries.Single(IsPart).Open();
        using var part = new MemoryStream();
        entry.CopyTo(part);
        return part.ToArray();
    }

    /// <summary>The file with another part in the place of that one, and everything around it as it should be.</summary>
    public static byte[] WithPart(byte[] file, byte[] part) => WithPart(file, entry => entry.Write(part));

    private static byte[] WithPart(byte[] file, Action<Stream> write)
    {
        using var copy = new MemoryStream();
        using (var source = new ZipArchive(new MemoryStream(file)))
        using (var archive = new ZipArchive(copy, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var entry in source.Entries)
            {
                using var from = entry.Open();
                using var to = archive.CreateEntry(entry.FullName).Open();
                if (IsPart(entry))
                    write(to);
                else
                    from.CopyTo(to);
            }
        }

        return copy.ToArray();
    }

    /// <summary>The file with a part that has <paramref name="length"/> zeros as its content, and says so wherever it should.</summary>
    public static byte[] Bomb(byte[] file, int length)
    {
        byte[] part = Part(file);
        long modelLength = sizeof(int) + (long)length + sizeof(uint);
        long moved = modelLength - (ContentEnd(part) - HeaderLength);
        byte[] header = part[..HeaderLength];
        BitConverter.TryWriteBytes(header.AsSpan(ContentLengthPosition), modelLength);
        foreach (int position in _positionsOfWhatFollows)
            if (BitConverter.ToInt64(header, position) is not 0 and var place)
                BitConverter.TryWriteBytes(header.AsSpan(position), place + moved);

        return WithPart(file, entry =>
        {
            entry.Write(header);
            entry.Write(BitConverter.GetBytes(length));
            byte[] zeros = new byte[1 << 20];
            for (long left = modelLength - sizeof(int); left > 0; left -= zeros.Length)
                entry.Write(zeros, 0, (int)Math.Min(left, zeros.Length));
            entry.Write(part.AsSpan(ContentEnd(part)));
        });
    }

    /// <summary>Where the content ends: what follows is ML.NET's again, the name of the library's assembly among it.</summary>
    public static int ContentEnd(byte[] part) => HeaderLength + (int)BitConverter.ToInt64(part, ContentLengthPosition);

    /// <summary>The version of the format that a reader of the part must know.</summary>
    public static uint ReadableVersion(byte[] part) => BitConverter.ToUInt32(part, ReadableVersionPosition);

    /// <summary>The part as a later version would write it that says what version a reader must have.</summary>
    public static byte[] OfVersion(byte[] part, uint written, uint readable)
    {
        byte[] copy = [.. part];
        BitConverter.TryWriteBytes(copy.AsSpan(WrittenVersionPosition), written);
        BitConverter.TryWriteBytes(copy.AsSpan(ReadableVersionPosition), readable);
        return copy;
    }

    /// <summary>The part with another signature, which tells one kind of model from all others.</summary>
    public static byte[] OfAnotherSignature(byte[] part)
    {
        byte[] copy = [.. part];
        copy[SignaturePosition]++;
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
    private static bool IsPart(ZipArchiveEntry entry) => entry.FullName.Replace('\\', '/') == PartName;
}
