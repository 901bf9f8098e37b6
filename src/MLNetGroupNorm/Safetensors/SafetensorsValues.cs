using System.Buffers.Binary;

namespace MLNetGroupNorm.Safetensors;

/// <summary>Turns the bytes of a tensor into floats.</summary>
internal static class SafetensorsValues
{
    // A multiple of every size of value.
    private const int ChunkLength = 4096;

    /// <summary>Reads all values of a tensor from where the stream stands; all of them finite, or an exception.</summary>
    public static float[] Read(Stream stream, SafetensorsTensor tensor, string source)
    {
        var values = new float[tensor.Length];
        int size = tensor.ValueSize;
        Span<byte> chunk = stackalloc byte[ChunkLength];
        for (int start = 0; start < values.Length; start += ChunkLength / size)
        {
            var part = values.AsSpan(start, Math.Min(ChunkLength / size, values.Length - start));
            stream.ReadExactly(chunk[..(part.Length * size)]);
            for (int i = 0; i < part.Length; i++)
            {
                double value = ReadOne(chunk.Slice(i * size, size), tensor.Dtype);
                part[i] = (float)value;
                if (!float.IsFinite(part[i]))
                    throw SafetensorsError.Invalid(source, tensor.Name, double.IsFinite(value)
                        ? $"value {start + i} is {value:R}, which is beyond the range of float."
                        : $"value {start + i} is {value}. Every value must be finite.");
            }
        }

        return values;
    }

    private static double ReadOne(ReadOnlySpan<byte> bytes, string dtype) => dtype switch
    {
        SafetensorsDtype.F64 => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        SafetensorsDtype.F32 => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        SafetensorsDtype.F16 => (double)BinaryPrimitives.ReadHalfLittleEndian(bytes),
        // A BF16 is the upper half of a float.
        _ => BitConverter.Int32BitsToSingle(BinaryPrimitives.ReadUInt16LittleEndian(bytes) << 16),
    };
}
