namespace MLNetGroupNorm.Tests.Support;

/// <summary>CRC-32C bit by bit, as RFC 3720 defines it: a check of the library's own.</summary>
internal static class Crc32C
{
    private const uint ReflectedPolynomial = 0x82F63B78;

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * ReflectedPolynomial);
        }

        return ~crc;
    }
}
