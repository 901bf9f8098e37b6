using System.Buffers.Binary;

namespace MLNetGroupNorm.Samples.Tests.Images;

/// <summary>Makes a PNG file claim a size that is not its own.</summary>
internal static class PngHeader
{
    private const int ChunkType = 12;
    private const int Width = 16;
    private const int Height = 20;
    private const int Checksum = 29;

    public static void SetSize(byte[] png, int width, int height)
    {
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(Width), width);
        BinaryPrimitives.WriteInt32BigEndian(png.AsSpan(Height), height);
        BinaryPrimitives.WriteUInt32BigEndian(png.AsSpan(Checksum), Crc32(png.AsSpan(ChunkType..Checksum)));
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xEDB88320 & (0 - (crc & 1)));
        }
        return ~crc;
    }
}
