using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace MLNetGroupNorm.Samples.FeatureMaps;

/// <summary>
/// Writes float vectors as a safetensors file, what <c>safetensors.torch.save_file</c> does for a trained PyTorch module: the
/// length of the header, the header as JSON (name, type, shape, place of each tensor), the values.
/// </summary>
internal static class SafetensorsFile
{
    public static void Write(string path, params (string Name, float[] Values)[] tensors)
    {
        var header = new Dictionary<string, object>();
        int offset = 0;
        foreach (var (name, values) in tensors)
        {
            int end = offset + (values.Length * sizeof(float));
            header.Add(name, new { dtype = "F32", shape = new[] { values.Length }, data_offsets = new[] { offset, end } });
            offset = end;
        }

        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header);
        byte[] length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)json.Length);

        using var file = File.Create(path);
        file.Write(length);
        file.Write(json);
        foreach (var (_, values) in tensors)
            file.Write(MemoryMarshal.AsBytes<float>(values));
    }
}
