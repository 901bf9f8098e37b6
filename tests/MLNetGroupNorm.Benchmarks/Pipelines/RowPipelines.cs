using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetGroupNorm.Benchmarks.Contenders;

namespace MLNetGroupNorm.Benchmarks.Pipelines;

/// <summary>Ways to normalize rows of 12x28x28 in a pipeline, with the same weight and bias.</summary>
internal sealed class RowPipelines
{
    public const string Features = nameof(FeatureRow.Features);
    public const string Normalized = nameof(NormalizedRow.Normalized);
    private readonly MLContext _ml = new(seed: 1);
    private readonly FeatureRow[] _rows;

    public RowPipelines(int rows)
    {
        Workload = new Workload<float>(new TensorShape(12, 28, 28, 3), TensorLayout.ChannelsFirst, 1);
        Sample = Sample.Normal<float>(Workload.Shape, 0);
        Workload.Fill(Sample);
        _rows = [.. Enumerable.Range(0, rows).Select(_ => new FeatureRow { Features = Workload.Input.ToArray() })];
    }

    public Sample Sample { get; }

    public Workload<float> Workload { get; }

    public IDataView FromEnumerable() => _ml.Data.LoadFromEnumerable(_rows);

    /// <summary>Filled already.</summary>
    public IDataView FromCache()
    {
        var cache = _ml.Data.Cache(FromEnumerable(), Features);
        Read(cache, Features);
        return cache;
    }

    public IDataView Ours(IDataView source) => Apply(source, _ml.Transforms.GroupNormalize(Normalized, Workload.Shape.Groups, Features,
        epsilon: Sample.Epsilon, affine: Workload.Affine));

    /// <summary>Other maths, of the same kind: the in-box transform next to group normalization.</summary>
    public IDataView GlobalContrast(IDataView source) =>
        Apply(source, _ml.Transforms.NormalizeGlobalContrast(Normalized, Features));

    public IDataView MappedLoop(IDataView source) => Map(source, (row, normalized) =>
        PlainLoop<float>.Normalize(row.Features, normalized.Normalized, Workload));

    public IDataView MappedKernel(IDataView source) => Map(source, (row, normalized) =>
        GroupNormalization.Normalize(row.Features, normalized.Normalized, Workload.Shape.Channels, Workload.Shape.Groups, Sample.Epsilon,
            Workload.Affine));

    public IDataView Onnx(IDataView source)
    {
        using var model = new MemoryStream(OnnxModels.GroupNormalization(Workload));
        return Apply(source, _ml.Transforms.ApplyOnnxModel(model));
    }

    /// <summary>Reads a column of every row, as a trainer or a saver does; the last value.</summary>
    public static VBuffer<float> Read(IDataView view, string name)
    {
        var column = view.Schema[name];
        using var cursor = view.GetRowCursor([column]);
        var getter = cursor.GetGetter<VBuffer<float>>(column);
        var value = default(VBuffer<float>);
        while (cursor.MoveNext())
            getter(ref value);
        return value;
    }

    /// <summary>Reads the column and normalizes each value, with no transform between: what a pipeline cannot do without.</summary>
    public void ReadAndNormalize(IDataView view)
    {
        var column = view.Schema[Features];
        using var cursor = view.GetRowCursor([column]);
        var getter = cursor.GetGetter<VBuffer<float>>(column);
        var value = default(VBuffer<float>);
        while (cursor.MoveNext())
        {
            getter(ref value);
            GroupNormalization.Normalize(value.GetValues(), Workload.Output.Span, Workload.Shape.Channels, Workload.Shape.Groups,
                Sample.Epsilon, Workload.Affine);
        }
    }

    /// <summary>The largest error of the last row.</summary>
    public double LargestError(IDataView normalized)
    {
        Read(normalized, Normalized).CopyTo(Workload.Output.Span);
        return Workload.LargestError(Sample, hasParameters: true);
    }

    private static IDataView Apply<T>(IDataView source, IEstimator<T> estimator)
        where T : class, ITransformer => estimator.Fit(source).Transform(source);

    private IDataView Map(IDataView source, Action<FeatureRow, NormalizedRow> action) =>
        Apply(source, _ml.Transforms.CustomMapping(action, contractName: null));
}
