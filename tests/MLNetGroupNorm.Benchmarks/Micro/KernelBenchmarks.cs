using BenchmarkDotNet.Attributes;
using MLNetGroupNorm.Benchmarks.Contenders;
using MLNetGroupNorm.Benchmarks.Tables;

namespace MLNetGroupNorm.Benchmarks.Micro;

/// <summary>One sample in the cache.</summary>
[Config(typeof(InProcess))]
public class KernelBenchmarks
{
    private Workload<float>? _workload;
    private Contender<float>? _contender;

    public static IEnumerable<string> Shapes => KernelShapes.All.Select(row => row.Shape.ToString());

    public static IEnumerable<string> Contenders => Columns.OfFloats.Select(column => column.Name);

    [ParamsSource(nameof(Shapes))]
    public string Shape { get; set; } = "";

    [ParamsSource(nameof(Contenders))]
    public string Contender { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        var shape = KernelShapes.All.Single(row => row.Shape.ToString() == Shape).Shape;
        var column = Columns.OfFloats.Single(column => column.Name == Contender);
        _workload = new Workload<float>(shape, column.Layout, 1);
        _contender = column.Create(_workload);
        _contender.LargestError(Sample.Normal<float>(shape, 0));
    }

    [GlobalCleanup]
    public void CleanUp() => _contender!.Dispose();

    [Benchmark(Baseline = true)]
    public void Copy() => _workload!.Input.Span.CopyTo(_workload.Output.Span);

    [Benchmark]
    public void Normalize() => _contender!.Run();
}
