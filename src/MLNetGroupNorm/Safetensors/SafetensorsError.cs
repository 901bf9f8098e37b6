using System.Globalization;
using System.Text;

namespace MLNetGroupNorm.Safetensors;

/// <summary>Exceptions about a safetensors file: which file, what was found in it, what is allowed.</summary>
internal static class SafetensorsError
{
    // Names come from the file, so their length in a message is bounded: enough for any real path of modules.
    private const int MaxQuotedLength = 120;
    private const int MaxQuotedNames = 10;

    public static InvalidDataException Invalid(string source, string message, Exception? inner = null) =>
        new($"The safetensors file {source} cannot be read: {message}", inner);

    public static InvalidDataException Invalid(string source, string tensor, string message) =>
        Invalid(source, $"tensor {Quote(tensor)}: {message}");

    /// <summary>A name of the file in quotes, with no control characters in it, shortened where it is very long.</summary>
    public static string Quote(string name, char mark = '\'')
    {
        var quoted = new StringBuilder().Append(mark);
        foreach (char c in name.AsSpan(0, Math.Min(name.Length, MaxQuotedLength)))
            _ = char.IsControl(c) || char.IsSurrogate(c)
                ? quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}")
                : quoted.Append(c);
        return quoted.Append(name.Length > MaxQuotedLength ? "..." : "").Append(mark).ToString();
    }

    /// <summary>The first names of a list, and how many more there are.</summary>
    public static string Quote(IReadOnlyCollection<string> names)
    {
        string first = string.Join(", ", names.Take(MaxQuotedNames).Select(name => Quote(name)));
        return names.Count > MaxQuotedNames ? $"{first} and {names.Count - MaxQuotedNames} more" : first;
    }
}
