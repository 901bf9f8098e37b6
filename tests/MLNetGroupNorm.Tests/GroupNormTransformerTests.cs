using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetGroupNorm.Tests.Support;
using Options = MLNetGroupNorm.GroupNormEstimator.ColumnOptions;

namespace MLNetGroupNorm.Tests;

/// <summary>Models saved and loaded, each in an environment that knows nothing of this library.</summary>
public sealed class GroupNormTransformerTests : IDisposable
{
    private static readonly GroupNormAffine _affine = new([1, 2, -0.5f, 0, 0.25f, 1.5f], [0, 1, -1, 0.5f, 2, -0.25f]);
    private readonly MLContext _mlContext = new(seed: 1);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory();
    private readonly string _path;

    public GroupNormTransformerTests() => _path = Path.Combine(_folder.FullName, "model.zip");

    public void Dispose() => _folder.Delete(recursive: true);

    public static TheoryData<Options> AllKindsOfOptions() =>
    [
        new Options("Out", 3, "Input"),
        new Options("Input", 1),
        new Options("Out", 6, "Input", 6, 0),
        new Options("Out", 2, "Input", null, 0.1, _affine),
        new Options("Out", 2, "Input", 6, 1e-300, new GroupNormAffine(_affine.Weight!.ToArray(), null), TensorLayout.ChannelsLast),
        new Options("Out", 2, "Input", 6, 1e-5, new GroupNormAffine(null, _affine.Bias!.ToArray())),
        new Options("Größe ∂ 日本", 2, "Input", 6),
        new Options("Out", 2, "Input", dimensions: [6, 3, 2]),
        new Options("Out", 2, "Input", 6, affine: _affine, layout: TensorLayout.ChannelsLast, dimensions: [2, 3, 6]),
    ];

    [Theory]
    [MemberData(nameof(AllKindsOfOptions), DisableDiscoveryEnumeration = true)]
    public void A_saved_model_loads_with_the_same_options_and_gives_the_same_bits(Options options)
    {
        var data = Views.Of(_mlContext, [Values.Single(1, 36), Values.Single(2, 36)], 6, 6);
        var model = _mlContext.Transforms.GroupNormalize(options).Fit(data);
        _mlContext.Model.Save(model, data.Schema, _path);

        var loaded = new MLContext().Model.Load(_path, out var schema);

        var transformer = Assert.IsType<GroupNormTransformer>(loaded);
        AssertSame(model.Columns, transformer.Columns);
        Assert.Equal(data.Schema.Select(column => (column.Name, column.Type)), schema.Select(column => (column.Name, column.Type)));
        Assert.Equal(model.GetOutputSchema(data.Schema).Select(column => (column.Name, column.Type)),
            loaded.GetOutputSchema(schema).Select(column => (column.Name, column.Type)));
        Assert.Equal(model.Transform(data).Rows<float>(options.Name), loaded.Transform(data).Rows<float>(options.Name));
    }

    [Fact]
    public void A_model_inside_chains_loads()
    {
        var data = Views.Of(_mlContext, [Values.Single(1, 12), Values.Single(2, 12)], 6, 2);
        var pipeline = _mlContext.Transforms.CopyColumns("Copy", "Input")
            .Append(_mlContext.Transforms.GroupNormalize("Copy", 2, affine: _affine)
                .Append(_mlContext.Transforms.GroupNormalize(new Options("A", 3, "Copy"), new Options("B", 1, "Input"))))
            .Append(_mlContext.Transforms.Concatenate("Features", "A", "B"));
        var model = pipeline.Fit(data);
        _mlContext.Model.Save(model, data.Schema, _path);

        var loaded = new MLContext().Model.Load(_path, out _);

        Assert.Equal(model.Transform(data).Rows<float>("Features"), loaded.Transform(data).Rows<float>("Features"));
    }

    [Fact]
    public void A_model_saved_with_its_data_loader_loads()
    {
        string text = Path.Combine(_folder.FullName, "data.tsv");
        File.WriteAllLines(text, ["1\t2\t4\t8\t16\t3", "5\t1\t0\t2\t2\t9"]);
        var loader = _mlContext.Data.CreateTextLoader([new("Input", DataKind.Single, 0, 5)]);
        var model = _mlContext.Transforms.GroupNormalize("Out", 2, "Input").Fit(loader.Load(text));
        _mlContext.Model.Save(model, loader, _path);

        var loaded = new MLContext().Model.LoadWithDataLoader(_path, out var loadedLoader);

        Assert.Equal(model.Transform(loader.Load(text)).Rows<float>("Out"),
            loaded.Transform(loadedLoader.Load(new MultiFileSource(text))).Rows<float>("Out"));
    }

    [Fact]
    public void A_data_view_saved_with_its_transforms_loads()
    {
        var data = Views.Of(_mlContext, [Values.Single(1, 12), Values.Single(2, 12)], 6, 2);
        var view = _mlContext.Transforms.GroupNormalize("Out", 2, "Input", affine: _affine).Fit(data).Transform(data);
        var file = new MemoryStream();
        using (var repository = RepositoryWriter.CreateNew(file, _mlContext))
        {
            ModelSaveContext.SaveModel(repository, (ICanSaveModel)view, "view");
            repository.Commit();
        }

        file.Position = 0;
        var context = new MLContext();
        using var reader = RepositoryReader.Open(file, context);
        ModelLoadContext.LoadModel<IDataTransform, SignatureLoadDataTransform>(context, out var loaded, reader, "view", data);
        ModelLoadContext.LoadModel<IRowMapper, SignatureLoadRowMapper>(context, out var mapper, reader, "view", data.Schema);

        Assert.Equal(view.Rows<float>("Out"), loaded.Rows<float>("Out"));
        Assert.Equal("Out", mapper.GetOutputColumns().Single().Name);
        var again = ApplyTransformUtils.ApplyTransformToData(context, loaded, Views.Of(context, [Values.Single(2, 12)], 6, 2));
        Assert.Equal(view.Rows<float>("Out")[1], again.Rows<float>("Out").Single());
    }

    [Fact]
    public void The_schema_of_a_loaded_model_is_checked_as_before()
    {
        var data = Views.Of(_mlContext, [Values.Single(1, 12)], 6, 2);
        _mlContext.Model.Save(_mlContext.Transforms.GroupNormalize("Out", 2, "Input").Fit(data), data.Schema, _path);

        var loaded = new MLContext().Model.Load(_path, out _);

        var other = Views.Of(_mlContext, [Values.Single(1, 15)], 5, 3);
        Assert.Contains("'Input'", Assert.ThrowsAny<ArgumentException>(() => loaded.Transform(other)).Message);
    }

    [Fact]
    public void A_model_keeps_the_assembly_version_that_all_of_1_x_has() =>
        Assert.Equal(new Version(1, 0, 0, 0), typeof(GroupNormTransformer).Assembly.GetName().Version);

    [Fact]
    public void A_transformer_is_not_changed_by_what_it_was_made_of()
    {
        Options[] options = [new("Out", 2, "Input")];
        var data = Views.Of(_mlContext, [Values.Single(1, 12)], 6, 2);
        var estimator = _mlContext.Transforms.GroupNormalize(options);
        options[0] = new("Changed", 3, "Input");

        var columns = estimator.Fit(data).Columns;

        Assert.Equal("Out", columns.Single().Name);
        Assert.Throws<NotSupportedException>(() => ((IList<Options>)columns)[0] = options[0]);
    }

    private static void AssertSame(IReadOnlyList<Options> expected, IReadOnlyList<Options> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        foreach (var (one, other) in expected.Zip(actual))
        {
            Assert.Equal(
                (one.Name, one.InputColumnName, one.NumberOfGroups, one.NumberOfChannels, one.Epsilon, one.Layout),
                (other.Name, other.InputColumnName, other.NumberOfGroups, other.NumberOfChannels, other.Epsilon, other.Layout));
            Assert.Equal(one.Affine?.Weight, other.Affine?.Weight);
            Assert.Equal(one.Affine?.Bias, other.Affine?.Bias);
            Assert.Equal(one.Dimensions, other.Dimensions);
        }
    }
}
