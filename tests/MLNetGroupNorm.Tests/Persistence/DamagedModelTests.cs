using Microsoft.ML;
using MLNetGroupNorm.Pipeline;
using MLNetGroupNorm.Tests.Support;
using Options = MLNetGroupNorm.GroupNormEstimator.ColumnOptions;

namespace MLNetGroupNorm.Tests.Persistence;

/// <summary>Damage of a small model: it loads with the same parameters, or is a clear error; and neither takes much.</summary>
public sealed class DamagedModelTests
{
    private readonly MLContext _mlContext = new(seed: 1);
    private readonly Options _options = new("Output", 2, Views.Input, 4, 1e-3,
        new GroupNormAffine([1f, -2f, 3f, 0.5f], [0.25f, 5f, -6f, 7f]), TensorLayout.ChannelsLast, [3, 1, 4]);
    private readonly byte[] _file;

    public DamagedModelTests()
    {
        var data = Views.Of(_mlContext, [Values.Single(1, 12)], 3, 4);
        _file = SavedModel.Save(_mlContext, _mlContext.Transforms.GroupNormalize(_options).Fit(data), data.Schema);
    }

    [Fact]
    public void The_undamaged_model_loads() => Assert.True(LoadsTheSame(_file));

    [Fact]
    public void Every_truncation_of_the_file_is_an_error()
    {
        for (int length = 0; length < _file.Length; length++)
            Assert.False(LoadsTheSame(_file[..length]), $"cut at {length}");
    }

    [Fact]
    public void Every_truncation_of_the_part_is_an_error()
    {
        byte[] part = SavedModel.Part(_file);
        for (int length = 0; length < part.Length; length++)
            Assert.False(LoadsTheSame(SavedModel.WithPart(_file, part[..length])), $"cut at {length}");
    }

    [Fact]
    public void Every_byte_of_the_content_changed_is_an_error_of_this_library()
    {
        byte[] part = SavedModel.Part(_file);
        for (int position = SavedModel.HeaderLength; position < SavedModel.ContentEnd(part); position++)
            for (int bit = 0; bit < 8; bit++)
            {
                byte[] changed = SavedModel.WithPart(_file, Changed(part, position, bit));
                var error = Allocations.AssertFew(() => SavedModel.LoadError(_mlContext, changed));
                Assert.Contains("The group normalization in this model is damaged", error.Message);
            }
    }

    [Fact]
    public void Every_byte_around_the_content_changed_loads_the_same_or_is_an_error()
    {
        byte[] part = SavedModel.Part(_file);
        int same = 0;
        for (int position = 0; position < part.Length; position++)
            if (position < SavedModel.HeaderLength || position >= SavedModel.ContentEnd(part))
                same += LoadsTheSame(SavedModel.WithPart(_file, Changed(part, position, position % 8))) ? 1 : 0;

        // The header ends in bytes without a meaning yet.
        Assert.InRange(same, 1, SavedModel.HeaderLength);
    }

    [Theory]
    [InlineData(ColumnsFormat.MaximumLength + 1)]
    [InlineData(300_000_000)]
    public void A_part_that_unpacks_to_far_more_than_the_file_is_refused_in_little_memory(int length)
    {
        byte[] bomb = SavedModel.Bomb(_file, length);

        Assert.InRange(bomb.Length, 1, length / 500);
        var error = Allocations.AssertFew(() => SavedModel.LoadError(_mlContext, bomb));

        Assert.Contains("The group normalization in this model is damaged", error.Message);
        Assert.Contains($"announces {length} bytes", error.Message);
    }

    private static byte[] Changed(byte[] part, int position, int bit)
    {
        byte[] copy = [.. part];
        copy[position] ^= (byte)(1 << bit);
        return copy;
    }

    /// <summary>Whether the file loads, with the same options; false for an error that is clear.</summary>
    private bool LoadsTheSame(byte[] file) => Allocations.AssertFew(() =>
    {
        try
        {
            AssertSame(_options, Assert.Single(SavedModel.Load(_mlContext, file).Columns));
            return true;
        }
        catch (Exception e) when (IsClear(e))
        {
            Assert.NotEmpty(e.Message);
            return false;
        }
    });

    // Of a file that is no archive; of what ML.NET and this library check; of an assembly's name.
    private static bool IsClear(Exception e) =>
        e is InvalidDataException or FormatException or InvalidOperationException or IOException or ArgumentException;

    private static void AssertSame(Options expected, Options found)
    {
        Assert.Equal((expected.Name, expected.InputColumnName), (found.Name, found.InputColumnName));
        Assert.Equal((expected.NumberOfGroups, expected.NumberOfChannels), (found.NumberOfGroups, found.NumberOfChannels));
        Assert.Equal((expected.Epsilon, expected.Layout), (found.Epsilon, found.Layout));
        Assert.Equal(expected.Affine!.Weight, found.Affine!.Weight);
        Assert.Equal(expected.Affine.Bias, found.Affine.Bias);
        Assert.Equal(expected.Dimensions, found.Dimensions);
    }
}
