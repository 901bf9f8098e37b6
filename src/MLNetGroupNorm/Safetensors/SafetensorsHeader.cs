using System.Buffers.Binary;

namespace MLNetGroupNorm.Safetensors;

/// <summary>
/// What stands before the values of a safetensors file: eight bytes of length, little endian, and that many of JSON. Every
/// number of it is checked against the file's own length before anything is made by it.
/// </summary>
internal static class SafetensorsHeader
{
    /// <summary>
    /// The longest header that is read. The format allows 100 MB; this is room for some 100,000 tensors, and bounds what a
    /// hostile file can make of it.
    /// </summary>
    public const int MaxLength = 16 << 20;

    private const int LengthOfLength = sizeof(ulong);

    /// <summary>Reads a header from where the stream stands, which is left where the values begin.</summary>
    public static Dictionary<string, SafetensorsTensor> Read(Stream stream, string source)
    {
        ulong available = (ulong)Math.Max(0, stream.Length - stream.Position);
        if (available < LengthOfLength)
            throw SafetensorsError.Invalid(source, $"it has {available} bytes, which is less than the length of a header.");
        Span<byte> lengthBytes = stackalloc byte[LengthOfLength];
        stream.ReadExactly(lengthBytes);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(lengthBytes);

        available -= LengthOfLength;
        if (length > available)
            throw SafetensorsError.Invalid(source,
                $"its header is to have {length} bytes, but only {available} follow. It is cut short, or no safetensors file.");
        if (length > MaxLength)
            throw SafetensorsError.Invalid(source, $"its header has {length} bytes; at most {MaxLength} are read.");
        // Looked at before the header is held, so that the zeros of a file with nothing in it take no memory. The format has
        // headers begin with '{', but its own reader takes spaces before it, since some writers align the values with them.
        int first = length == 0 ? -1 : stream.ReadByte();
        if (first is not ('{' or ' ' or '\t' or '\n' or '\r'))
            throw SafetensorsError.Invalid(source, "its header does not begin with '{'. It is no safetensors file.");

        var header = new byte[length];
        header[0] = (byte)first;
        stream.ReadExactly(header.AsSpan(1));
        var tensors = SafetensorsHeaderParser.Parse(header, source);
        CheckPlaces(tensors.Values, available - length, source);
        return tensors;
    }

    /// <summary>The header may name tensors in any order, but they lie side by side and fill the file to its end.</summary>
    private static void CheckPlaces(IEnumerable<SafetensorsTensor> tensors, ulong dataLength, string source)
    {
        ulong position = 0;
        foreach (var tensor in tensors.OrderBy(tensor => tensor.Begin).ThenBy(tensor => tensor.End))
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
