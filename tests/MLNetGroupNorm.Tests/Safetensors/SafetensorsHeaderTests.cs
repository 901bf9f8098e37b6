using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using MLNetGroupNorm.Safetensors;
using MLNetGroupNorm.Tests.Support;
using static MLNetGroupNorm.Tests.Safetensors.SafetensorsBytes;

namespace MLNetGroupNorm.Tests.Safetensors;

public sealed class SafetensorsHeaderTests
{
    /// <summary>The reference reader's limit.</summary>
    private const long Longest = 100_000_000;

    /// <summary>All that is allocated, kept or not: the header, names, and tables that double as they grow.</summary>
    private const long HostileHeaderMemory = 8L * SafetensorsHeader.MaxLength;

    // Two tensors of two values each, in a file whose values take 16 bytes.
    private static readonly byte[] _sixteenBytes = Bytes(1f, 2f, 3f, 4f);

    [Theory]
    [InlineData(0, 8, 8, 16)]
    [InlineData(8, 16, 0, 8)] // the weight second: the order of names is free
    public void Tensors_that_fill_the_file_are_read(int weightBegin, int weightEnd, int biasBegin, int biasEnd)
    {
        var affine = Load(Raw(TwoTensors(weightBegin, weightEnd, biasBegin, biasEnd), _sixteenBytes));

        Assert.Equal(weightBegin == 0 ? [1f, 2f] : [3f, 4f], affine.Weight);
        Assert.Equal(biasBegin == 0 ? [1f, 2f] : [3f, 4f], affine.Bias);
    }

    [Theory]
    [InlineData(0, 8, 4, 12, "'norm.bias': it lies at bytes 4 to 12, and overlaps another one that ends at 8")]
    [InlineData(0, 8, 0, 8, "and overlaps another one that ends at 8")]
    [InlineData(0, 8, 16, 24, "'norm.bias': it lies at bytes 16 to 24, but only 16 follow the header")]
    [InlineData(4, 12, 8, 16, "'norm.weight': it lies at bytes 4 to 12, and none lies at bytes 0 to 4")]
    [InlineData(0, 8, 9223372036854775800, 9223372036854775808, "but only 16 follow the header")]
    [InlineData(0, 8, 18446744073709551607, 18446744073709551615, "but only 16 follow the header")]
    public void Tensors_that_do_not_lie_side_by_side_are_refused(
        ulong weightBegin, ulong weightEnd, ulong biasBegin, ulong biasEnd, string message) =>
        AssertInvalid(Raw(TwoTensors(weightBegin, weightEnd, biasBegin, biasEnd), _sixteenBytes), message);

    [Theory]
    [InlineData(7, 15, 15, "'norm.bias': it lies at bytes 7 to 15, and overlaps another one that ends at 8")]
    [InlineData(8, 16, 15, "'norm.bias': it lies at bytes 8 to 16, but only 15 follow the header")]
    [InlineData(8, 16, 17, "1 bytes follow its last tensor")]
    [InlineData(9, 17, 17, "'norm.bias': it lies at bytes 9 to 17, and none lies at bytes 8 to 9")]
    [InlineData(9, 17, 16, "'norm.bias': it lies at bytes 9 to 17, but only 16 follow the header")]
    public void A_single_byte_out_of_place_is_refused(int biasBegin, int biasEnd, int dataLength, string message) =>
        AssertInvalid(Raw(TwoTensors(0, 8, biasBegin, biasEnd), new byte[dataLength]), message);

    [Fact]
    public void Holes_and_leftovers_are_refused()
    {
        AssertInvalid(Raw(TwoTensors(0, 8, 12, 20), [.. _sixteenBytes, 0, 0, 0, 0]), "none lies at bytes 8 to 12");
        AssertInvalid(Raw(TwoTensors(0, 8, 8, 16), [.. _sixteenBytes, 0]), "1 bytes follow its last tensor");
        AssertInvalid(Raw("{}", 1, 2, 3), "3 bytes follow its last tensor");
    }

    [Fact]
    public void Empty_tensors_may_lie_anywhere_between_the_others()
    {
        string others = TwoTensors(0, 8, 8, 16)[1..];
        for (int place = 0; place < 20; place++)
        {
            byte[] file = Raw("{" + Entry("e", "F32", "[3,0]", place, place) + "," + others, _sixteenBytes);
            if (place is 0 or 8 or 16)
                Assert.Equal([1f, 2f], Load(file).Weight);
            else
                AssertInvalid(file, ": it lies at bytes");
        }
    }

    [Theory]
    [InlineData(17UL)] // one more than the file has
    [InlineData(1UL << 31)]
    [InlineData(1UL << 63)]
    [InlineData(ulong.MaxValue)]
    public void A_header_beyond_the_file_is_refused(ulong length)
    {
        byte[] file = Raw("{}              ");
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);

        AssertInvalid(file, $"its header is to have {length} bytes, but only 16 follow");
    }

    [Fact]
    public void A_file_shorter_than_a_header_is_refused()
    {
        for (int length = 1; length < 8; length++)
            AssertInvalid(new byte[length], $"it has {length} bytes");
        AssertInvalid(new byte[8], "does not begin with '{'");
        AssertInvalid(Raw("[]"), "does not begin with '{'");
        AssertInvalid(Raw("\uFEFF{}"), "does not begin with '{'");
    }

    [Fact]
    public void Lengths_are_counted_from_where_the_stream_stands()
    {
        AssertInvalidBehindOthers([1, 2, 3], "it has 3 bytes");
        AssertInvalidBehindOthers([.. BitConverter.GetBytes(3L), .. "{}"u8], "its header is to have 3 bytes, but only 2 follow");
        AssertInvalidBehindOthers(Raw("{}", 1), "1 bytes follow its last tensor");

        static void AssertInvalidBehindOthers(byte[] file, string message)
        {
            using var stream = new MemoryStream([.. new byte[20], .. file]) { Position = 20 };
            Assert.Contains(message, Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(stream, "norm")).Message);
        }
    }

    [Fact]
    public void The_longest_header_is_read()
    {
        using var file = new TemporaryFile();
        using (var stream = File.Create(file.Path))
        {
            stream.SetLength(8 + Longest);
            stream.Write([.. BitConverter.GetBytes(Longest), (byte)'{']);
        }

        // Zeros follow, which is for the parser to see.
        Assert.Contains("its header is not valid JSON",
            Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(file.Path, "norm")).Message);
    }

    [Fact]
    public void A_header_longer_than_what_is_read_is_refused_unread()
    {
        using var file = new TemporaryFile();
        const long Length = Longest + 1;
        using (var stream = File.Create(file.Path))
        {
            stream.SetLength(8 + Length);
            stream.Write([.. BitConverter.GetBytes(Length), (byte)'{']);
        }

        var error = Allocations.AssertFew(() =>
            Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(file.Path, "norm")));
        Assert.Contains($"{file.Path} cannot be read: its header has {Length} bytes; at most {Length - 1} are", error.Message);
    }

    [Theory]
    [InlineData("{", "", """:{"dtype":"U8","shape":[0],"data_offsets":[0,0]}""", "}")] // tensors
    [InlineData("{", ".bias", """:{"dtype":"U8","shape":[0],"data_offsets":[0,0]}""", "}")] // layers
    [InlineData("""{"__metadata__":{""", "", ":\"\"", "}}")] // metadata
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0],""", "", ":0", "}}")] // fields of one tensor
    public void The_largest_hostile_header_takes_bounded_memory(string start, string key, string value, string end)
    {
        var header = new StringBuilder(start);
        for (int i = 0; header.Length < SafetensorsHeader.MaxLength - 100; i++)
            header.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? "" : ",")}\"{i:x}{key}\"{value}");
        byte[] file = Raw(header.Append(end).ToString());

        Allocations.AssertAtMost(HostileHeaderMemory, () => Assert.Throws<ArgumentException>(() => Load(file)));
    }

    private static string TwoTensors(params object[] offsets) => "{"
        + $$"""
        "norm.weight":{"dtype":"F32","shape":[2],"data_offsets":[{{offsets[0]}},{{offsets[1]}}]},
        "norm.bias":{"dtype":"F32","shape":[2],"data_offsets":[{{offsets[2]}},{{offsets[3]}}]}
        """ + "}";

    private static void AssertInvalid(byte[] file, string message) =>
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => Load(file)).Message);
}
