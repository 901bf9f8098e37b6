using Microsoft.ML.OnnxRuntime;

namespace MLNetGroupNorm.Benchmarks.Contenders;

/// <summary>A model in ONNX Runtime on one thread, bound to the workload's memory, so that a run allocates nothing.</summary>
internal sealed class OnnxRuntimeContender : Contender<float>
{
    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly OrtIoBinding _binding;
    private readonly OrtValue _input, _output;

    public OnnxRuntimeContender(Workload<float> workload, byte[] model)
        : base(workload)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        _session = new InferenceSession(model, options);
        long[] dimensions = [workload.BatchSize, workload.Shape.Channels, workload.Shape.Height, workload.Shape.Width];
        _input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, workload.Input, dimensions);
        _output = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, workload.Output, dimensions);
        _binding = _session.CreateIoBinding();
        _binding.BindInput(OnnxModels.Input, _input);
        _binding.BindOutput(OnnxModels.Output, _output);
    }

    public override void Run() => _session.RunWithBinding(_runOptions, _binding);

    public override void Dispose()
    {
        _binding.Dispose();
        _input.Dispose();
        _output.Dispose();
        _runOptions.Dispose();
        _session.Dispose();
        base.Dispose();
    }
}
