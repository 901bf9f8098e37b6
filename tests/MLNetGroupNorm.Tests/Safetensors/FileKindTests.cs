using System.IO.Compression;
using System.Text;
using MLNetGroupNorm.Safetensors;
using MLNetGroupNorm.Tests.Support;
using static MLNetGroupNorm.Tests.Safetensors.SafetensorsBytes;

namespace MLNetGroupNorm.Tests.Safetensors;

public sealed class FileKindTests
{
    public static TheoryData<byte[], string> Binaries => new()
    {
        { [], "it is empty" },
        { [0x80, 0x02, 0x8A, 0x0A, .. "l\xfc\x9cF"u8, .. new byte[40]], "it is a Python pickle" },
        { [0x80, 0x04, 0x95, 0x12, 0, 0, 0, 0, 0, 0, 0, (byte)'}'], "it is a Python pickle" },
        // A zip as PyTorch writes it, with the version and the flags that are its own.
        { [.. "PK\x03\x04"u8, 0, 0, 8, 8, 0, 0, .. new byte[40]], "it is a zip archive" },
        { [0x89, .. "HDF\r\n\x1a\n"u8, .. new byte[40]], "it is an HDF5 file" },
        { [0x93, .. "NUMPY\x01\0v\0{'descr': '<f4'"u8], "it is a NumPy array" },
        { [.. "GGUF\x03\0\0\0"u8, .. new byte[16]], "it is a GGUF file" },
        { [8, 8, 0x12, 7, .. "pytorch\x1a\x05"u8, .. "2.1.0"u8], "it is an ONNX model" },
        { [8, 10, 0x3A, 0x90, 1, 0x0A, .. "Conv_0 is a node"u8], "it is an ONNX model" },
        // A length of a header that the file might have.
        { [0x80, 0x02, 0, 0, 0, 0, 0, 0, (byte)'}'], "it is a Python pickle" },
    };

    /// <summary>The shortest heads that are known, and what is next to them.</summary>
    public static TheoryData<byte[], string?> Heads => new()
    {
        { [0x80, 1], null }, { [0x80, 2], Pickle }, { [0x80, 3], Pickle }, { [0x80, 4], Pickle }, { [0x80, 5], Pickle }, { [0x80, 6], null },
        { [0x81, 2], null },
        { [.. "PK"u8], "it is a zip archive" }, { [.. "P"u8], Text },
        { [0x89, .. "HDF\r\n"u8], "it is an HDF5 file" }, { [0x89, .. "HDF\r"u8], null },
        { [0x93, .. "NUMPY"u8], "it is a NumPy array" }, { [0x93, .. "NUMP"u8], null },
        { [.. "GGUF"u8], "it is a GGUF file" }, { [.. "GGU"u8], Text },
        { [.. "version https://git-lfs"u8], "it is a Git LFS pointer" }, { [.. "version https://git-lf"u8], Text },
        // An ONNX model: a field of eight, its version, and the field that follows.
        { [8, 0, 0x12], null }, { [8, 1, 0x12], Onnx }, { [8, 0x1F, 0x12], Onnx }, { [8, 0x20, 0x12], null }, { [7, 1, 0x12], null },
        { [8, 1], null }, { [8, 1, 0x1A], Onnx }, { [8, 1, 0x22], Onnx }, { [8, 1, 0x3A], Onnx }, { [8, 1, 0x42], Onnx }, { [8, 1, 0x32], null },
        { [.. "{"u8], Json }, { [.. "["u8], Json }, { [0xEF, 0xBB, 0xBF, .. " ["u8], Json }, { [.. "a{"u8], Text }, { [.. "<"u8], "it is a web page" },
        { [.. "\t\n "u8], null }, { [.. "\t\n a"u8], $"{Text}, and begins with 'a'" }, { [.. "a\x1b"u8], null },
        // Up to three bytes may be those of a letter that is cut.
        { [(byte)'a', 0xFF, 0xFF, 0xFF], Text }, { [(byte)'a', 0xFF, 0xFF, 0xFF, 0xFF], null }, { [0xFF], null },
    };

    private const string Pickle = "it is a Python pickle", Onnx = "it is an ONNX model", Json = "it is JSON", Text = "it is text";

    [Theory]
    [MemberData(nameof(Heads))]
    public void A_head_is_known_by_no_more_and_no_less_than_what_makes_it_so(byte[] head, string? kind)
    {
        string? found = FileKind.Describe(head);

        if (kind is null)
            Assert.Null(found);
        else
            Assert.StartsWith(kind, found);
        Assert.Equal(kind == Json, FileKind.IsJson(head));
    }

    [Theory]
    [InlineData(59, "")]
    [InlineData(60, "")]
    [InlineData(61, "a")]
    public void Up_to_60_characters_of_a_text_are_quoted(int length, string cut)
    {
        string text = new('a', length);

        Assert.Equal($"it is text, and begins with '{text[..^cut.Length]}'.", FileKind.Describe(Encoding.UTF8.GetBytes(text)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(255)]
    [InlineData(256)]
    [InlineData(257)]
    public void The_head_is_256_bytes_or_all_that_there_are(int length)
    {
        byte[] bytes = [.. Enumerable.Range(0, length).Select(i => (byte)i)];
        using var stream = new MemoryStream([7, 7, .. bytes]) { Position = 2 };

        Assert.Equal(bytes.Take(256), FileKind.ReadHead(stream));
        Assert.Equal(2, stream.Position);
    }

    [Theory]
    [MemberData(nameof(Binaries))]
    public void A_file_of_another_kind_is_named(byte[] bytes, string message) => AssertKind(bytes, message);

    [Theory]
    [InlineData("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "it is a Git LFS pointer")]
    [InlineData("<!DOCTYPE html>\n<html class=\"\">", "it is a web page")]
    [InlineData("\uFEFF \r\n<html>", "it is a web page")]
    [InlineData("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", "it is a web page")]
    [InlineData("Entry not found", "it is text, and begins with 'Entry not found'")]
    [InlineData("404", "it is text, and begins with '404'")]
    [InlineData("404 page not found", "it is text, and begins with '404 page not found'")] // with a blank where a header might begin
    public void A_text_is_named(string text, string message) => AssertKind(Encoding.UTF8.GetBytes(text), message);

    [Fact]
    public void A_text_is_known_where_its_first_bytes_end_within_a_letter()
    {
        for (int length = 0; length < 4; length++)
            AssertKind(Encoding.UTF8.GetBytes(new string('a', length) + string.Concat(Enumerable.Repeat("😀", 200))), "it is text");
    }

    [Fact]
    public void A_zip_that_this_machine_writes_is_named()
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
            archive.CreateEntry("weight.npy").Open().Dispose();

        AssertKind(zip.ToArray(), "it is a zip archive");
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1, 2, 3]")]
    [InlineData("  \n{ \"architectures\": [\"UNet\"], \"weight_map\": 1 }")]
    public void JSON_that_is_no_index_is_named(string json)
    {
        using var file = new TemporaryFile(Encoding.UTF8.GetBytes(json));

        var error = Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(file.Path, "norm"));

        Assert.Contains("it is JSON, but no index of a model in several files", error.Message);
    }

    [Fact]
    public void JSON_in_a_stream_asks_for_the_path_of_the_index()
    {
        var error = Assert.Throws<InvalidDataException>(() => Load([.. """{"weight_map":{"norm.weight":"a.safetensors"}}"""u8]));

        Assert.Contains("it is JSON, and not safetensors. If it is the index of a model in several files, give its path.", error.Message);
    }

    [Fact]
    public void A_safetensors_file_that_is_cut_short_is_no_other_kind()
    {
        // Lengths of headers whose first bytes are those of a pickle, of an ONNX model, of JSON and of a web page.
        foreach (int length in new[] { 0x10280, 0x120808, '{', '<' })
        {
            byte[] file = Raw("{" + new string(' ', length - 1));
            Assert.Contains("It is cut short", Assert.Throws<InvalidDataException>(() => Load(file[..^1])).Message);
        }
    }

    private static void AssertKind(byte[] bytes, string message)
    {
        using var file = new TemporaryFile(bytes);
        string start = $"The safetensors file {file.Path} cannot be read: {message}";

        Assert.StartsWith(start,
            Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(file.Path, "norm")).Message);
        Assert.StartsWith(start, Assert.Throws<InvalidDataException>(() => GroupNormAffine.ListSafetensorsLayers(file.Path)).Message);
    }
}
