using System.Globalization;
using System.Text;
using System.Text.Json;
using MLNetGroupNorm.Safetensors;
using MLNetGroupNorm.Tests.Support;
using static MLNetGroupNorm.Tests.Safetensors.SafetensorsBytes;

namespace MLNetGroupNorm.Tests.Safetensors;

public sealed class SafetensorsIndexTests : IDisposable
{
    private const string First = "model-00001-of-00002.safetensors", Second = "model-00002-of-00002.safetensors";

    /// <summary>All that is allocated, kept or not: the JSON, its tokens, names, and tables that double as they grow.</summary>
    private const long HostileIndexMemory = 20L * SafetensorsIndex.MaxLength;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Layers_in_one_file_or_over_two_are_read()
    {
        string index = WriteModel();

        Assert.Equal([3f, 4f], GroupNormAffine.FromSafetensors(index, "whole").Weight);
        Assert.Equal([5f], GroupNormAffine.FromSafetensors(index, "over_two").Weight);
        Assert.Equal([6f], GroupNormAffine.FromSafetensors(index, "over_two").Bias);
        Assert.Equal([7f], GroupNormAffine.FromSafetensors(index, "half").Weight);
        Assert.Null(GroupNormAffine.FromSafetensors(index, "half").Bias);
        Assert.Equal([1f, 2f], GroupNormAffine.FromSafetensors(index, "conv.bias", "whole.bias").Weight);
        Assert.Equal(["half", "over_two", "whole"], GroupNormAffine.ListSafetensorsLayers(index));
    }

    [Fact]
    public void What_the_index_has_not_is_an_error_that_names_the_nearest()
    {
        string index = WriteModel();

        Assert.Contains("The nearest of its 3 layers are 'over_two', ",
            Assert.Throws<ArgumentException>("layerName", () => GroupNormAffine.FromSafetensors(index, "over_too")).Message);
        Assert.Contains("and 7 others. The nearest are 'whole.bias', ",
            Assert.Throws<ArgumentException>("biasName", () => GroupNormAffine.FromSafetensors(index, null, "whole.bia")).Message);
        Assert.Contains("'conv.bias': beside it is 'conv.kernel'", // in the other file
            Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(index, "conv")).Message);
    }

    [Fact]
    public void A_part_alone_with_half_a_layer_points_to_the_index()
    {
        WriteModel();
        string part = Path.Combine(_folder.Path, First);

        foreach (var error in new[]
        {
            Assert.Throws<ArgumentException>("layerName", () => GroupNormAffine.FromSafetensors(part, "over_two")),
            Assert.Throws<ArgumentException>("layerName", () => GroupNormAffine.FromSafetensors(part, "elsewhere")),
            Assert.Throws<ArgumentException>("biasName", () => GroupNormAffine.FromSafetensors(part, null, "over_two.bias")),
        })
            Assert.Contains("Give the index, which knows where: 'model.safetensors.index.json'", error.Message);
        Assert.Equal([3f, 4f], GroupNormAffine.FromSafetensors(part, "whole").Weight);
        Assert.Equal([5f], GroupNormAffine.FromSafetensors(part, "over_two.weight", null).Weight);
        Assert.Equal(["whole"], GroupNormAffine.ListSafetensorsLayers(part));
    }

    [Fact]
    public void The_only_part_of_a_model_is_all_of_it()
    {
        string part = _folder.Write("model-00001-of-00001.safetensors", Of(("norm.weight", [1f])));

        Assert.Equal([1f], GroupNormAffine.FromSafetensors(part, "norm").Weight);
        Assert.Equal(["norm"], GroupNormAffine.ListSafetensorsLayers(part));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../secret.safetensors")]
    [InlineData("..\\secret.safetensors")]
    [InlineData("folder/../../secret.safetensors")]
    [InlineData("folder/secret.safetensors")]
    [InlineData("./secret.safetensors")]
    [InlineData("C:\\secret.safetensors")]
    [InlineData("C:secret.safetensors")]
    [InlineData("secret.safetensors:stream")]
    [InlineData("\\\\server\\share\\secret.safetensors")]
    [InlineData("..")]
    [InlineData(".. ")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void A_name_that_leaves_the_folder_is_refused(string file)
    {
        string index = WriteIndex(("norm.weight", file));

        var error = Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(index, "norm"));

        Assert.Contains("for 'norm.weight'. Files are opened only beside the index", error.Message);
        Assert.Throws<InvalidDataException>(() => GroupNormAffine.ListSafetensorsLayers(index));
    }

    [Fact]
    public void A_link_is_followed_within_the_folder_and_not_out_of_it()
    {
        using var outside = new TemporaryFolder();
        string secret = outside.Write("secret", Of(("norm.weight", [1f])));
        _folder.Write("inside", Of(("norm.weight", [2f])));
        string link = Path.Combine(_folder.Path, "link"), index = WriteIndex(("norm.weight", "link"));
        string linkedFolder = Path.Combine(_folder.Path, "elsewhere");
        Directory.CreateSymbolicLink(linkedFolder, outside.Path);

        foreach (string target in new[] { secret, Path.GetRelativePath(_folder.Path, secret), "elsewhere/secret", "./inside", "link", ".." })
        {
            File.CreateSymbolicLink(link, target);
            Assert.Contains("'link', which it names, is a link out of its folder",
                Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(index, "norm")).Message);
            File.Delete(link);
        }

        File.CreateSymbolicLink(Path.Combine(_folder.Path, "second"), "inside");
        File.CreateSymbolicLink(link, "second");
        Assert.Equal([2f], GroupNormAffine.FromSafetensors(index, "norm").Weight);
        // The folder itself may be reached by a link.
        string linkedHome = Path.Combine(outside.Path, "home");
        Directory.CreateSymbolicLink(linkedHome, _folder.Path);
        string linkedIndex = Path.Combine(linkedHome, Path.GetFileName(index));
        Assert.Equal([2f], GroupNormAffine.FromSafetensors(linkedIndex, "norm").Weight);
    }

    [Theory]
    [InlineData(8, true)]
    [InlineData(9, false)]
    public void Eight_links_in_a_row_are_followed(int links, bool isRead)
    {
        for (int i = 0; i < links; i++)
            File.CreateSymbolicLink(Path.Combine(_folder.Path, $"{i}"), $"{i + 1}");
        _folder.Write($"{links}", Of(("norm.weight", [2f])));
        string index = WriteIndex(("norm.weight", "0"));

        if (isRead)
            Assert.Equal([2f], GroupNormAffine.FromSafetensors(index, "norm").Weight);
        else
            Assert.Contains("'0', which it names, is a link out of its folder",
                Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(index, "norm")).Message);
    }

    [Fact]
    public void A_file_that_is_missing_is_named()
    {
        string index = WriteModel();
        File.Delete(Path.Combine(_folder.Path, Second));

        Assert.Equal([3f, 4f], GroupNormAffine.FromSafetensors(index, "whole").Weight);
        var error = Assert.Throws<FileNotFoundException>(() => GroupNormAffine.FromSafetensors(index, "over_two"));
        Assert.Contains($"names the file '{Second}' for the tensor 'over_two.bias', but it is not there", error.Message);
        Assert.Throws<FileNotFoundException>(() => GroupNormAffine.ListSafetensorsLayers(index));
    }

    [Fact]
    public void A_tensor_that_is_not_in_its_file_is_named()
    {
        WriteModel();
        string index = WriteIndex(("whole.weight", First), ("whole.bias", Second));

        Assert.Contains($"it says that 'whole.bias' is in '{Second}', which has no such tensor",
            Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(index, "whole")).Message);
    }

    [Theory]
    [InlineData("[]", "it is JSON, but no index")]
    [InlineData("""{"weight_map": []}""", "it is JSON, but no index")]
    [InlineData("""{"weight_map": {"a.weight": 1}}""", "names no file for 'a.weight'")]
    [InlineData("""{"weight_map": {"a.weight": null}}""", "names no file for 'a.weight'")]
    [InlineData("""{"weight_map": {"a.weight": "f", "a.weight": "g"}}""", "'a.weight' stands twice in its weight_map")]
    [InlineData("""{"weight_map": {"a.weight": "f"}""", "it looks like JSON and is not")]
    [InlineData("""{"weight_map": {"a.weight": "f",}}""", "it looks like JSON and is not")]
    [InlineData("""{"weight_map": {"\ud83d": "f"}}""", "a string that is no text")]
    [InlineData("""{"weight_map": {"a": "\ud83d"}}""", "a string that is no text")]
    public void A_damaged_index_is_an_error_that_says_where(string json, string message)
    {
        string index = _folder.Write("model.safetensors.index.json", Encoding.UTF8.GetBytes(json));

        var error = Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(index, "a"));

        Assert.StartsWith($"The safetensors file {index} cannot be read: ", error.Message);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void The_longest_index_is_read_and_a_longer_one_is_not()
    {
        byte[] json = new byte[SafetensorsIndex.MaxLength];
        json.AsSpan().Fill((byte)' ');
        json[0] = (byte)'{';
        string index = _folder.Write("model.safetensors.index.json", json);

        // That it does not end is for the JSON reader to see.
        Assert.Contains("it looks like JSON and is not",
            Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(index, "norm")).Message);

        using (var stream = File.OpenWrite(index))
            stream.SetLength(SafetensorsIndex.MaxLength + 1);
        Assert.Contains("at most 32000000 are read", Allocations.AssertFew(() =>
            Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(index, "norm", null))).Message);
    }

    [Fact]
    public void The_largest_hostile_index_takes_bounded_memory()
    {
        var json = new StringBuilder("""{"weight_map":{"0":"a" """);
        for (int i = 1; json.Length < SafetensorsIndex.MaxLength - 100; i++)
            json.Append(CultureInfo.InvariantCulture, $",\"{i:x}\":\"a\"");
        string index = _folder.Write("model.safetensors.index.json", Encoding.UTF8.GetBytes(json.Append("}}").ToString()));

        Allocations.AssertAtMost(HostileIndexMemory, () =>
            Assert.Throws<ArgumentException>(() => GroupNormAffine.FromSafetensors(index, "norm", null)));
    }

    [Fact]
    public void Files_that_are_none_are_told_with_their_own_path()
    {
        string index = WriteIndex(("a.weight", "empty"), ("b.weight", "folder"), ("c.weight", Path.GetFileName(_folder.Path)),
            ("d.weight", "model.safetensors.index.json"), ("e.weight", "short"));
        string empty = _folder.Write("empty", []);
        _folder.Write("short", [0]);
        Directory.CreateDirectory(Path.Combine(_folder.Path, "folder"));

        Assert.Contains($"{empty} cannot be read: it is empty", Error("a"));
        Assert.Contains("it is a folder", Error("b"));
        Assert.Contains("it is JSON", Error("d"));
        Assert.Contains("it has 1 bytes", Error("e"));

        string Error(string layer) =>
            Assert.Throws<InvalidDataException>(() => GroupNormAffine.FromSafetensors(index, layer)).Message;
    }

    private string WriteModel()
    {
        _folder.Write(First, Of(("conv.bias", "F32", "[2]", Bytes(1f, 2f)), ("over_two.weight", "F32", "[1]", Bytes(5f)),
            ("whole.bias", "F32", "[2]", Bytes(1f, 2f)), ("whole.weight", "F32", "[2]", Bytes(3f, 4f))));
        _folder.Write(Second, Of(("conv.kernel", "F32", "[1,2]", Bytes(1f, 2f)), ("half.weight", "F32", "[1]", Bytes(7f)),
            ("over_two.bias", "F32", "[1]", Bytes(6f))));
        return WriteIndex(("conv.bias", First), ("over_two.weight", First), ("whole.bias", First), ("whole.weight", First),
            ("conv.kernel", Second), ("half.weight", Second), ("over_two.bias", Second));
    }

    private string WriteIndex(params (string Tensor, string File)[] map) => _folder.Write("model.safetensors.index.json",
        JsonSerializer.SerializeToUtf8Bytes(new
        {
            metadata = new { total_size = 1 },
            weight_map = map.ToDictionary(entry => entry.Tensor, entry => entry.File),
        }));
}
