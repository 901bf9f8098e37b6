using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetGroupNorm.Tests.Support;
using Options = MLNetGroupNorm.GroupNormEstimator.ColumnOptions;

namespace MLNetGroupNorm.Tests;

public sealed class GroupNormEstimatorTests
{
    private readonly MLContext _mlContext = new(seed: 1);

    [Fact]
    public void The_catalog_asks_for_at_least_one_column() =>
        Assert.ThrowsAny<ArgumentException>(() => _mlContext.Transforms.GroupNormalize());

    [Fact]
    public void The_catalog_refuses_columns_that_are_null()
    {
        Assert.ThrowsAny<ArgumentException>(() => _mlContext.Transforms.GroupNormalize((Options[])null!));
        Assert.ThrowsAny<ArgumentException>(() => _mlContext.Transforms.GroupNormalize(new Options("A", 1), null!));
        Assert.Throws<ArgumentNullException>(() => ((TransformsCatalog)null!).GroupNormalize("A", 1));
        Assert.Contains("columns[1]",
            Assert.ThrowsAny<ArgumentException>(() => _mlContext.Transforms.GroupNormalize(new Options("A", 1), null!, null!)).Message);
    }

    [Fact]
    public void Absent_data_and_schemas_are_refused_by_name()
    {
        var estimator = _mlContext.Transforms.GroupNormalize("Out", 1, "Input");
        ITransformer transformer = estimator.Fit(Views.Of(_mlContext, [new float[4]], 4));

        Assert.Throws<ArgumentNullException>("input", () => estimator.Fit(null!));
        Assert.Throws<ArgumentNullException>("inputSchema", () => estimator.GetOutputSchema(null!));
        Assert.Throws<ArgumentNullException>("input", () => transformer.Transform(null!));
        Assert.Throws<ArgumentNullException>("inputSchema", () => transformer.GetOutputSchema(null!));
        Assert.Throws<ArgumentNullException>("inputSchema", () => transformer.GetRowToRowMapper(null!));
    }

    [Fact]
    public void Two_columns_of_one_name_are_refused()
    {
        var error = Assert.ThrowsAny<ArgumentException>(() =>
            _mlContext.Transforms.GroupNormalize(new Options("Same", 1, "A"), new Options("Same", 1, "B")));

        Assert.Contains("'Same'", error.Message);
        Assert.True(error.IsMarked());
    }

    [Fact]
    public void A_missing_column_is_named()
    {
        var estimator = _mlContext.Transforms.GroupNormalize("Out", 1, "Missing");

        AssertRefused(estimator, Views.Of(_mlContext, [new float[4]], 4), "'Missing'");
    }

    public static TheoryData<IDataView, string> UnacceptableColumns()
    {
        var mlContext = new MLContext();
        var key = mlContext.Data.LoadFromEnumerable([new { Input = "a" }]);
        return new()
        {
            { mlContext.Data.LoadFromEnumerable([new { Input = 1f }]), "Single" },
            { mlContext.Data.LoadFromEnumerable([new { Input = "text" }]), "String" },
            { Views.Of(mlContext, [new int[4]], 4), "Int32" },
            { Views.Of(mlContext, [new int[4]]), "Int32" },
            { mlContext.Transforms.Conversion.MapValueToKey("Input").Fit(key).Transform(key), "Key" },
        };
    }

    [Theory]
    [MemberData(nameof(UnacceptableColumns), DisableDiscoveryEnumeration = true)]
    public void A_column_of_another_type_is_refused_with_its_name_its_type_and_those_accepted(IDataView data, string type)
    {
        var estimator = _mlContext.Transforms.GroupNormalize("Out", 1, "Input", numberOfChannels: 4);

        AssertRefused(estimator, data, "'Input'", type, "Single, Double or Byte");
    }

    [Fact]
    public void A_column_of_variable_size_needs_its_channels()
    {
        var data = Views.Of(_mlContext, [new float[4]]);

        AssertNames(Assert.ThrowsAny<ArgumentException>(() => _mlContext.Transforms.GroupNormalize("Out", 2, "Input").Fit(data)),
            "'Input'", "Vector<Single> does not tell the number of channels", "numberOfChannels: C", "dimensions: [C, H, W]");
        _mlContext.Transforms.GroupNormalize("Out", 2, "Input", numberOfChannels: 2).Fit(data);
        _mlContext.Transforms.GroupNormalize("Out", 2, "Input", affine: GroupNormAffine.Identity(2)).Fit(data);
    }

    [Theory]
    [InlineData(new[] { 0, 4 }, TensorLayout.ChannelsLast)]
    [InlineData(new[] { 4, 0 }, TensorLayout.ChannelsFirst)]
    public void A_type_known_in_part_tells_its_channels_in_a_chain_too(int[] type, TensorLayout layout)
    {
        var data = Views.Of(_mlContext, [Values.Single(1, 12), Values.Single(2, 20)], type);
        var chain = _mlContext.Transforms.CopyColumns("Copy", "Input")
            .Append(_mlContext.Transforms.GroupNormalize("Out", 2, "Copy", layout: layout))
            .Append(_mlContext.Transforms.CopyColumns("Last", "Out"));

        var rows = chain.Fit(data).Transform(data).Rows<float>("Last");

        Assert.Equal([12, 20], rows.Select(row => row.Length));
    }

    public static TheoryData<Options, int[], string> OptionsThatDoNotFit() => new()
    {
        { new("Out", 5, "Input"), [12, 2, 2], "one of 1, 2, 3, 4, 6, 12 for numberOfGroups" },
        { new("Out", 3, "Input", numberOfChannels: 6), [12, 2, 2], "numberOfChannels is 6, but 12 is the first dimension" },
        { new("Out", 3, "Input", affine: GroupNormAffine.Identity(6)), [12, 2, 2], "6 values for 12 channels" },
        { new("Out", 3, "Input", affine: GroupNormAffine.Identity(3)), [12, 2, 2], "per channel, not per group" },
        { new("Out", 2, "Input", numberOfChannels: 2), [1, 12, 2, 2], "numberOfChannels is 2, but 12 is the second dimension" },
        { new("Out", 2, "Input", numberOfChannels: 12, layout: TensorLayout.ChannelsLast), [12, 2, 2], "numberOfChannels is 12, but 2 is the last dimension" },
        { new("Out", 3, "Input"), [2, 2], "1, 2" },
        { new("Out", 3, "Input"), [8], "does not divide the 8 values" },
        { new("Out", 3, "Input", numberOfChannels: 3), [8], "no multiple of 3" },
        { new("Out", 2, "Input", layout: TensorLayout.ChannelsLast), [8], "numberOfChannels" },
        { new("Out", 12, "Input"), [12, 1, 1], "fewer groups" },
        { new("Out", 8, "Input"), [8], "fewer groups" },
        { new("Out", 8, "Input", numberOfChannels: 8, layout: TensorLayout.ChannelsLast), [8], "fewer groups" },
    };

    [Theory]
    [MemberData(nameof(OptionsThatDoNotFit), DisableDiscoveryEnumeration = true)]
    public void Options_that_do_not_fit_the_dimensions_are_refused_before_any_row(Options options, int[] dimensions, string message)
    {
        var data = Views.Of(_mlContext, Array.Empty<float[]>(), dimensions);
        var estimator = _mlContext.Transforms.GroupNormalize(options);

        AssertNames(Assert.ThrowsAny<ArgumentException>(() => estimator.Fit(data)), "'Input'", message);
    }

    [Theory]
    [InlineData(5, null, "numberOfGroups")]
    [InlineData(3, 6, "affine")]
    public void A_fault_that_shows_in_the_schema_names_the_argument_to_mend(int groups, int? affineChannels, string parameter)
    {
        var data = Views.Of(_mlContext, Array.Empty<float[]>(), 12, 2, 2);
        var estimator = _mlContext.Transforms.GroupNormalize("Out", groups, "Input",
            affine: affineChannels is { } channels ? GroupNormAffine.Identity(channels) : null);

        Assert.Equal(parameter, Assert.ThrowsAny<ArgumentException>(() => estimator.Fit(data)).ParamName);
    }

    [Fact]
    public void A_transformer_checks_the_data_it_is_given_not_only_the_data_it_was_fitted_on()
    {
        var model = _mlContext.Transforms.GroupNormalize("Out", 3, "Input").Fit(Views.Of(_mlContext, [new float[12]], 12));
        var other = Views.Of(_mlContext, [new float[8]], 8);

        AssertNames(Assert.ThrowsAny<ArgumentException>(() => model.Transform(other)), "'Input'", "does not divide the 8 values");
        AssertNames(Assert.ThrowsAny<ArgumentException>(() => model.GetOutputSchema(other.Schema)), "'Input'", "does not divide the 8 values");
    }

    [Fact]
    public void The_promised_schema_is_the_delivered_one()
    {
        foreach (bool replaces in new[] { true, false })
        {
            foreach (var data in new[]
            {
                Views.Of(_mlContext, [new float[12]], 3, 4), Views.Of(_mlContext, [new double[12]], 12),
                Views.Of(_mlContext, [new byte[12]], 3, 2, 2), Views.Of(_mlContext, [new float[12]]),
                Views.Of(_mlContext, [new double[12]]), Views.Of(_mlContext, [new byte[12]]), WithSlotNames(),
            })
            {
                var estimator = _mlContext.Transforms.GroupNormalize(replaces ? "Input" : "Out", 3, "Input", numberOfChannels: 3);

                var promised = estimator.GetOutputSchema(SchemaShape.Create(data.Schema)).OrderBy(column => column.Name);
                var delivered = SchemaShape.Create(estimator.Fit(data).Transform(data).Schema).OrderBy(column => column.Name);

                Assert.Equal(promised.Select(Describe), delivered.Select(Describe));
            }
        }
    }

    [Theory]
    [InlineData(new[] { 6, 7, 7 })]
    [InlineData(new[] { 294 })]
    [InlineData(new[] { 6, 49 })]
    [InlineData(new[] { 6, 7, 7, 1 })]
    public void Dimensions_are_kept(int[] dimensions)
    {
        var data = Views.Of(_mlContext, [Values.Single(1, 294)], dimensions);

        var column = _mlContext.Transforms.GroupNormalize("Out", 2, "Input").Fit(data).Transform(data).Schema["Out"];

        Assert.Equal(dimensions, ((VectorDataViewType)column.Type).Dimensions);
        Assert.Equal(NumberDataViewType.Single, ((VectorDataViewType)column.Type).ItemType);
    }

    [Fact]
    public void The_batch_of_one_in_front_of_a_networks_maps_is_passed_over_where_the_channels_are_given()
    {
        float[] row = Values.Single(1, 12 * 2 * 2);
        var maps = Views.Of(_mlContext, [row], 1, 12, 2, 2);
        var expected = new float[row.Length];
        GroupNormalization.Normalize(row, expected, numberOfChannels: 12, numberOfGroups: 3);

        var counted = _mlContext.Transforms.GroupNormalize("Output", 3, "Input", numberOfChannels: 12).Fit(maps).Transform(maps);
        var parameterized = _mlContext.Transforms.GroupNormalize("Output", 3, "Input", affine: GroupNormAffine.Identity(12))
            .Fit(maps).Transform(maps);

        Assert.Equal([1, 12, 2, 2], ((VectorDataViewType)counted.Schema["Output"].Type).Dimensions);
        Assert.Equal([expected], counted.Rows<float>());
        Assert.Equal([expected], parameterized.Rows<float>());
    }

    [Fact]
    public void Slot_names_are_kept_and_the_output_says_that_it_is_normalized()
    {
        var data = WithSlotNames();

        var column = _mlContext.Transforms.GroupNormalize("Out", 1, "Input").Fit(data).Transform(data).Schema["Out"];

        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        Assert.Equal(["A", "B", "C", "D", "E", "F"], names.DenseValues().Select(name => name.ToString()));
        Assert.True(column.IsNormalized());
    }

    private IDataView WithSlotNames()
    {
        var data = _mlContext.Data.LoadFromEnumerable([new { A = 1f, B = 2f, C = 4f, D = 8f, E = 9f, F = 7f }]);
        return _mlContext.Transforms.Concatenate("Input", "A", "B", "C", "D", "E", "F").Fit(data).Transform(data);
    }

    private static string Describe(SchemaShape.Column column) => $"{column.Name} {column.GetTypeString()} "
        + string.Join(" ", column.Annotations.Select(annotation => $"{annotation.Name} {annotation.GetTypeString()}").Order());

    /// <summary>All three ways to learn of a column's type refuse it, with an exception that ML.NET's tools know.</summary>
    private void AssertRefused(GroupNormEstimator estimator, IDataView data, params string[] words)
    {
        var valid = Views.Of(_mlContext, [new float[4]], 4);
        var named = _mlContext.Transforms.CopyColumns("Missing", "Input").Fit(valid).Transform(valid);
        var model = estimator.Fit(named);

        AssertNames(Assert.ThrowsAny<ArgumentException>(() => estimator.GetOutputSchema(SchemaShape.Create(data.Schema))), words);
        AssertNames(Assert.ThrowsAny<ArgumentException>(() => estimator.Fit(data)), words);
        AssertNames(Assert.ThrowsAny<ArgumentException>(() => model.Transform(data)), words);
    }

    private static void AssertNames(Exception error, params string[] words)
    {
        Assert.All(words, word => Assert.Contains(word, error.Message));
        Assert.True(error.IsMarked());
    }
}
