using MLNetGroupNorm.Tests.Support;
using static MLNetGroupNorm.Tests.Safetensors.SafetensorsBytes;

namespace MLNetGroupNorm.Tests;

public sealed class GroupNormAffineSafetensorsTests
{
    private static readonly byte[] _twoLayers = Of(
        ("b.bias", [1f, 2f]), ("b.weight", [3f, 4f]), ("a.bias", [5f]), ("a.weight", [6f]));

    [Fact]
    public void A_path_reads_what_a_stream_reads()
    {
        using var file = new TemporaryFile(_twoLayers);

        var affine = GroupNormAffine.FromSafetensors(file.Path, "b");

        Assert.Equal([3f, 4f], affine.Weight);
        Assert.Equal([1f, 2f], affine.Bias);
    }

    [Fact]
    public void A_stream_is_read_from_where_it_stands_left_open_and_put_back()
    {
        using var stream = new MemoryStream([7, 7, 7, .. _twoLayers], writable: false) { Position = 3 };

        Assert.Equal([6f], GroupNormAffine.FromSafetensors(stream, "a").Weight);
        Assert.Equal([3f, 4f], GroupNormAffine.FromSafetensors(stream, "b").Weight);
        Assert.Throws<ArgumentException>(() => GroupNormAffine.FromSafetensors(stream, "c"));
        Assert.Equal(3, stream.Position);
    }

    [Fact]
    public void A_stream_that_stands_behind_its_end_holds_no_file()
    {
        using var stream = new MemoryStream(_twoLayers) { Position = _twoLayers.Length + 5 };

        Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(stream, "a"));
    }

    [Fact]
    public void A_stream_that_cannot_seek_is_an_error()
    {
        using var memory = new MemoryStream(_twoLayers);
        using var packed = new System.IO.Compression.DeflateStream(memory, System.IO.Compression.CompressionMode.Decompress);

        var error = Assert.Throws<ArgumentException>("stream", () => GroupNormAffine.FromSafetensors(packed, "a"));
        Assert.Contains("Copy it to a MemoryStream", error.Message);
    }

    [Fact]
    public void A_stream_that_cannot_be_read_is_an_error()
    {
        using var file = new TemporaryFile(_twoLayers);
        using var stream = File.OpenWrite(file.Path);

        Assert.Throws<ArgumentException>("stream", () => GroupNormAffine.FromSafetensors(stream, "a"));
    }

    [Fact]
    public void A_stream_of_a_file_is_named_in_errors()
    {
        using var file = new TemporaryFile(_twoLayers);
        using var stream = File.OpenRead(file.Path);

        Assert.Contains(file.Path, Assert.Throws<ArgumentException>("layerName", () => GroupNormAffine.FromSafetensors(stream, "c")).Message);
    }

    [Fact]
    public void Null_is_an_error()
    {
        using var stream = new MemoryStream(_twoLayers);

        Assert.Throws<ArgumentNullException>("path", () => GroupNormAffine.FromSafetensors((string)null!, "a"));
        Assert.Throws<ArgumentNullException>("layerName", () => GroupNormAffine.FromSafetensors("file", null!));
        Assert.Throws<ArgumentNullException>("stream", () => GroupNormAffine.FromSafetensors((Stream)null!, "a"));
        Assert.Throws<ArgumentNullException>("layerName", () => GroupNormAffine.FromSafetensors(stream, null!));
        Assert.Throws<ArgumentNullException>("path", () => GroupNormAffine.FromSafetensors((string)null!, "a", "b"));
        Assert.Throws<ArgumentNullException>("stream", () => GroupNormAffine.FromSafetensors((Stream)null!, "a", "b"));
        Assert.Throws<ArgumentNullException>("path", () => GroupNormAffine.ListSafetensorsLayers(null!));
    }

    [Fact]
    public void A_file_that_is_not_there_is_the_file_systems_error() =>
        Assert.Throws<FileNotFoundException>(() => GroupNormAffine.FromSafetensors(Path.GetRandomFileName(), "a"));

    [Fact]
    public void Layers_are_listed_by_name_and_only_those_that_load()
    {
        using var file = new TemporaryFile(Of(
            ("weight", "F32", "[1]", Bytes(1f)), ("bias", "F64", "[1]", Bytes(1.0)),
            ("z.weight", "F16", "[2]", new byte[4]), ("z.bias", "BF16", "[2]", new byte[4]),
            ("conv.weight", "F32", "[1,1,1]", new byte[4]), ("conv.bias", "F32", "[1]", new byte[4]),
            ("int.weight", "I8", "[1]", new byte[1]), ("int.bias", "I8", "[1]", new byte[1]),
            ("none.weight", "F32", "[0]", []), ("none.bias", "F32", "[0]", []),
            ("uneven.weight", "F32", "[1]", new byte[4]), ("uneven.bias", "F32", "[2]", new byte[8]),
            ("half.weight", "F32", "[1]", new byte[4]), ("dense.bias", "F32", "[1]", new byte[4]),
            ("dense.kernel", "F32", "[1,1]", new byte[4]),
            ("preweight", "F32", "[1]", new byte[4]), ("prebias", "F32", "[1]", new byte[4]),
            ("a.b.weight", "F32", "[1]", new byte[4]), ("a.b.bias", "F32", "[1]", new byte[4])));

        var layers = GroupNormAffine.ListSafetensorsLayers(file.Path);

        Assert.Equal(["", "a.b", "half", "z"], layers);
        Assert.All(layers, layer => GroupNormAffine.FromSafetensors(file.Path, layer));
    }

    [Fact]
    public void A_file_of_many_gigabytes_is_read_in_little_memory()
    {
        // The file has a length and no more: what is not written takes no room on most disks.
        const long Huge = 20L << 30;
        using var file = new TemporaryFile();
        string header = "{" + string.Join(",", Entry("huge", "U8", $"[{Huge}]", 0, Huge),
            Entry("norm.bias", "F32", "[2]", Huge, Huge + 8), Entry("norm.weight", "F32", "[2]", Huge + 8, Huge + 16)) + "}";
        using (var stream = File.Create(file.Path))
        {
            stream.Write(Raw(header));
            stream.Position += Huge;
            stream.Write(Bytes(1f, 2f, 3f, 4f));
        }

        var affine = Allocations.AssertFew(() => GroupNormAffine.FromSafetensors(file.Path, "norm"));

        Assert.Equal([3f, 4f], affine.Weight);
        Assert.Equal([1f, 2f], affine.Bias);
        Assert.Equal(["norm"], Allocations.AssertFew(() => GroupNormAffine.ListSafetensorsLayers(file.Path)));
    }

    [Fact]
    public void Gigabytes_that_call_themselves_parameters_are_refused_unread()
    {
        const long Values = 2L << 30;
        using var file = new TemporaryFile();
        string header = "{" + string.Join(",", Entry("norm.bias", "F32", $"[{Values}]", 0, Values * 4),
            Entry("norm.weight", "F32", $"[{Values}]", Values * 4, Values * 8)) + "}";
        using (var stream = File.Create(file.Path))
        {
            stream.Write(Raw(header));
            stream.SetLength(stream.Position + Values * 8);
        }

        Allocations.AssertFew(() =>
            Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(file.Path, "norm")));
    }
}
