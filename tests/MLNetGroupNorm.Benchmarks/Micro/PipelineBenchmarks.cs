using BenchmarkDotNet.Attributes;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetGroupNorm.Benchmarks.Pipelines;

namespace MLNetGroupNorm.Benchmarks.Micro;

/// <summary>A pass over rows of 12x28x28; times are for a row.</summary>
[Config(typeof(InProcess))]
public class PipelineBenchmarks
{
    private const int Rows = 1000;
    private IDataView? _source, _ours, _globalContrast, _mapping, _onnx;

    [Params(false, true)]
    public bool Cached { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        var pipelines = new RowPipelines(Rows);
        _source = Cached ? pipelines.FromCache() : pipelines.FromEnumerable();
        _ours = pipelines.Ours(_source);
        _globalContrast = pipelines.GlobalContrast(_source);
        _mapping = pipelines.MappedKernel(_source);
        _onnx = pipelines.Onnx(_source);
    }

    [Benchmark(OperationsPerInvoke = Rows)]
    public VBuffer<float> Read() => RowPipelines.Read(_source!, RowPipelines.Features);

    [Benchmark(Baseline = true, OperationsPerInvoke = Rows)]
    public VBuffer<float> Ours() => RowPipelines.Read(_ours!, RowPipelines.Normalized);

    [Benchmark(OperationsPerInvoke = Rows)]
    public VBuffer<float> NormalizeGlobalContrast() => RowPipelines.Read(_globalContrast!, RowPipelines.Normalized);

    [Benchmark(OperationsPerInvoke = Rows)]
    public VBuffer<float> CustomMapping() => RowPipelines.Read(_mapping!, RowPipelines.Normalized);

    [Benchmark(OperationsPerInvoke = Rows)]
    public VBuffer<float> ApplyOnnxModel() => RowPipelines.Read(_onnx!, RowPipelines.Normalized);
}
