using ColumnList = System.Collections.Generic.IReadOnlyList<(string Name,
    System.Func<MLNetGroupNorm.Benchmarks.Contenders.Workload, MLNetGroupNorm.Benchmarks.Contenders.Contender> Create)>;

namespace MLNetGroupNorm.Benchmarks.Contenders;

/// <summary>Who is in the table, channels first and channels last.</summary>
internal static class Columns
{
    public const string Ours = "ours";
    public const string OursLast = "ours, channels last";
    public const string OnnxOperator = "ONNX Runtime GroupNormalization";
    public const string OnnxInstances = "ONNX Runtime InstanceNormalization form";
    public const string Torch = "libtorch";
    public const string TorchLast = "libtorch, channels last";

    public static ColumnList ChannelsFirst { get; } =
    [
        (Ours, workload => new Ours(workload)),
        ("ours, no weight or bias", workload => new Ours(workload, hasParameters: false)),
        (OnnxOperator, workload => new OnnxRuntimeContender(workload, OnnxModels.GroupNormalization(workload))),
        (OnnxInstances, workload => new OnnxRuntimeContender(workload, OnnxModels.InstanceNormalization(workload))),
        ("plain C# loop", workload => new PlainLoop(workload)),
#if WITH_TORCH
        .. Libtorch.Hindrance is null ? [(Torch, new Func<Workload, Contender>(workload => new Libtorch(workload)))] : (ColumnList)[],
#endif
    ];

    public static ColumnList ChannelsLast { get; } =
    [
        (OursLast, workload => new Ours(workload)),
#if WITH_TORCH
        .. Libtorch.Hindrance is null ? [(TorchLast, new Func<Workload, Contender>(workload => new Libtorch(workload)))] : (ColumnList)[],
#endif
    ];
}
