using System.Buffers.Binary;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetGroupNorm.Tests.Support;
using SkiaSharp;

namespace MLNetGroupNorm.Tests.Readme;

/// <summary>The README's examples, in its order, run. Their files stand in the current directory, as the README has them.</summary>
public sealed class ReadmeExamples
{
    [Fact]
    public void The_shortest()
    {
        var mlContext = new MLContext();

        var pipeline = mlContext.Transforms.GroupNormalize("Features", numberOfGroups: 3);

        Assert.IsType<GroupNormEstimator>(pipeline);
    }

    [Fact]
    public void Pictures_saved_and_loaded()
    {
        var mlContext = new MLContext();
        string picture = Path.GetFullPath("readme.png");
        Draw(picture);
        var data = mlContext.Data.LoadFromEnumerable([new { Path = picture }]);

        SavePictures(mlContext, data);
        var model = LoadPictures(mlContext);

        Assert.Equal(0, model.Transform(data).Rows<float>("Features").Single().Average(), 1e-5f);
    }

    [Fact]
    public void With_parameters_and_channels_last()
    {
        var mlContext = new MLContext();

        var affine = new GroupNormAffine(weight: [1.5f, 0.5f, 2f, 1f], bias: [0f, 0.1f, -0.1f, 0f]);
        var pipeline = mlContext.Transforms.GroupNormalize("Normalized", numberOfGroups: 2, inputColumnName: "Features",
            epsilon: 1e-3, affine: affine, layout: TensorLayout.ChannelsLast);

        var data = Views.Of(mlContext, [Values.Single(1, 12)], 3, 4);
        data = mlContext.Transforms.CopyColumns("Features", Views.Input).Fit(data).Transform(data);
        Assert.Equal(12, pipeline.Fit(data).Transform(data).Rows<float>("Normalized").Single().Length);
    }

    [Fact]
    public void Several_columns()
    {
        var mlContext = new MLContext();

        var pipeline = mlContext.Transforms.GroupNormalize(
            new GroupNormEstimator.ColumnOptions("Left", numberOfGroups: 4),
            new GroupNormEstimator.ColumnOptions("Right", numberOfGroups: 8, epsilon: 1e-6));

        var data = mlContext.Data.LoadFromEnumerable([new Pair { Left = Values.Single(1, 16), Right = Values.Single(2, 16) }]);
        Assert.Equal([1e-5, 1e-6], pipeline.Fit(data).Columns.Select(column => column.Epsilon));
    }

    [Fact]
    public void In_memory()
    {
        float[] sample = Values.Single(1, 64 * 4), output = new float[sample.Length];
        float[] batch = [.. Enumerable.Repeat(sample, 16).SelectMany(values => values)], outputs = new float[batch.Length];

        GroupNormalization.Normalize(sample, output, numberOfChannels: 64, numberOfGroups: 32);
        GroupNormalization.NormalizeBatch(batch, outputs, batchSize: 16, numberOfChannels: 64, numberOfGroups: 32);

        Assert.Equal(output, outputs[^sample.Length..]);
    }

    [Fact]
    public void Parameters_from_safetensors()
    {
        var mlContext = new MLContext();
        WriteSafetensors("model.safetensors", "layer1.0.norm1");

        var layers = GroupNormAffine.ListSafetensorsLayers("model.safetensors");
        var affine = GroupNormAffine.FromSafetensors("model.safetensors", "layer1.0.norm1");
        var pipeline = mlContext.Transforms.GroupNormalize("Features", numberOfGroups: 2, affine: affine);

        Assert.Equal(["layer1.0.norm1"], layers);
        var data = mlContext.Data.LoadFromEnumerable([new Row { Features = Values.Single(1, 12) }]);
        Assert.Equal([1f, 2f], pipeline.Fit(data).Columns.Single().Affine!.Weight);
    }

    private static void SavePictures(MLContext mlContext, IDataView data)
    {
        var pipeline = mlContext.Transforms.LoadImages("Image", imageFolder: null, inputColumnName: "Path")
            .Append(mlContext.Transforms.ResizeImages("Image", imageWidth: 64, imageHeight: 64))
            .Append(mlContext.Transforms.ExtractPixels("Pixels", "Image"))
            .Append(mlContext.Transforms.GroupNormalize("Features", numberOfGroups: 3, inputColumnName: "Pixels"));
        var model = pipeline.Fit(data);
        mlContext.Model.Save(model, data.Schema, "model.zip");
    }

    private static ITransformer LoadPictures(MLContext mlContext)
    {
        var model = mlContext.Model.Load("model.zip", out var inputSchema);

        Assert.Equal(["Path"], inputSchema.Select(column => column.Name));
        return model;
    }

    private static void Draw(string path)
    {
        using var bitmap = new SKBitmap(32, 32);
        for (int i = 0; i < 32 * 32; i++)
            bitmap.SetPixel(i % 32, i / 32, new SKColor((byte)i, (byte)(i / 4), (byte)(7 * i)));
        using var file = File.Create(path);
        bitmap.Encode(file, SKEncodedImageFormat.Png, quality: 100);
    }

    private static void WriteSafetensors(string path, string layer)
    {
        string header = $$$"""
            {"{{{layer}}}.weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},
             "{{{layer}}}.bias":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}
            """;
        byte[] bytes = new byte[8 + header.Length + 16];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, header.Length);
        Encoding.UTF8.GetBytes(header, bytes.AsSpan(8));
        for (int i = 0; i < 4; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(8 + header.Length + 4 * i), i + 1);
        File.WriteAllBytes(path, bytes);
    }

    private sealed class Row
    {
        [VectorType(2, 6)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Pair
    {
        [VectorType(16)]
        public float[] Left { get; set; } = [];

        [VectorType(16)]
        public float[] Right { get; set; } = [];
    }
}
