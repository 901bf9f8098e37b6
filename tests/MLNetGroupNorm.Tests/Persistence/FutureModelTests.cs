using Microsoft.ML;
using MLNetGroupNorm.Tests.Support;

namespace MLNetGroupNorm.Tests.Persistence;

/// <summary>What other versions of the library may save, and what this one says to it.</summary>
public sealed class FutureModelTests
{
    private const uint CurrentVersion = 0x00010002;
    private const uint FirstVersion = 0x00010001;

    private readonly MLContext _mlContext = new(seed: 1);
    private readonly byte[] _file;
    private readonly byte[] _part;

    public FutureModelTests()
    {
        var data = Views.Of(_mlContext, [Values.Single(1, 12)], 4, 3);
        var model = _mlContext.Transforms.GroupNormalize("Out", 2, Views.Input).Fit(data);
        _file = SavedModel.Save(_mlContext, model, data.Schema);
        _part = SavedModel.Part(_file);
    }

    [Fact]
    public void A_later_format_that_this_version_can_read_loads() =>
        Assert.Single(Load(SavedModel.OfVersion(_part, written: CurrentVersion + 1, readable: CurrentVersion)).Columns);

    [Fact]
    public void A_later_format_that_only_later_versions_can_read_is_refused_with_what_to_do()
    {
        byte[] part = SavedModel.OfVersion(_part, written: CurrentVersion + 2, readable: CurrentVersion + 1);

        var error = LoadError(part);

        Assert.Contains("00010003", error.Message);
        Assert.Contains("00010002", error.Message);
        Assert.Contains("Load it with the version that saved it, or a newer one", error.Message);
    }

    [Theory]
    [InlineData(FirstVersion - 1, "the model is too old")]
    [InlineData(FirstVersion, "its checksum does not match")] // of another kind than this one's
    public void A_format_before_the_first_is_refused(uint version, string expected) =>
        Assert.Contains(expected, LoadError(SavedModel.OfVersion(_part, written: version, readable: version)).Message);

    [Fact]
    public void A_model_of_another_kind_is_refused_whatever_its_version()
    {
        byte[] part = SavedModel.OfAnotherSignature(_part);

        foreach (uint version in new[] { CurrentVersion, CurrentVersion + 1 })
            Assert.Contains("Unknown file type", LoadError(SavedModel.OfVersion(part, version, version)).Message);
    }

    [Fact]
    public void A_model_of_a_later_assembly_is_refused_by_the_name_of_that_assembly()
    {
        byte[] part = SavedModel.OfAssemblyVersion(_part, "2.0.0.0");

        var error = Assert.ThrowsAny<IOException>(() => Load(part));

        Assert.Contains("MLNetGroupNorm, Version=2.0.0.0", error.Message);
    }

    [Theory]
    [InlineData(0, 2)] // a layout that is not known
    [InlineData(1, 4)] // a kind of parameters that is not known
    public void Options_of_a_later_version_are_refused_with_what_to_do(int offset, byte value)
    {
        // The content is its length, options that end in the layout, the kind of parameters and the number of dimensions (none), and
        // their checksum.
        int end = SavedModel.ContentEnd(_part) - sizeof(uint);
        byte[] part = [.. _part];
        part[end - sizeof(int) - 2 + offset] = value;
        BitConverter.TryWriteBytes(part.AsSpan(end), Crc32C.Of(part.AsSpan(SavedModel.HeaderLength..end)));

        var error = LoadError(part);

        Assert.Contains("which this version of MLNetGroupNorm does not know", error.Message);
        Assert.Contains("Load the model with the version that saved it, or a newer one", error.Message);
    }

    [Fact]
    public void Readers_of_the_first_format_are_told_that_they_need_a_newer_one()
    {
        // They look for another checksum, so none of these can be read by them; what they read first is this.
        Assert.Equal(CurrentVersion, SavedModel.ReadableVersion(_part));
    }

    private FormatException LoadError(byte[] part) => SavedModel.LoadError(_mlContext, SavedModel.WithPart(_file, part));

    private GroupNormTransformer Load(byte[] part) => SavedModel.Load(_mlContext, SavedModel.WithPart(_file, part));
}
