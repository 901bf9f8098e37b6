using Microsoft.Data.Analysis;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetGroupNorm.Onnx;
using MLNetGroupNorm.Tests.Support;

namespace MLNetGroupNorm.Tests.Pipeline;

/// <summary>
/// The slips that users of image tensors make most, in the programs in which they make them: what the message says, and that what
/// it proposes works.
/// </summary>
public sealed partial class SlipTests : IDisposable
{
    /// <summary>Between layouts, whose sums run in another order: some roundings of results of about 1.</summary>
    private const float OtherOrder = 1e-6f;

    private const int Height = 64;
    private const int Width = 48;

    private readonly MLContext _mlContext = new(seed: 1);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Interleaved_pixels_are_told_to_be_channels_last()
    {
        AssertSays(() => Normalize(interleaved: true, TensorLayout.ChannelsFirst), "'Pixels'", "numberOfGroups is 3",
            "64 is the first dimension of Vector<Single, 64, 48, 3>", "interleaved colours have their channels last",
            "pass layout: TensorLayout.ChannelsLast", "interleavePixelColors: false", "one of 1, 2, 4, 8, 16, 32, 64");

        float[] last = Normalize(interleaved: true, TensorLayout.ChannelsLast);
        float[] first = Normalize(interleaved: false, TensorLayout.ChannelsFirst);
        for (int position = 0; position < Height * Width; position++)
            for (int colour = 0; colour < 3; colour++)
                Assert.Equal(first[(colour * Height * Width) + position], last[(position * 3) + colour], OtherOrder);

        float[] Normalize(bool interleaved, TensorLayout layout)
        {
            var data = Pictures();
            var pipeline = _mlContext.Transforms.ExtractPixels("Pixels", "Image", interleavePixelColors: interleaved)
                .Append(_mlContext.Transforms.GroupNormalize("Output", 3, "Pixels", layout: layout));
            return pipeline.Fit(data).Transform(data).Rows<float>().Single();
        }
    }

    [Fact]
    public void Interleaved_pixels_whose_height_the_groups_divide_are_a_valid_request()
    {
        var data = Pictures();
        var pipeline = _mlContext.Transforms.ExtractPixels("Pixels", "Image", interleavePixelColors: true)
            .Append(_mlContext.Transforms.GroupNormalize("Output", 2, "Pixels"));

        Assert.Single(pipeline.Fit(data).Transform(data).Rows<float>());
    }

    [Fact]
    public void An_image_is_told_to_become_pixels()
    {
        var data = Pictures();

        AssertSays(() => _mlContext.Transforms.GroupNormalize("Output", 3, "Image").Fit(data), "'Image'", "Image<64, 48>",
            "mlContext.Transforms.ExtractPixels(\"Pixels\", \"Image\")");

        _ = _mlContext.Transforms.ExtractPixels("Pixels", "Image").Append(_mlContext.Transforms.GroupNormalize("Output", 3, "Pixels")).Fit(data);
    }

    [Theory]
    [InlineData(1, 6, 4, 5)]
    [InlineData(-1, 6, 4, 5)]
    public void A_networks_batch_of_one_is_told_apart_from_the_channels(params int[] shape)
    {
        float[] row = Values.Single(1, 120);
        using var network = Network(shape, row);

        AssertSays(() => _mlContext.Transforms.GroupNormalize("Output", 3, "maps").Fit(network.Maps), "'maps'",
            "1 is the first dimension of Vector<Single, 1, 6, 4, 5>", "ApplyOnnxModel", "batch of one", "numberOfChannels: 6",
            "dimensions: [6, 4, 5]");

        AssertNormalizes(network.Maps, row);
    }

    [Fact]
    public void A_network_whose_maps_have_no_size_is_told_to_be_given_one()
    {
        float[] row = Values.Single(1, 120);
        using var network = Network([-1, 6, -1, -1], row);

        AssertSays(() => _mlContext.Transforms.GroupNormalize("Output", 3, "maps").Fit(network.Maps), "'maps'", "Vector<Single>",
            "a network's output of unknown size", "dimensions: [C, H, W]", "numberOfChannels: C");

        AssertNormalizes(network.Maps, row);
    }

    [Fact]
    public void A_property_without_VectorType_is_told_three_ways_to_say_its_size()
    {
        float[] row = Values.Single(1, 12);
        var data = _mlContext.Data.LoadFromEnumerable([new Plain { Features = row }]);
        var pipeline = _mlContext.Transforms.GroupNormalize("Features", 3);

        AssertSays(() => pipeline.Fit(data), "'Features'", "Vector<Single>", "[VectorType(n)]", "[VectorType(C, H, W)]", "SchemaDefinition",
            "CreatePredictionEngine<TSrc, TDst>(model, inputSchema)", "dimensions: [C, H, W]", "numberOfChannels: C");

        var definition = SchemaDefinition.Create(typeof(Plain));
        definition["Features"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, 12);
        float[] expected = Expected(row);
        Assert.Equal(expected, Run(pipeline, _mlContext.Data.LoadFromEnumerable([new Sized { Features = row }])));
        Assert.Equal(expected, Run(pipeline, _mlContext.Data.LoadFromEnumerable([new Plain { Features = row }], definition)));
        Assert.Equal(expected, Run(_mlContext.Transforms.GroupNormalize("Features", 3, dimensions: [3, 2, 2]), data));
        Assert.Equal(expected, Run(_mlContext.Transforms.GroupNormalize("Features", 3, numberOfChannels: 3), data));
    }

    [Fact]
    public void A_loaded_models_engine_is_told_to_take_the_schema_that_Load_gave()
    {
        string text = Path.Combine(_folder.FullName, "rows.csv");
        File.WriteAllText(text, "1,2,3,4,5,6,7,8,9,10,11,13\n");
        var loader = _mlContext.Data.CreateTextLoader([new("Features", DataKind.Single, 0, 11)], separatorChar: ',');
        var data = loader.Load(text);
        var fitted = _mlContext.Transforms.GroupNormalize("Features", 3).Fit(data);
        using var file = new MemoryStream(SavedModel.Save(_mlContext, fitted, data.Schema));
        var model = _mlContext.Model.Load(file, out var inputSchema);

        AssertSays(() => _mlContext.Model.CreatePredictionEngine<Plain, Plain>(model), "'Features'", "Vector<Single>",
            "the schema that Load gave", "mlContext.Model.CreatePredictionEngine<TSrc, TDst>(model, inputSchema)");

        float[] row = Values.Single(1, 12);
        using var engine = _mlContext.Model.CreatePredictionEngine<Plain, Plain>(model, inputSchema);
        Assert.Equal(Expected(row), engine.Predict(new Plain { Features = row }).Features);
    }

    [Fact]
    public void A_DataFrames_vectors_get_their_shape_from_dimensions_and_go_to_a_trainer()
    {
        VBuffer<float>[] rows = [.. Enumerable.Range(1, 40).Select(seed => new VBuffer<float>(12, Values.Single(seed, 12)))];
        IDataView frame = new DataFrame(new VBufferDataFrameColumn<float>("Features", rows),
            new BooleanDataFrameColumn("Label", rows.Select(row => row.GetItemOrDefault(3) > row.GetItemOrDefault(4))));

        // A trainer takes no rows of variable size either, but must not be the first to say so.
        AssertSays(() => Train(_mlContext.Transforms.GroupNormalize("Features", 3)), "'Features'", "Vector<Single>", "DataFrame",
            "dimensions: [C, H, W]");

        var model = Train(_mlContext.Transforms.GroupNormalize("Features", 3, dimensions: [3, 2, 2]));
        var metrics = _mlContext.BinaryClassification.EvaluateNonCalibrated(model.Transform(frame));
        Assert.InRange(metrics.Accuracy, 0.8, 1);

        ITransformer Train(GroupNormEstimator normalization) =>
            normalization.Append(_mlContext.BinaryClassification.Trainers.LbfgsLogisticRegression()).Fit(frame);
    }

    [Fact]
    public void Scalar_columns_are_told_to_be_joined()
    {
        string text = Path.Combine(_folder.FullName, "rows.csv");
        File.WriteAllText(text, "1,2,3,5\n");
        var data = _mlContext.Data.LoadFromTextFile(text, [.. "ABCD".Select((name, i) =>
            new TextLoader.Column($"{name}", DataKind.Single, i))], separatorChar: ',');

        AssertSays(() => _mlContext.Transforms.GroupNormalize("Output", 2, "A").Fit(data), "'A'", "got Single. Join scalar columns",
            "mlContext.Transforms.Concatenate(\"Features\", \"A\", ...)");

        var pipeline = _mlContext.Transforms.Concatenate("Features", "A", "B", "C", "D").Append(_mlContext.Transforms.GroupNormalize("Features", 2));
        Assert.Equal(Expected([1, 2, 3, 5], groups: 2), Run(pipeline, data));
    }

    [Theory]
    [InlineData(DataKind.Int32, "Vector<Int32, 4>")]
    [InlineData(DataKind.Boolean, "Vector<Boolean, 4>")]
    [InlineData(DataKind.String, "Vector<String, 4>")]
    [InlineData(DataKind.SByte, "Vector<SByte, 4>")]
    [InlineData(DataKind.UInt64, "Vector<UInt64, 4>")]
    public void Other_items_are_told_to_be_converted(DataKind kind, string type)
    {
        string text = Path.Combine(_folder.FullName, "rows.csv");
        File.WriteAllText(text, "1,0,1,1\n");
        var data = _mlContext.Data.LoadFromTextFile(text, [new TextLoader.Column("Features", kind, 0, 3)], separatorChar: ',');

        AssertSays(() => _mlContext.Transforms.GroupNormalize("Features", 2).Fit(data), "'Features'", type,
            "mlContext.Transforms.Conversion.ConvertType(\"Features\", outputKind: DataKind.Single)");

        var pipeline = _mlContext.Transforms.Conversion.ConvertType("Features", outputKind: DataKind.Single)
            .Append(_mlContext.Transforms.GroupNormalize("Features", 2));
        Assert.Equal(Expected([1, 0, 1, 1], groups: 2), Run(pipeline, data));
    }

    [Fact]
    public void A_scalar_of_another_type_is_told_both()
    {
        var data = _mlContext.Data.LoadFromEnumerable([new { A = 1, B = 4 }]);

        AssertSays(() => _mlContext.Transforms.GroupNormalize("Output", 1, "A").Fit(data), "'A'", "got Int32",
            "ConvertType(\"A\", outputKind: DataKind.Single)", "Concatenate(\"Features\", \"A\", ...)");

        var pipeline = _mlContext.Transforms.Conversion.ConvertType("A", outputKind: DataKind.Single)
            .Append(_mlContext.Transforms.Conversion.ConvertType("B", outputKind: DataKind.Single))
            .Append(_mlContext.Transforms.Concatenate("Features", "A", "B")).Append(_mlContext.Transforms.GroupNormalize("Features", 1));
        Assert.Equal(Expected([1, 4], groups: 1), Run(pipeline, data));
    }

    [Fact]
    public void Keys_are_told_to_become_vectors()
    {
        var rows = _mlContext.Data.LoadFromEnumerable([new { Features = "a" }, new { Features = "b" }, new { Features = "c" }]);
        var data = _mlContext.Transforms.Conversion.MapValueToKey("Features").Fit(rows).Transform(rows);

        AssertSays(() => _mlContext.Transforms.GroupNormalize("Features", 1).Fit(data), "'Features'", "Key<UInt32, 0-2>",
            "mlContext.Transforms.Conversion.MapKeyToVector(\"Features\")");

        var pipeline = _mlContext.Transforms.Conversion.MapKeyToVector("Features").Append(_mlContext.Transforms.GroupNormalize("Features", 1));
        Assert.Equal(Expected([1, 0, 0], groups: 1), pipeline.Fit(data).Transform(data).Rows<float>("Features")[0]);
    }

    [Fact]
    public void An_affine_of_other_channels_is_blamed_before_the_groups()
    {
        var data = Views.Of(_mlContext, [Values.Single(1, 3 * 8 * 8)], 3, 8, 8);

        // Known when the options are made, where nothing yet says what the data has.
        AssertSays(() => _mlContext.Transforms.GroupNormalize("Output", 3, "Input", affine: GroupNormAffine.Identity(64)),
            "affine holds 64 values, one per channel, and numberOfGroups is 3", "give the affine of a layer", "one of 1, 2, 4, 8, 16, 32, 64");
        AssertSays(() => _mlContext.Transforms.GroupNormalize("Output", 32, "Input", numberOfChannels: 3, affine: GroupNormAffine.Identity(64)),
            "affine holds 64 values for 3 channels: numberOfChannels is 3", "give 3");
        AssertSays(() => _mlContext.Transforms.GroupNormalize("Output", 32, "Input", affine: GroupNormAffine.Identity(64)).Fit(data),
            "'Input'", "affine holds 64 values for 3 channels: 3 is the first dimension of Vector<Single, 3, 8, 8>", "give 3");

        _ = _mlContext.Transforms.GroupNormalize("Output", 3, "Input", affine: GroupNormAffine.Identity(3)).Fit(data);
    }

    private void AssertNormalizes(IDataView maps, float[] row)
    {
        var expected = new float[row.Length];
        GroupNormalization.Normalize(row, expected, 6, 3);
        foreach (var cure in new[]
        {
            _mlContext.Transforms.GroupNormalize("Output", 3, "maps", numberOfChannels: 6),
            _mlContext.Transforms.GroupNormalize("Output", 3, "maps", dimensions: [6, 4, 5]),
        })
            Assert.Equal(expected, cure.Fit(maps).Transform(maps).Rows<float>().Single());
    }

    /// <summary>A network that gives its pixels back, and says that they are of a shape.</summary>
    private RunningNetwork Network(int[] shape, float[] row)
    {
        string file = Path.Combine(_folder.FullName, "network.onnx");
        var onnx = new OnnxModel(opset: 13).Input("pixels", OnnxType.Single, 1, 6, 4, 5);
        onnx.Node("Identity", ["pixels"], "maps");
        File.WriteAllBytes(file, onnx.Output("maps", OnnxType.Single, shape).ToArray());
        var data = _mlContext.Data.LoadFromEnumerable([new Map { Pixels = row }]);
        var network = _mlContext.Transforms.ApplyOnnxModel("maps", "pixels", file).Fit(data);
        return new RunningNetwork(network, network.Transform(data));
    }

    private static void AssertSays(Func<object> code, params string[] parts)
    {
        var error = Assert.ThrowsAny<ArgumentException>(code);
        Assert.All(parts, part => Assert.Contains(part, error.Message));
        // One sentence after another, with no traces of how it was put together.
        Assert.DoesNotContain("  ", error.Message);
        Assert.DoesNotContain("..", error.Message.Replace("...)", ""));
    }

    private static float[] Run(IEstimator<ITransformer> pipeline, IDataView data) =>
        pipeline.Fit(data).Transform(data).Rows<float>("Features").Single();

    private static float[] Expected(float[] row, int groups = 3)
    {
        var expected = new float[row.Length];
        GroupNormalization.Normalize(row, expected, groups, groups);
        return expected;
    }

    /// <summary>One picture, which ML.NET disposes of once it was read.</summary>
    private IDataView Pictures()
    {
        byte[] bytes = Values.Byte(5, Height * Width * 4);
        return _mlContext.Data.LoadFromEnumerable([new Picture { Image = MLImage.CreateFromPixels(Width, Height, MLPixelFormat.Bgra32, bytes) }]);
    }

    private sealed record RunningNetwork(IDisposable Model, IDataView Maps) : IDisposable
    {
        public void Dispose() => Model.Dispose();
    }
}
