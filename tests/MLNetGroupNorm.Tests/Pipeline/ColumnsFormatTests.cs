using System.Text;
using Microsoft.ML;
using MLNetGroupNorm.Pipeline;
using MLNetGroupNorm.Tests.Support;
using Options = MLNetGroupNorm.GroupNormEstimator.ColumnOptions;

namespace MLNetGroupNorm.Tests.Pipeline;

public sealed class ColumnsFormatTests
{
    private const uint FirstVersion = 0x00010001;

    // Where counts stand in the content of a column A of B: behind the number of columns, two names of one letter, two ints, a double and
    // two bytes; and behind two weights more.
    private const int Parameters = 4 + 2 + 2 + 4 + 4 + 8 + 2;
    private const int Dimensions = Parameters + 4 + 8;

    private static readonly Options[] _columns =
        [new("A", 2, "B", 4, 0.5, GroupNormAffine.Identity(4), TensorLayout.ChannelsLast, [3, 4]), new("C", 1)];

    [Fact]
    public void Columns_are_read_as_they_were_written()
    {
        var read = Read(Written(_columns));

        Assert.Equal(_columns.Select(column => (column.Name, column.NumberOfChannels)), read.Select(column => (column.Name, column.NumberOfChannels)));
        Assert.Equal(_columns[0].Affine!.Weight, read[0].Affine!.Weight);
        Assert.Equal([3, 4], read[0].Dimensions);
        Assert.Null(read[1].Dimensions);
    }

    [Fact]
    public void The_checksum_is_the_CRC_32C_of_length_and_content()
    {
        Assert.Equal(0xE3069283, Crc32C.Of("123456789"u8));
        // Contents of every length modulo 8, by which the library reads them.
        foreach (int length in Enumerable.Range(1, 16))
        {
            byte[] bytes = Written(new Options(new string('x', length), 1, "y"));

            Assert.Equal(Crc32C.Of(bytes.AsSpan(0, bytes.Length - sizeof(uint))), BitConverter.ToUInt32(bytes, bytes.Length - sizeof(uint)));
        }
    }

    [Fact]
    public void Every_byte_changed_to_every_other_value_is_found()
    {
        byte[] bytes = Written(_columns);
        for (int position = 0; position < bytes.Length; position++)
            for (int change = 1; change < 256; change++)
            {
                bytes[position] ^= (byte)change;
                AssertDamaged(bytes);
                bytes[position] ^= (byte)change;
            }

        Assert.Equal(2, Read(bytes).Length);
    }

    [Fact]
    public void Every_cut_is_found_whatever_follows_it()
    {
        byte[] bytes = Written(_columns);
        for (int length = 0; length < bytes.Length; length++)
        {
            AssertDamaged(bytes[..length]);
            AssertDamaged([.. bytes[..length], .. new byte[bytes.Length]]);
            // A cut in the middle: bytes are lost, and the rest moves up.
            AssertDamaged([.. bytes[..length], .. bytes[(length + 1)..], .. new byte[1]]);
        }
    }

    [Fact]
    public void What_the_first_version_wrote_has_another_checksum_and_no_dimensions() =>
        Assert.Throws<FormatException>(() => Read(Written(_columns), FirstVersion));

    [Theory]
    [InlineData(ColumnsFormat.MaximumLength - 1, "its checksum does not match")]
    [InlineData(ColumnsFormat.MaximumLength, "its checksum does not match")]
    [InlineData(ColumnsFormat.MaximumLength + 1, "can have at most")]
    [InlineData(int.MaxValue, "can have at most")]
    [InlineData(-1, "can have at most")]
    [InlineData(int.MinValue, "can have at most")]
    public void A_length_above_any_real_one_is_refused_though_the_bytes_are_there(int announced, string expected)
    {
        byte[] bytes = new byte[sizeof(int) + ColumnsFormat.MaximumLength + 64];
        BitConverter.TryWriteBytes(bytes, announced);

        Assert.Contains(expected, Assert.Throws<FormatException>(() => Read(bytes)).Message);
    }

    [Theory]
    [InlineData(ColumnsFormat.Version, sizeof(uint))]
    [InlineData(FirstVersion, 32)]
    public void A_length_that_is_announced_and_not_there_takes_no_memory(uint version, int checksum)
    {
        foreach (int missing in new[] { 0, 1, 2 })
        {
            byte[] bytes = new byte[sizeof(int) + 1000 + checksum - missing];
            BitConverter.TryWriteBytes(bytes, 1000);
            string expected = missing == 0 ? "its checksum does not match" : "it ends before the 1000 bytes it announces";

            Assert.Contains(expected, Assert.Throws<FormatException>(() => Read(bytes, version)).Message);
        }

        byte[] large = new byte[1000];
        BitConverter.TryWriteBytes(large, ColumnsFormat.MaximumLength);
        Allocations.AssertFew(() => Assert.Throws<FormatException>(() => Read(large, version)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(500)]
    public void Lengths_are_counted_from_where_the_stream_stands(int position)
    {
        byte[] bytes = [.. new byte[position], .. Written(_columns)];

        Assert.Equal(2, Read(bytes, position: position).Length);
        for (int length = position; length < bytes.Length; length++)
            Assert.Contains("it ends before", Assert.Throws<FormatException>(() => Read(bytes[..length], position: position)).Message);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public void Options_larger_than_a_model_can_hold_are_refused_when_they_are_saved(int excess, bool fits)
    {
        // Everything but the weight takes 40 bytes, with names of seven letters and of one.
        const int Channels = (ColumnsFormat.MaximumLength - 40) / sizeof(float);
        var affine = new GroupNormAffine(new float[Channels], null);
        var options = new Options(new string('n', 7 + excess), 1, "x", affine: affine);

        if (fits)
            Assert.Equal(ColumnsFormat.MaximumLength, BitConverter.ToInt32(Written(options)));
        else
            Assert.Contains($"take {ColumnsFormat.MaximumLength + 1} bytes",
                Assert.Throws<InvalidOperationException>(() => Written(options)).Message);
    }

    [Fact]
    public void A_model_can_hold_64_MB_of_options() => Assert.Equal(64 * 1024 * 1024, ColumnsFormat.MaximumLength);

    [Fact]
    public void Two_columns_of_one_name_are_refused_though_the_checksum_matches() =>
        Assert.Contains("one name", Assert.Throws<FormatException>(() => Read(Written(new Options("A", 1), new Options("A", 2)))).Message);

    [Fact]
    public void No_columns_are_refused_though_the_checksum_matches() =>
        Assert.Contains("0 columns", Assert.Throws<FormatException>(() => Read(Written())).Message);

    [Fact]
    public void A_stream_that_ends_within_the_length_is_told_apart_from_one_that_ends_behind_it()
    {
        for (int length = 0; length < sizeof(int); length++)
            Assert.Contains("it ends before its length", Assert.Throws<FormatException>(() => Read(new byte[length])).Message);
        Assert.Contains("it ends before the 0 bytes", Assert.Throws<FormatException>(() => Read(new byte[sizeof(int)])).Message);
    }

    /// <summary>What only a wrong writer could write: the checksum is right.</summary>
    [Theory]
    [InlineData(0, -1, "0 columns")]
    [InlineData(0, int.MinValue, "0 columns")]
    [InlineData(0, 2, "is damaged")] // a column more than there are
    [InlineData(Parameters, -1, "-1 values are announced")]
    [InlineData(Parameters, 5, "5 values are announced")] // of 4 bytes; 16 are left
    [InlineData(Parameters, 4, "is damaged")] // takes the dimensions for weights
    [InlineData(Parameters, 0, "weight is empty")]
    [InlineData(Dimensions, -1, "-1 values are announced")]
    [InlineData(Dimensions, 2, "2 values are announced")]
    [InlineData(Dimensions, 0, "4 bytes more")]
    public void Counts_that_contradict_what_follows_are_refused_though_the_checksum_matches(int position, int count, string expected)
    {
        byte[] bytes = Written(new Options("A", 1, "B", affine: new GroupNormAffine([2, 2], null), dimensions: [2]));

        var error = Assert.Throws<FormatException>(() => Read(Changed(bytes, position, count)));

        Assert.Contains("is damaged", error.Message);
        Assert.Contains(expected, error.Message);
    }

    [Fact]
    public void A_name_whose_length_is_none_is_refused_though_the_checksum_matches()
    {
        // A length is at most five bytes of seven bits, the last of them below 16: here it is the number of groups.
        byte[] bytes = Changed(Written(new Options("A", 16, "B")), position: sizeof(int), value: -1);

        Assert.Contains("a name has no length", Assert.Throws<FormatException>(() => Read(bytes)).Message);
    }

    /// <summary>What was written with another number in its content, under the checksum of that.</summary>
    private static byte[] Changed(byte[] bytes, int position, int value)
    {
        BitConverter.TryWriteBytes(bytes.AsSpan(sizeof(int) + position), value);
        int end = bytes.Length - sizeof(uint);
        BitConverter.TryWriteBytes(bytes.AsSpan(end), Crc32C.Of(bytes.AsSpan(0, end)));
        return bytes;
    }

    private static void AssertDamaged(byte[] bytes) =>
        Assert.Contains("is damaged", Assert.Throws<FormatException>(() => Read(bytes)).Message);

    private static byte[] Written(params Options[] columns)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        ColumnsFormat.Write(writer, columns, new MLContext());
        return stream.ToArray();
    }

    private static Options[] Read(byte[] bytes, uint version = ColumnsFormat.Version, int position = 0)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes) { Position = position }, Encoding.UTF8);
        return ColumnsFormat.Read(reader, version, new MLContext());
    }
}
