using System.Text.Json;

namespace MLNetGroupNorm.Safetensors;

/// <summary>The types that a tensor's values may have.</summary>
internal static class SafetensorsDtype
{
    public const string F64 = nameof(F64), F32 = nameof(F32), F16 = nameof(F16), BF16 = nameof(BF16);

    private static readonly (string Name, ulong Bits)[] _known =
    [
        (F32, 32), (F16, 16), (BF16, 16), (F64, 64),
        ("I64", 64), ("I32", 32), ("I16", 16), ("I8", 8), ("U64", 64), ("U32", 32), ("U16", 16), ("U8", 8), ("BOOL", 8),
        ("F8_E4M3", 8), ("F8_E5M2", 8), ("F8_E8M0", 8), ("F8_E4M3FNUZ", 8), ("F8_E5M2FNUZ", 8),
        ("F6_E2M3", 6), ("F6_E3M2", 6), ("F4", 4), ("C64", 64),
    ];

    /// <summary>Whether parameters of that type can be read.</summary>
    public static bool IsReadable(string dtype) => dtype is F64 or F32 or F16 or BF16;

    /// <summary>
    /// The type that a JSON string names. The bits of one value are null where the type is none of the format's: one that is
    /// newer than this list does no harm in a tensor that nobody asks for.
    /// </summary>
    public static (string Name, ulong? Bits) Parse(ref readonly Utf8JsonReader json)
    {
        foreach (var (name, bits) in _known)
            if (json.ValueTextEquals(name))
                return (name, bits);
        return (json.GetString()!, null);
    }
}
