using System.Text;
using Microsoft.ML;
using MLNetGroupNorm.Pipeline;
using Options = MLNetGroupNorm.GroupNormEstimator.ColumnOptions;

namespace MLNetGroupNorm.Tests.Pipeline;

public sealed class ColumnsFormatTests
{
    [Fact]
    public void Columns_are_read_as_they_were_written()
    {
        Options[] written = [new("A", 2, "B", 4, 0.5, GroupNormAffine.Identity(4), TensorLayout.ChannelsLast), new("C", 1)];

        var read = WriteAndRead(written);

        Assert.Equal(written.Select(column => (column.Name, column.NumberOfChannels)), read.Select(column => (column.Name, column.NumberOfChannels)));
        Assert.Equal(written[0].Affine!.Weight, read[0].Affine!.Weight);
    }

    [Fact]
    public void Two_columns_of_one_name_are_refused_though_the_checksum_matches() =>
        Assert.Contains("one name", Assert.Throws<FormatException>(() => WriteAndRead(new Options("A", 1), new Options("A", 2))).Message);

    [Fact]
    public void No_columns_are_refused_though_the_checksum_matches() =>
        Assert.Contains("0 columns", Assert.Throws<FormatException>(() => WriteAndRead()).Message);

    private static Options[] WriteAndRead(params Options[] columns)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        ColumnsFormat.Write(writer, columns);
        stream.Position = 0;
        using var reader = new BinaryReader(stream, Encoding.UTF8);
        return ColumnsFormat.Read(reader, new MLContext());
    }
}
