using System.Text;
using System.Text.Unicode;

namespace MLNetGroupNorm.Safetensors;

/// <summary>Tells by its first bytes what a file is that is given in place of a safetensors file.</summary>
internal static class FileKind
{
    // Room for the first line of a text, and for the byte order mark and blanks that may stand before it.
    private const int HeadLength = 256;
    private const int MaxQuotedText = 60;

    private const string SaveInPython = "Load it in Python, and write it with safetensors: "
        + "from safetensors.torch import save_model; save_model(model, \"model.safetensors\").";

    private static readonly (byte[] Start, string Description)[] _binaries =
    [
        ([.. "PK"u8], $"it is a zip archive, as .pt and .pth (PyTorch), .npz (NumPy) and .keras files are. {SaveInPython}"),
        ([0x80, 2], Pickle), ([0x80, 3], Pickle), ([0x80, 4], Pickle), ([0x80, 5], Pickle),
        ([0x89, .. "HDF\r\n"u8], "it is an HDF5 file, as .h5 files (Keras) are. Load the model in Python, and write it with "
            + "safetensors: from safetensors.numpy import save_file; save_file({v.path: v.numpy() for v in model.variables}, path)."),
        ([0x93, .. "NUMPY"u8], "it is a NumPy array (.npy). Load it in Python, and write weight and bias with safetensors: "
            + "from safetensors.numpy import save_file; save_file({\"norm.weight\": weight, \"norm.bias\": bias}, path)."),
        ([.. "GGUF"u8], "it is a GGUF file. Most models in that format are published as safetensors too."),
        ([.. "version https://git-lfs"u8], "it is a Git LFS pointer, which stands for the file. Run 'git lfs pull' in its repository."),
    ];

    // The fields of an ONNX model that follow its version: its producer's name and version, domain, graph, opset.
    private static ReadOnlySpan<byte> OnnxFields => [0x12, 0x1A, 0x22, 0x3A, 0x42];

    private const string Pickle = $"it is a Python pickle, as older .pt, .pth and .bin files (PyTorch) are. {SaveInPython}";

    /// <summary>The first bytes from where a stream stands, which is put back to there.</summary>
    public static byte[] ReadHead(Stream stream)
    {
        long start = stream.Position;
        var head = new byte[HeadLength];
        int length = stream.ReadAtLeast(head, HeadLength, throwOnEndOfStream: false);
        stream.Position = start;
        return head[..length];
    }

    /// <summary>What a file is and what to do about it, as the end of a sentence; null where it may be anything.</summary>
    public static string? Describe(ReadOnlySpan<byte> head)
    {
        if (head.IsEmpty)
            return "it is empty. Download or write it again.";
        foreach (var (start, description) in _binaries)
            if (head.StartsWith(start))
                return description;
        if (head is [0x08, > 0 and < 0x20, _, ..] && OnnxFields.Contains(head[2]))
            return "it is an ONNX model, which ApplyOnnxModel runs. To read parameters, write the model that it was "
                + "exported from with safetensors.";
        if (IsJson(head))
            return "it is JSON, and not safetensors. If it is the index of a model in several files, give its path.";
        string? text = Text(head);
        return string.IsNullOrEmpty(text) ? null
            : text.StartsWith('<')
                ? "it is a web page, which a download gave in place of the file. Log in if the site asks for it, and take the "
                    + "address of the file itself (huggingface.co: with /resolve/ in it, not /blob/)."
                : $"it is text, and begins with {SafetensorsError.Quote(text[..Math.Min(text.Length, MaxQuotedText)])}.";
    }

    /// <summary>Whether a file is JSON, as the index of a split model is, and not the header of a safetensors file.</summary>
    public static bool IsJson(ReadOnlySpan<byte> head) => Text(head) is ['{' or '[', ..];

    /// <summary>The first text of a file with no blanks before it, or null if its bytes are not text.</summary>
    private static string? Text(ReadOnlySpan<byte> head)
    {
        if (head.StartsWith(Encoding.UTF8.Preamble))
            head = head[Encoding.UTF8.Preamble.Length..];
        // The last character may be cut.
        for (int cut = 0; cut < 4 && cut < head.Length; cut++)
            if (Utf8.IsValid(head[..^cut]))
            {
                string text = Encoding.UTF8.GetString(head[..^cut]);
                return text.All(c => !char.IsControl(c) || char.IsWhiteSpace(c)) ? text.TrimStart() : null;
            }

        return null;
    }
}
