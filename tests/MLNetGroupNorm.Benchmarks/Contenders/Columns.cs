using System.Numerics;

namespace MLNetGroupNorm.Benchmarks.Contenders;

/// <summary>Who is in the kernel's table.</summary>
internal static class Columns
{
    public const string Ours = "ours";
    public const string OursLast = "ours, channels last";
    public const string Plain = "plain C# loop";
    public const string PlainLast = "plain C# loop, channels last";
    public const string OnnxOperator = "ONNX Runtime GroupNormalization";
    public const string OnnxInstances = "ONNX Runtime InstanceNormalization form";
    public const string Torch = "libtorch";
    public const string TorchLast = "libtorch, channels last";

    public static IReadOnlyList<Column<double>> OfDoubles { get; } = OfAnyType<double>();

    public static IReadOnlyList<Column<float>> OfFloats { get; } =
    [
        .. OfAnyType<float>(),
        new(OnnxOperator, TensorLayout.ChannelsFirst,
            workload => new OnnxRuntimeContender(workload, OnnxModels.GroupNormalization(workload))),
        new(OnnxInstances, TensorLayout.ChannelsFirst,
            workload => new OnnxRuntimeContender(workload, OnnxModels.InstanceNormalization(workload))),
#if WITH_TORCH
        .. Libtorch.Hindrance is null
            ? (Column<float>[])
            [
                new(Torch, TensorLayout.ChannelsFirst, workload => new Libtorch(workload)),
                new(TorchLast, TensorLayout.ChannelsLast, workload => new Libtorch(workload)),
            ]
            : [],
#endif
    ];

    private static IReadOnlyList<Column<T>> OfAnyType<T>()
        where T : unmanaged, IFloatingPointIeee754<T> =>
    [
        new(Ours, TensorLayout.ChannelsFirst, workload => new Ours<T>(workload)),
        new("ours, no weight or bias", TensorLayout.ChannelsFirst, workload => new Ours<T>(workload, hasParameters: false)),
        new(Plain, TensorLayout.ChannelsFirst, workload => new PlainLoop<T>(workload)),
        new(OursLast, TensorLayout.ChannelsLast, workload => new Ours<T>(workload)),
        new(PlainLast, TensorLayout.ChannelsLast, workload => new PlainLoop<T>(workload)),
    ];
}
