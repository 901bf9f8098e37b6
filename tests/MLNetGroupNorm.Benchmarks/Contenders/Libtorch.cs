using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace MLNetGroupNorm.Benchmarks.Contenders;

/// <summary>
/// libtorch on one thread. TorchSharp has no form that writes into memory at hand: the result's allocation is part of the time, as it
/// is in every use of it.
/// </summary>
internal sealed class Libtorch(Workload<float> workload) : Contender<float>(workload)
{
    private readonly Tensor _weight = tensor(workload.Weight), _bias = tensor(workload.Bias);
    private Tensor? _input, _output;

    /// <summary>Why libtorch does not run here; null if it does.</summary>
    public static string? Hindrance { get; } = FindHindrance();

    public static string Version => Hindrance is null
        ? $"libtorch {__version__}, {get_num_threads()} thread"
        : $"libtorch skipped: {Hindrance}";

    private bool IsChannelsLast => Workload.Layout == TensorLayout.ChannelsLast;

    public override void Run()
    {
        _output?.Dispose();
        using var inference = inference_mode(true);
        _output = nn.functional.group_norm(_input!, Workload.Shape.Groups, _weight, _bias, Sample.Epsilon);
    }

    public override void Dispose()
    {
        foreach (var tensor in new[] { _input, _output, _weight, _bias })
            tensor?.Dispose();
        base.Dispose();
    }

    // Channels last is a matter of strides: the dimensions are (N, C, H, W) in either layout.
    protected override void Load()
    {
        _input?.Dispose();
        var shape = Workload.Shape;
        float[] values = Workload.Input.ToArray();
        _input = IsChannelsLast
            ? tensor(values, [Workload.BatchSize, shape.Height, shape.Width, shape.Channels]).permute(0, 3, 1, 2)
            : tensor(values, [Workload.BatchSize, shape.Channels, shape.Height, shape.Width]);
    }

    protected override void Fetch() =>
        (IsChannelsLast ? _output!.permute(0, 2, 3, 1) : _output!).contiguous().data<float>().ToArray().CopyTo(Workload.Output);

    private static string? FindHindrance()
    {
        try
        {
            set_num_threads(1);
            return null;
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or NotSupportedException)
        {
            // TorchSharp tells where it has searched; the loader tells what was wrong with the file.
            var file = Directory.EnumerateFiles(AppContext.BaseDirectory, "*LibTorchSharp.*", SearchOption.AllDirectories).FirstOrDefault();
            try
            {
                NativeLibrary.Load(file ?? "LibTorchSharp");
                return e.Message;
            }
            catch (DllNotFoundException reason)
            {
                return reason.Message.Replace(AppContext.BaseDirectory, "", StringComparison.Ordinal);
            }
        }
    }
}
