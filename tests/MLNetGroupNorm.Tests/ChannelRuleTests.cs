using Microsoft.ML;
using MLNetGroupNorm.Tests.Support;
using Options = MLNetGroupNorm.GroupNormEstimator.ColumnOptions;

namespace MLNetGroupNorm.Tests;

/// <summary>How many channels there are, for every kind of column type, seen in the values that come out.</summary>
public sealed class ChannelRuleTests
{
    private const TensorLayout First = TensorLayout.ChannelsFirst;
    private const TensorLayout Last = TensorLayout.ChannelsLast;

    private readonly MLContext _mlContext = new(seed: 1);

    [Theory]
    // What the column's dimensions say, known whole or in part.
    [InlineData(new[] { 4, 3, 2 }, First, null, 4)]
    [InlineData(new[] { 2, 3, 4 }, Last, null, 4)]
    [InlineData(new[] { 4, 0 }, First, null, 4)]
    [InlineData(new[] { 4, 0, 0 }, First, null, 4)]
    [InlineData(new[] { 0, 4 }, Last, null, 4)]
    [InlineData(new[] { 0, 3, 4 }, Last, null, 4)]
    [InlineData(new[] { 1, 3, 2, 4 }, Last, null, 4)]
    // What is given, where they say the same or nothing.
    [InlineData(new[] { 4, 3, 2 }, First, 4, 4)]
    [InlineData(new[] { 4, 0 }, First, 4, 4)]
    [InlineData(new[] { 0, 4 }, Last, 4, 4)]
    [InlineData(new[] { 0, 3 }, First, 4, 4)]
    [InlineData(new[] { 3, 0 }, Last, 4, 4)]
    [InlineData(new[] { 0 }, First, 4, 4)]
    [InlineData(new[] { 0 }, Last, 4, 4)]
    [InlineData(new[] { 24 }, First, 4, 4)]
    [InlineData(new[] { 24 }, Last, 4, 4)]
    // A batch of one in front, known whole or in part.
    [InlineData(new[] { 1, 4, 3, 2 }, First, 4, 4)]
    [InlineData(new[] { 1, 4, 0, 2 }, First, 4, 4)]
    [InlineData(new[] { 1, 0, 0, 0 }, First, 4, 4)]
    [InlineData(new[] { 1, 24 }, First, 24, 24)]
    public void Channels_are_those_given_or_those_of_the_type(int[] type, TensorLayout layout, int? given, int channels)
    {
        float[] row = Values.Single(1, 24);
        var expected = new float[24];
        GroupNormalization.Normalize(row, expected, channels, 2, layout: layout);
        var data = Views.Of(_mlContext, [row], type);
        var affine = given is { } count ? GroupNormAffine.Identity(count) : null;

        Assert.Equal(expected, Output(new Options("Output", 2, "Input", given, layout: layout), data));
        Assert.Equal(expected, Output(new Options("Output", 2, "Input", affine: affine, layout: layout), data));
    }

    [Theory]
    [InlineData(new[] { 4, 3, 2 }, First)]
    [InlineData(new[] { 2, 3, 4 }, Last)]
    [InlineData(new[] { 4, 0 }, First)]
    [InlineData(new[] { 0, 4 }, Last)]
    [InlineData(new[] { 1, 4, 3, 2 }, First)]
    [InlineData(new[] { 1, 4, 0, 5 }, First)]
    [InlineData(new[] { 1, 2, 3, 4 }, Last)]
    [InlineData(new[] { 1, 4 }, First)]
    public void Channels_that_contradict_the_type_are_refused_before_any_row(int[] type, TensorLayout layout)
    {
        var data = Views.Of(_mlContext, Array.Empty<float[]>(), type);
        // Their neighbours, and numbers that rows of such a type could be divided by.
        foreach (int given in new[] { 2, 3, 5, 6, 8, 12 })
        {
            var number = Refused(new Options("Output", 1, "Input", given, layout: layout), data);
            var affine = Refused(new Options("Output", 1, "Input", affine: GroupNormAffine.Identity(given), layout: layout), data);
            Assert.Equal(("numberOfChannels", "affine"), (number.ParamName, affine.ParamName));
            Assert.Contains($"numberOfChannels is {given}, but 4 is the", number.Message);
            Assert.Contains($"affine holds {given} values for 4 channels: 4 is the", affine.Message);
        }
    }

    [Fact]
    public void One_channel_given_of_a_type_that_begins_with_one_is_that_one()
    {
        float[] row = Values.Single(1, 24);
        var expected = new float[24];
        GroupNormalization.Normalize(row, expected, 1, 1);

        Assert.Equal(expected, Output(new Options("Output", 1, "Input", 1), Views.Of(_mlContext, [row], 1, 6, 4)));
        Assert.Equal(expected, Output(new Options("Output", 1, "Input"), Views.Of(_mlContext, [row], 1, 6, 4)));
        var error = Refused(new Options("Output", 1, "Input", 1), Views.Of(_mlContext, [row], 6, 4));
        Assert.Contains("pass dimensions: [1, 24]", error.Message);
        Assert.Equal(expected, Output(new Options("Output", 1, "Input", 1, dimensions: [1, 24]), Views.Of(_mlContext, [row], 6, 4)));
        Assert.Contains("pass dimensions: [4, 6]",
            Refused(new Options("Output", 1, "Input", 4), Views.Of(_mlContext, Array.Empty<float[]>(), 1, 24)).Message);
        Assert.DoesNotContain("pass dimensions",
            Refused(new Options("Output", 1, "Input", 5), Views.Of(_mlContext, Array.Empty<float[]>(), 1, 24)).Message);
        Assert.Contains("pass dimensions: [24, 1]",
            Refused(new Options("Output", 1, "Input", 1, layout: Last), Views.Of(_mlContext, Array.Empty<float[]>(), 6, 4)).Message);
        // Two in front are no batch.
        Assert.Contains("2 is the first dimension",
            Refused(new Options("Output", 1, "Input", 6), Views.Of(_mlContext, Array.Empty<float[]>(), 2, 6, 4)).Message);
    }

    [Theory]
    [InlineData(new[] { 0 }, First)]
    [InlineData(new[] { 0 }, Last)]
    [InlineData(new[] { 24 }, Last)]
    [InlineData(new[] { 0, 4 }, First)]
    [InlineData(new[] { 4, 0 }, Last)]
    [InlineData(new[] { 0, 0 }, First)]
    public void A_type_that_does_not_tell_the_channels_needs_them(int[] type, TensorLayout layout)
    {
        var error = Refused(new Options("Output", 2, "Input", layout: layout), Views.Of(_mlContext, Array.Empty<float[]>(), type));

        Assert.Contains("does not tell the number of channels", error.Message);
        bool otherEnd = type.Length > 1 && type.Contains(4);
        Assert.Contains(otherEnd ? "pass layout: TensorLayout.Channels" : "numberOfChannels: C", error.Message);
        if (!otherEnd)
        {
            Assert.Contains(layout == First ? "[VectorType(C, H, W)]" : "[VectorType(H, W, C)]", error.Message);
            Assert.Equal(layout == First, error.Message.Contains("for n values, [VectorType(n)]"));
        }
        else
            _ = Output(new Options("Output", 2, "Input", layout: layout == First ? Last : First), Views.Of(_mlContext, [new float[24]], type));
    }

    [Theory]
    [InlineData(new[] { 64, 48, 3 }, First, 3, "pass layout: TensorLayout.ChannelsLast (", Last, null)]
    [InlineData(new[] { 64, 48, 4 }, First, 3, "pass layout: TensorLayout.ChannelsLast, with one of 1, 2, 4 for numberOfGroups", Last, null)]
    [InlineData(new[] { 64, 48, 2 }, First, 3, "pass layout: TensorLayout.ChannelsLast, with one of 1, 2 for numberOfGroups", Last, null)]
    [InlineData(new[] { 3, 64 }, First, 32, "pass layout: TensorLayout.ChannelsLast (", Last, null)]
    [InlineData(new[] { 7, 7, 512 }, First, 32, "pass layout: TensorLayout.ChannelsLast (", Last, null)]
    [InlineData(new[] { 4, 4, 512 }, First, 32, "pass layout: TensorLayout.ChannelsLast (", Last, null)]
    [InlineData(new[] { 100, 3 }, First, 3, "pass layout: TensorLayout.ChannelsLast (", Last, null)]
    [InlineData(new[] { 1, 28, 28, 16 }, First, 8, "pass layout: TensorLayout.ChannelsLast (", Last, null)]
    [InlineData(new[] { 3, 64, 40 }, Last, 3, "pass layout: TensorLayout.ChannelsFirst.", First, null)]
    [InlineData(new[] { 1, 5, 7 }, Last, 5, "pass layout: TensorLayout.ChannelsFirst, numberOfChannels: 5.", First, 5)]
    [InlineData(new[] { 1, 64, 7, 7 }, Last, 32, "pass layout: TensorLayout.ChannelsFirst, numberOfChannels: 64.", First, 64)]
    public void Groups_that_only_the_other_layout_can_have_propose_it(int[] type, TensorLayout layout, int groups, string cure,
        TensorLayout otherLayout, int? channels)
    {
        var data = Views.Of(_mlContext, Array.Empty<float[]>(), type);

        Assert.Contains(cure, Refused(new Options("Output", groups, "Input", layout: layout), data).Message);
        // The shape given as dimensions gets the same advice, when the options are made.
        Assert.Contains(cure, Assert.ThrowsAny<ArgumentException>(() =>
            new Options("Output", groups, "Input", layout: layout, dimensions: type)).Message);

        int cured = cure.Contains("one of", StringComparison.Ordinal) ? 2 : groups;
        _ = Output(new Options("Output", cured, "Input", channels, layout: otherLayout), data);
    }

    [Theory]
    // Pictures as ExtractPixels gives them, with the number of groups that networks mostly have.
    [InlineData(new[] { 3, 224, 224 }, First, "Use one of 1, 3 for numberOfGroups")]
    [InlineData(new[] { 3, 240, 320 }, First, "Use one of 1, 3 for numberOfGroups")]
    [InlineData(new[] { 224, 224, 3 }, Last, "Use one of 1, 3 for numberOfGroups")]
    [InlineData(new[] { 8, 32, 32 }, First, "Use one of 1, 2, 4, 8 for numberOfGroups")]
    [InlineData(new[] { 1, 3, 224, 224 }, First, "numberOfChannels: 3 or dimensions: [3, 224, 224], with one of 1, 3 for numberOfGroups")]
    // A grey picture.
    [InlineData(new[] { 28, 28, 1 }, First, "Use one of 1, 2, 4, 7, 14, 28 for numberOfGroups")]
    [InlineData(new[] { 1, 1, 28, 28 }, First, "Use 1 for numberOfGroups")]
    public void Other_layouts_are_not_proposed_for_what_looks_right(int[] type, TensorLayout layout, string cure)
    {
        var error = Refused(new Options("Output", 32, "Input", layout: layout), Views.Of(_mlContext, Array.Empty<float[]>(), type));

        Assert.Contains(cure, error.Message);
        Assert.DoesNotContain("TensorLayout", error.Message);
    }

    [Theory]
    // The last of the two dimensions is hardly the channels at eight times the first: both neighbours of that.
    [InlineData(23, false)]
    [InlineData(24, true)]
    [InlineData(25, true)]
    public void Where_neither_end_can_have_the_groups_the_far_smaller_one_is_proposed(int first, bool proposed)
    {
        var error = Refused(new Options("Output", 7, "Input"), Views.Of(_mlContext, Array.Empty<float[]>(), first, 2 * first, 3));

        Assert.Equal(proposed, error.Message.Contains("TensorLayout.ChannelsLast, with one of 1, 3", StringComparison.Ordinal));
    }

    [Theory]
    // As few channels as colours, and an end of eight times as many: both neighbours of each.
    [InlineData(3, 24, false)]
    [InlineData(4, 32, false)]
    [InlineData(4, 31, true)]
    [InlineData(4, 30, true)]
    [InlineData(5, 40, true)]
    public void Channels_as_few_as_colours_are_taken_for_them_beside_a_long_end(int first, int last, bool proposed)
    {
        var error = Refused(new Options("Output", last, "Input"), Views.Of(_mlContext, Array.Empty<float[]>(), first, 50, last));

        Assert.Equal(proposed, error.Message.Contains("TensorLayout.ChannelsLast", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(new[] { 12 }, null, 12, "one of 1, 2, 3, 4, 6")]
    [InlineData(new[] { 12 }, 12, 12, "one of 1, 2, 3, 4, 6")]
    [InlineData(new[] { 12, 1, 1 }, null, 12, "one of 1, 2, 3, 4, 6")]
    [InlineData(new[] { 1, 12 }, 12, 12, "one of 1, 2, 3, 4, 6")]
    [InlineData(new[] { 2 }, null, 2, "Use fewer groups: 1.")]
    [InlineData(new[] { 1 }, null, 1, "A row is a single value")]
    [InlineData(new[] { 1 }, null, 3, "A row is a single value")]
    public void Groups_of_a_single_value_are_refused_and_of_two_not(int[] type, int? channels, int groups, string message)
    {
        var error = Refused(new Options("Output", groups, "Input", channels), Views.Of(_mlContext, Array.Empty<float[]>(), type));

        Assert.Contains("would erase", error.Message);
        Assert.Contains(message, error.Message);
        if (groups == 12)
            _ = Output(new Options("Output", 6, "Input", channels), Views.Of(_mlContext, Array.Empty<float[]>(), type));
    }

    [Fact]
    public void A_contradiction_is_told_with_what_to_do_and_no_more()
    {
        var (square, wide) = (Empty(4, 3, 2), Empty(6, 4));

        Assert.Contains("Leave numberOfChannels out, or pass 4.", Refused(new Options("Output", 1, "Input", 5), square).Message);
        Assert.Contains("Give the column's own shape, or leave dimensions out.",
            Refused(new Options("Output", 1, "Input", dimensions: [3, 4, 2]), square).Message);
        Assert.Contains("Parameters are per channel: give 4.",
            Refused(new Options("Output", 1, "Input", affine: GroupNormAffine.Identity(5)), square).Message);
        Assert.Contains("Parameters are per channel: otherwise give 6.",
            Refused(new Options("Output", 1, "Input", affine: GroupNormAffine.Identity(1)), wide).Message);
        Assert.DoesNotContain("Leave numberOfChannels out", Refused(new Options("Output", 1, "Input", 1), wide).Message);
        // Only dimensions can be left out, and a size that is not known has no product.
        Assert.Contains("Leave dimensions out then.", Refused(new Options("Output", 1, "Input", dimensions: [2, 3, 4]), square).Message);
        Assert.DoesNotContain("Leave dimensions out", Refused(new Options("Output", 1, "Input", 2), square).Message);
        Assert.DoesNotContain("pass dimensions", Refused(new Options("Output", 1, "Input", 1), Empty(6, 0)).Message);
    }

    [Fact]
    public void Channels_that_do_not_divide_the_row_are_answered_with_the_argument_that_gave_them()
    {
        Assert.Contains("Pass numberOfChannels: one of 1, 2, 3, 4, 6, 8, 12, 24,",
            Refused(new Options("Output", 1, "Input", 5), Empty(24)).Message);
        Assert.Contains("Give the affine of one of 1, 2, 3, 4, 6, 8, 12, 24 channels,",
            Refused(new Options("Output", 1, "Input", affine: GroupNormAffine.Identity(5)), Empty(24)).Message);
    }

    [Fact]
    public void A_batch_of_one_whose_channels_the_groups_divide_is_taken_for_that()
    {
        var error = Refused(new Options("Output", 8, "Input"), Empty(1, 8, 28, 16));

        Assert.Contains("pass numberOfChannels: 8 or dimensions: [8, 28, 16]. ", error.Message);
        Assert.DoesNotContain("TensorLayout", error.Message);
        Assert.Contains("numberOfChannels: C, its number of channels", Refused(new Options("Output", 4, "Input"), Empty(1, 0, 0, 0)).Message);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    [InlineData(3, true)]
    public void An_end_of_more_than_one_may_be_the_channels_where_the_other_is_not_known(int last, bool proposed)
    {
        var error = Refused(new Options("Output", 1, "Input"), Empty(0, last));

        Assert.Equal(proposed, error.Message.Contains("pass layout: TensorLayout.ChannelsLast (", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1, "1 channel")]
    [InlineData(2, "2 channels")]
    public void Channels_are_counted_in_words(int channels, string expected) => Assert.Equal(expected, RowDimensions.Count(channels));

    private IDataView Empty(params int[] type) => Views.Of(_mlContext, Array.Empty<float[]>(), type);

    private GroupNormTransformer Fit(Options options, IDataView data) => _mlContext.Transforms.GroupNormalize(options).Fit(data);

    private float[]? Output(Options options, IDataView data) => Fit(options, data).Transform(data).Rows<float>().SingleOrDefault();

    private ArgumentException Refused(Options options, IDataView data)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => Fit(options, data));
        Assert.Contains("'Input'", error.Message);
        return error;
    }
}
