using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using MLNetGroupNorm.Pipeline;
using MLNetGroupNorm.Tests.Support;
using Options = MLNetGroupNorm.GroupNormEstimator.ColumnOptions;

namespace MLNetGroupNorm.Tests.Pipeline;

/// <summary>Exported models, run by ONNX Runtime, against the transformer.</summary>
public sealed class OnnxGraphTests
{
    /// <summary>What the design asks of an exported model, on outputs of a size of about 1.</summary>
    private const double AgreedDifference = 1e-6;

    private const int Channels = 6;
    private const int Spatial = 50;
    private const int Length = Channels * Spatial;
    private static readonly GroupNormAffine _both = new([1, 2, -0.5f, 0, 0.25f, 1.5f], [0, 1, -1, 0.5f, 2, -0.25f]);
    private static readonly GroupNormAffine _weightOnly = new([1, 2, -0.5f, 0, 0.25f, 1.5f], null);
    private static readonly GroupNormAffine _biasOnly = new(null, [0, 1, -1, 0.5f, 2, -0.25f]);

    private readonly MLContext _mlContext = new(seed: 1);

    public static TheoryData<int, int, TensorLayout> Cases() =>
        new MatrixTheoryData<int, int, TensorLayout>([9, 10, 11, 12], [1, 7], Enum.GetValues<TensorLayout>());

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_opset_batch_size_and_layout_agrees_for_Single(int opset, int batch, TensorLayout layout)
    {
        foreach (var affine in new[] { null, _both, _weightOnly, _biasOnly })
            AssertAgrees(HardRows(batch), opset, affine, layout);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_opset_batch_size_and_layout_agrees_for_Double(int opset, int batch, TensorLayout layout)
    {
        double[][] rows = Array.ConvertAll(HardRows(batch), row => Array.ConvertAll(row, value => (double)value));
        foreach (var affine in new[] { null, _both, _weightOnly, _biasOnly })
            AssertAgrees(rows, opset, affine, layout);
    }

    [Fact]
    public void Bytes_agree_too() =>
        AssertAgrees([.. Enumerable.Range(0, 3).Select(seed => Values.Byte(seed, Length))], 12, _both, TensorLayout.ChannelsLast);

    [Theory]
    [InlineData(0.0)]
    [InlineData(1e-30)]
    [InlineData(1e-12)]
    [InlineData(10.0)]
    public void Epsilon_is_exported_in_double(double epsilon)
    {
        float[] row = [.. Values.Single(3, Length)];
        Array.Fill(row, 5f, 0, Length / 3);
        AssertAgrees([row], 12, null, TensorLayout.ChannelsFirst, epsilon);
    }

    [Theory]
    [InlineData(1e15 + 0.3)]
    [InlineData(-1e6 / 3)]
    [InlineData(1e300 / 7)]
    public void Equal_doubles_of_any_magnitude_agree(double value) =>
        AssertAgrees([Enumerable.Repeat(value, Length).ToArray()], 12, _both, TensorLayout.ChannelsFirst);

    [Theory]
    [MemberData(nameof(Magnitudes))]
    public void Doubles_of_every_magnitude_agree(int opset, double epsilon)
    {
        double[] normal = Array.ConvertAll(Values.Single(5, Length), value => (double)value);
        normal[0] = 4; // so that the factors below come near to the largest double
        double[] magnitudes = [double.Epsilon * 1000, 1e-300, 1e-170, 1e-120, 1e-5, 1e140, 1e155, 1e200, 1e300, double.MaxValue / 4];
        var rows = magnitudes.Select(magnitude => Array.ConvertAll(normal, value => value * magnitude))
            .Concat(magnitudes.Select(magnitude => Enumerable.Repeat(magnitude * 3, Length).ToArray()))
            // Far from zero: what is lost of the values is lost of the result.
            .Concat(magnitudes.Select(magnitude => Array.ConvertAll(normal, value => magnitude * 0.9 + magnitude * 1e-6 * value)))
            // Groups of one row that need another factor each.
            .Append([.. normal.Select((value, i) => value * (i < Length / 3 ? 1e200 : i < Length * 2 / 3 ? 1 : 1e-200))])
            // What is no number stays in its group.
            .Append([double.NaN, .. normal[1..]]).Append([double.PositiveInfinity, .. normal[1..]])
            .Append([.. normal[1..].Select(value => value * 1e200), double.NegativeInfinity]);

        AssertAgrees(rows.ToArray(), opset, _both, TensorLayout.ChannelsFirst, epsilon);
    }

    public static TheoryData<int, double> Magnitudes() =>
        new MatrixTheoryData<int, double>([9, 10, 11, 12], [0, 1e-310, 1e-250, 1e-230, 1e-100, 1e-5, 1e300]);

    [Fact]
    public void Several_columns_one_replacing_the_others_input_read_what_came_in()
    {
        var data = Views.Of(_mlContext, [Values.Single(1, 12), Values.Single(2, 12)], 6, 2);
        var model = _mlContext.Transforms.GroupNormalize(
            new Options("Input", 2), new Options("Other", 3, "Input", affine: _both), new Options("Third", 1, "Input")).Fit(data);

        var outputs = Exported(model, data, "Input");

        var expected = model.Transform(data);
        Assert.Equal(["Input", "Other", "Third"], outputs.Keys.Order());
        foreach (var (name, values) in outputs)
            AssertClose(expected.Rows<float>(name).SelectMany(row => row), values);
    }

    [Fact]
    public void Columns_named_as_helpers_are_exported_as_themselves()
    {
        // All names that the export would like to use for its own variables.
        string[] helpers = ["Out_constant", "Out_shape", "Out_Sub", "Out_ReduceMean", "Out_Mul", "Out_Cast", "Out_Reshape", "Out_Div"];
        var data = Views.Of(_mlContext, [Values.Single(1, 12)], 6, 2);
        var copies = _mlContext.Transforms.CopyColumns([.. helpers.Select(name => new InputOutputColumnPair(name, "Input"))]).Fit(data);
        var named = copies.Transform(data);
        var model = _mlContext.Transforms.GroupNormalize("Out", 2, "Input", affine: _both).Fit(named);

        var outputs = Exported(model, named, ["Input", .. helpers]);

        Assert.All(helpers, name => AssertClose(Values.Single(1, 12), outputs[name]));
        AssertClose(model.Transform(named).Rows<float>("Out").Single(), outputs["Out"]);

        // And where such columns exist but ONNX does not know them, no helper turns up in their stead.
        Assert.Equal(["Input", "Out"], Exported(model, named, "Input").Keys.Order());
    }

    [Fact]
    public void A_helper_takes_the_name_of_neither_a_column_nor_a_variable()
    {
        var export = new OnnxExport(opset: 12);
        export.AddColumn("Out_constant", "elsewhere");
        export.AddColumn("column", "Out_constant2");
        var graph = new OnnxGraph(export, "Out");

        Assert.Equal(["Out_constant1", "Out_constant3"], [graph.Constant(1), graph.Constant(2)]);
        Assert.Equal("elsewhere", export.GetVariableName("Out_constant"));
        Assert.Equal("Out_constant2", export.GetVariableName("column"));
        Assert.False(export.ContainsColumn("Out_constant1"));
    }

    [Fact]
    public void A_column_that_ONNX_does_not_know_is_left_out()
    {
        var data = Views.Of(_mlContext, [Values.Single(1, 12)], 6, 2);
        var model = _mlContext.Transforms.GroupNormalize("Out", 2, "Input").Fit(data);

        var (_, outputs, export) = OnnxExport.Run(model, data.Schema);

        Assert.Empty(outputs);
        Assert.Empty(export.Operators);
    }

    [Fact]
    public void A_column_that_replaces_another_is_left_out_with_it_where_ONNX_does_not_know_its_input()
    {
        var data = Views.Of(_mlContext, [Values.Single(1, 12)], 6, 2);
        var copied = _mlContext.Transforms.CopyColumns("Unknown", "Input").Fit(data).Transform(data);
        var model = _mlContext.Transforms.GroupNormalize("Input", 2, "Unknown").Fit(copied);

        Assert.Empty(OnnxExport.Run(model, copied.Schema, inputs: "Input").Outputs);
    }

    [Fact]
    public void An_export_that_cannot_be_is_refused()
    {
        var data = Views.Of(_mlContext, [new float[12]]);
        var view = (ISaveAsOnnx)_mlContext.Transforms.GroupNormalize("Out", 2, "Input", numberOfChannels: 6).Fit(data).Transform(data);

        Assert.Throws<ArgumentNullException>("ctx", () => view.SaveAsOnnx(null!));
        Assert.Contains("variable size",
            Assert.Throws<InvalidOperationException>(() => view.SaveAsOnnx(new OnnxExport(opset: 12))).Message);
    }

    [Fact]
    public void Columns_of_variable_size_cannot_be_exported()
    {
        var data = Views.Of(_mlContext, [new float[12]]);
        var model = _mlContext.Transforms.GroupNormalize("Out", 2, "Input", numberOfChannels: 6).Fit(data);

        Assert.Throws<InvalidOperationException>(() => OnnxExport.Run(model, data.Schema, inputs: "Input"));
    }

    [Theory]
    [InlineData(TensorLayout.ChannelsFirst, true)]
    [InlineData(TensorLayout.ChannelsLast, true)]
    [InlineData(TensorLayout.ChannelsFirst, false)]
    [InlineData(TensorLayout.ChannelsLast, false)]
    public void Columns_with_dimensions_are_exported_in_their_shape(TensorLayout layout, bool knownSize)
    {
        int[] dimensions = layout == TensorLayout.ChannelsFirst ? [Channels, 5, 10] : [5, 10, Channels];
        var data = Views.Of(_mlContext, HardRows(7), knownSize ? [Length] : []);
        var model = _mlContext.Transforms
            .GroupNormalize("Out", 3, "Input", affine: _both, layout: layout, dimensions: dimensions).Fit(data);

        var (bytes, outputs, _) = OnnxExport.Run(model, data.Schema, 12, "Input");
        using var quiet = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        using var session = new InferenceSession(bytes, quiet);
        float[] values = [.. data.Rows<float>("Input").SelectMany(row => row)];
        using var results = session.Run([Rows(7, Length)], outputs);

        var exported = (DenseTensor<float>)results.Single(result => result.Name == "Out.output").Value;
        Assert.Equal([7, .. dimensions], exported.Dimensions.ToArray());
        AssertClose(model.Transform(data).Rows<float>("Out").SelectMany(row => row), [.. exported.Select(value => (double)value)]);
        // Seven rows of 300 values are no fourteen of 150, nor 70 of 30.
        Assert.Throws<OnnxRuntimeException>(() => session.Run([Rows(14, Length / 2)], outputs));

        NamedOnnxValue Rows(int count, int length) =>
            NamedOnnxValue.CreateFromTensor("Input", new DenseTensor<float>(values, [count, length]));
    }

    [Fact]
    public void An_opset_below_nine_is_refused()
    {
        var data = Views.Of(_mlContext, [new float[12]], 6, 2);
        var model = _mlContext.Transforms.GroupNormalize("Out", 2, "Input").Fit(data);

        Assert.Throws<InvalidOperationException>(() => OnnxExport.Run(model, data.Schema, 8, "Input"));
    }

    /// <summary>Rows of the kinds on which float statistics fail, repeated to the batch size: each row is another kind.</summary>
    private static float[][] HardRows(int batch)
    {
        var random = new Random(7);
        Func<float>[] kinds =
        [
            () => (float)(1e5 + Normal()), () => (float)Normal(), () => (float)random.Next(256), () => (float)(1000 + Normal()),
            () => (float)(100 + 0.01 * Normal()), () => 100.1f, () => (float)(1e25 * Normal()),
        ];
        // A batch of one is the hardest of them.
        return [.. Enumerable.Range(0, batch).Select(i => Enumerable.Range(0, Length).Select(_ => kinds[i]()).ToArray())];

        double Normal() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }

    private void AssertAgrees<T>(T[][] rows, int opset, GroupNormAffine? affine, TensorLayout layout, double epsilon = 1e-5)
    {
        int[] dimensions = layout == TensorLayout.ChannelsFirst ? [Channels, 5, 10] : [5, 10, Channels];
        var data = Views.Of(_mlContext, rows, dimensions);
        var model = _mlContext.Transforms.GroupNormalize("Out", 3, "Input", null, epsilon, affine, layout).Fit(data);

        var exported = Exported(model, data, opset, "Input")["Out"];

        var view = model.Transform(data);
        AssertClose(typeof(T) == typeof(double)
            ? view.Rows<double>("Out").SelectMany(row => row)
            : view.Rows<float>("Out").SelectMany(row => row).Select(value => (double)value), exported);
    }

    private static void AssertClose(IEnumerable<float> expected, double[] actual) =>
        AssertClose(expected.Select(value => (double)value), actual);

    private static void AssertClose(IEnumerable<double> expected, double[] actual) => Assert.All(expected.Zip(actual), pair =>
    {
        if (double.IsNaN(pair.First))
            Assert.True(double.IsNaN(pair.Second));
        else
            Assert.Equal(pair.First, pair.Second, AgreedDifference);
    });

    private static Dictionary<string, double[]> Exported(ITransformer model, IDataView data, params string[] inputs) =>
        Exported(model, data, 12, inputs);

    /// <summary>Exports a model and runs it on all rows at once; gives each output column's values.</summary>
    private static Dictionary<string, double[]> Exported(ITransformer model, IDataView data, int opset, params string[] inputs)
    {
        var (bytes, outputs, _) = OnnxExport.Run(model, data.Schema, opset, inputs);
        using var session = new InferenceSession(bytes);
        using var results = session.Run([.. inputs.Select(name => Feed(data, name))], outputs);
        return results.ToDictionary(result => result.Name[..^".output".Length], result => result.Value switch
        {
            DenseTensor<float> values => values.Select(value => (double)value).ToArray(),
            DenseTensor<double> values => values.ToArray(),
            DenseTensor<byte> values => values.Select(value => (double)value).ToArray(),
            var other => throw new NotSupportedException(other.GetType().Name),
        });
    }

    private static NamedOnnxValue Feed(IDataView data, string name)
    {
        var type = (VectorDataViewType)data.Schema[name].Type;
        if (type.ItemType == NumberDataViewType.Double)
            return Feed<double>();
        return type.ItemType == NumberDataViewType.Byte ? Feed<byte>() : Feed<float>();

        NamedOnnxValue Feed<T>()
        {
            var rows = data.Rows<T>(name);
            T[] values = [.. rows.SelectMany(row => row)];
            return NamedOnnxValue.CreateFromTensor(name, new DenseTensor<T>(values, [rows.Length, .. type.Dimensions]));
        }
    }
}
