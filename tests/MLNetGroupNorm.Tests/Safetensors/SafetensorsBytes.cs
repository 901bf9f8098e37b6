using System.Buffers.Binary;
using System.Text;

namespace MLNetGroupNorm.Tests.Safetensors;

/// <summary>Writes safetensors files byte by byte, right ones and wrong ones, with no help of the library.</summary>
internal static class SafetensorsBytes
{
    /// <summary>A file of float tensors with one dimension, as the format's own writer would lay it out.</summary>
    public static byte[] Of(params (string Name, float[] Values)[] tensors) =>
        Of([.. tensors.Select(tensor => (tensor.Name, "F32", $"[{tensor.Values.Length}]", Bytes(tensor.Values)))]);

    /// <summary>A file of tensors of any type and shape.</summary>
    public static byte[] Of(params (string Name, string Dtype, string Shape, byte[] Bytes)[] tensors)
    {
        var entries = new List<string>();
        int offset = 0;
        foreach (var (name, dtype, shape, bytes) in tensors)
        {
            entries.Add(Entry(name, dtype, shape, offset, offset + bytes.Length));
            offset += bytes.Length;
        }

        string header = "{" + string.Join(",", entries) + "}";
        // The format's own writer pads with spaces to a multiple of eight.
        header = header.PadRight((header.Length + 7) / 8 * 8);
        return Raw(header, [.. tensors.SelectMany(tensor => tensor.Bytes)]);
    }

    /// <summary>One entry of a header.</summary>
    public static string Entry(string name, string dtype, string shape, long begin, long end) =>
        $$"""
        "{{name}}":{"dtype":"{{dtype}}","shape":{{shape}},"data_offsets":[{{begin}},{{end}}]}
        """;

    /// <summary>A file of any header and bytes.</summary>
    public static byte[] Raw(string header, params byte[] data) => Raw(Encoding.UTF8.GetBytes(header), data);

    /// <summary>A file of any header and bytes.</summary>
    public static byte[] Raw(byte[] header, params byte[] data)
    {
        var length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        return [.. length, .. header, .. data];
    }

    /// <summary>The little-endian bytes of floats.</summary>
    public static byte[] Bytes(params float[] values)
    {
        var bytes = new byte[values.Length * sizeof(float)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(i * sizeof(float)), values[i]);
        return bytes;
    }

    /// <summary>The little-endian bytes of doubles.</summary>
    public static byte[] Bytes(params double[] values)
    {
        var bytes = new byte[values.Length * sizeof(double)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(i * sizeof(double)), values[i]);
        return bytes;
    }

    /// <summary>The little-endian bytes of half-width patterns.</summary>
    public static byte[] Bytes(params ushort[] values)
    {
        var bytes = new byte[values.Length * sizeof(ushort)];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i * sizeof(ushort)), values[i]);
        return bytes;
    }

    /// <summary>Reads a layer of a file in memory.</summary>
    public static GroupNormAffine Load(byte[] file, string layerName = "norm")
    {
        using var stream = new MemoryStream(file, writable: false);
        return GroupNormAffine.FromSafetensors(stream, layerName);
    }
}
