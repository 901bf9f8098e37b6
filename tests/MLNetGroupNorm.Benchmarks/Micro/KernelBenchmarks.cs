using BenchmarkDotNet.Attributes;
using MLNetGroupNorm.Benchmarks.Contenders;
using MLNetGroupNorm.Benchmarks.Tables;

namespace MLNetGroupNorm.Benchmarks.Micro;

/// <summary>One sample in the cache.</summary>
[Config(typeof(InProcess))]
public class KernelBenchmarks
{
    private Workload? _workload;
    private Contender? _contender;

    public static IEnumerable<string> Shapes => KernelShapes.All.Select(row => row.Shape.ToString());

    public static IEnumerable<string> Contenders => Columns.ChannelsFirst.Concat(Columns.ChannelsLast).Select(column => column.Name);

    [ParamsSource(nameof(Shapes))]
    public string Shape { get; set; } = "";

    [ParamsSource(nameof(Contenders))]
    public string Contender { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        var shape = KernelShapes.All.Single(row => row.Shape.ToString() == Shape).Shape;
        bool first = Columns.ChannelsFirst.Any(column => column.Name == Contender);
        _workload = new Workload(shape, first ? TensorLayout.ChannelsFirst : TensorLayout.ChannelsLast, 1);
        _contender = (first ? Columns.ChannelsFirst : Columns.ChannelsLast).Single(column => column.Name == Contender).Create(_workload);
        _contender.LargestError(new Sample(shape, 0));
    }

    [GlobalCleanup]
    public void CleanUp() => _contender!.Dispose();

    [Benchmark(Baseline = true)]
    public void Copy() => _workload!.Input.Span.CopyTo(_workload.Output.Span);

    [Benchmark]
    public void Normalize() => _contender!.Run();
}
