using System.Security.Cryptography;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using MLNetGroupNorm.Pipeline;
using MLNetGroupNorm.Tests.Support;

namespace MLNetGroupNorm.Tests.Pipeline;

public sealed class ColumnsFormatTests
{
    private static readonly GroupNormEstimator.ColumnOptions[] _columns =
    [
        new("a", 2, "b", 4, 1e-3, new GroupNormAffine([1f, -2f, 3f, 0.5f], [0.25f, 5f, -6f, 7f]), TensorLayout.ChannelsLast),
        new("größe 😀", 1),
        new("w", 3, affine: new GroupNormAffine([1f, 2f, 3f], null)),
        new("v", 3, affine: new GroupNormAffine(null, [1f, 2f, 3f])),
    ];

    private readonly IExceptionContext _context = (IExceptionContext)((IHostEnvironment)new MLContext()).Register("test");

    [Fact]
    public void All_options_come_back()
    {
        var found = Read(Write());

        Assert.Equal(_columns.Select(Describe), found.Select(Describe));
    }

    [Fact]
    public void Every_byte_changed_and_sealed_again_is_read_or_an_error_of_this_library()
    {
        byte[] file = Write();
        int read = 0;
        for (int position = sizeof(int); position < file.Length - SHA256.HashSizeInBytes; position++)
            for (int value = 0; value < 256; value++)
            {
                byte before = file[position];
                file[position] = (byte)value;
                read += Allocations.AssertFew(() => IsRead(Sealed(file))) ? 1 : 0;
                file[position] = before;
            }

        Assert.InRange(read, 1000, 256 * file.Length);
    }

    [Fact]
    public void Content_cut_or_prolonged_and_sealed_again_is_an_error()
    {
        byte[] content = Write()[sizeof(int)..^SHA256.HashSizeInBytes];
        for (int length = 0; length < content.Length; length++)
            Assert.False(IsRead(File(content[..length])), $"cut at {length}");
        Assert.False(IsRead(File([.. content, 0])));
    }

    private static byte[] Write()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        ColumnsFormat.Write(writer, _columns);
        return stream.ToArray();
    }

    private static byte[] File(byte[] content) =>
        Sealed([.. BitConverter.GetBytes(content.Length), .. content, .. new byte[SHA256.HashSizeInBytes]]);

    /// <summary>With the checksum that fits: what someone could send who means harm.</summary>
    private static byte[] Sealed(byte[] file)
    {
        SHA256.HashData(file.AsSpan(sizeof(int)..^SHA256.HashSizeInBytes), file.AsSpan(^SHA256.HashSizeInBytes..));
        return file;
    }

    private GroupNormEstimator.ColumnOptions[] Read(byte[] file)
    {
        using var reader = new BinaryReader(new MemoryStream(file));
        return ColumnsFormat.Read(reader, _context);
    }

    private bool IsRead(byte[] file)
    {
        try
        {
            return Read(file).Length > 0;
        }
        catch (FormatException e)
        {
            Assert.Contains("group normalization", e.Message);
            return false;
        }
    }

    private static string Describe(GroupNormEstimator.ColumnOptions column) => string.Join("; ",
        column.Name, column.InputColumnName, column.NumberOfGroups, column.NumberOfChannels, column.Epsilon, column.Layout,
        string.Join(",", column.Affine?.Weight ?? []), string.Join(",", column.Affine?.Bias ?? []));
}
