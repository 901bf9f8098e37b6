using System.Buffers.Binary;

namespace MLNetGroupNorm.Safetensors;

/// <summary>
/// What stands before the values of a safetensors file: eight bytes of length, little endian, and that many of JSON. Every
/// number of it is checked against the file's own length before anything is made by it.
/// </summary>
internal static class SafetensorsHeader
{
    /// <summary>The longest header that is read, which is the reference reader's limit too.</summary>
    public const int MaxLength = 100_000_000;

    private const int LengthOfLength = sizeof(ulong);

    /// <summary>Reads a header from where the stream stands, which is left where the values begin.</summary>
    public static Dictionary<string, SafetensorsTensor> Read(Stream stream, string source)
    {
        byte[] head = FileKind.ReadHead(stream);
        ulong available = (ulong)Math.Max(0, stream.Length - stream.Position);
        if (head.Length < LengthOfLength)
            throw Invalid(FileKind.Describe(head) ?? $"it has {available} bytes, less than the length of a header.");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(head);
        // Looked at before the header is held, so that the zeros of a file with nothing in it take no memory. The format has
        // headers begin with '{', but the reference reader takes spaces before it, and some writers align the values with them.
        bool isObject = head.Length == LengthOfLength || (char)head[LengthOfLength] is '{' or ' ' or '\t' or '\n' or '\r';

        available -= LengthOfLength;
        if ((length > MaxLength || !isObject) && FileKind.Describe(head) is { } kind)
            throw Invalid(kind);
        if (length > available)
            throw Invalid($"its header is to have {length} bytes, but only {available} follow. "
                + "It is cut short, or no safetensors file.");
        if (length > MaxLength)
            throw Invalid($"its header has {length} bytes; at most {MaxLength} are read.");
        if (length == 0 || !isObject)
            throw Invalid("its header does not begin with '{'. It is no safetensors file.");

        stream.Position += LengthOfLength;
        var header = new byte[length];
        stream.ReadExactly(header);
        var tensors = SafetensorsHeaderParser.Parse(header, source);
        CheckPlaces([.. tensors.Values], available - length, source);
        return tensors;

        InvalidDataException Invalid(string message) => SafetensorsError.Invalid(source, message);
    }

    /// <summary>The header may name tensors in any order, but they lie side by side and fill the file to its end.</summary>
    private static void CheckPlaces(SafetensorsTensor[] tensors, ulong dataLength, string source)
    {
        ulong position = 0;
        Array.Sort(tensors, (a, b) => (a.Begin, a.End).CompareTo((b.Begin, b.End)));
        foreach (var tensor in tensors)
        {
            if (tensor.End > dataLength || tensor.Begin != position)
                throw SafetensorsError.Invalid(source, tensor.Name, $"it lies at bytes {tensor.Begin} to {tensor.End}, "
                    + (tensor.End > dataLength ? $"but only {dataLength} follow the header. The file is cut short or damaged."
                        : tensor.Begin < position ? $"and overlaps another one that ends at {position}."
                        : $"and none lies at bytes {position} to {tensor.Begin}. The format allows no holes."));
            position = tensor.End;
        }

        if (position != dataLength)
            throw SafetensorsError.Invalid(source,
                $"{dataLength - position} bytes follow its last tensor. The format allows none.");
    }
}
