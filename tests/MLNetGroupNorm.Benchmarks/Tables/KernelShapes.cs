using System.Runtime.CompilerServices;
using MLNetGroupNorm.Benchmarks.Contenders;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>
/// The shapes of the kernel's table, and how many times a copy each may take: one sample in the cache, a batch, and one sample of
/// doubles in the cache, where there is a limit.
/// </summary>
internal static class KernelShapes
{
    /// <summary>How much slower channels last may be.</summary>
    public const double ChannelsLastLimit = 1.3;

    /// <summary>Bytes of a batch.</summary>
    private const int BatchBytes = 16 << 20;

    public static IReadOnlyList<(TensorShape Shape, double InCacheLimit, double BatchLimit, double? DoubleLimit)> All { get; } =
    [
        (new TensorShape(12, 28, 28, 3), 3.0, 2.0, 6.0),
        (new TensorShape(3, 224, 224, 1), 3.0, 2.0, 6.0),
        (new TensorShape(64, 56, 56, 32), 3.0, 2.0, 6.0),
        (new TensorShape(320, 64, 64, 32), 3.0, 2.0, 6.0),
        (new TensorShape(256, 14, 14, 32), 3.6, 2.0, 6.0),
        (new TensorShape(512, 7, 7, 32), 3.6, 2.0, 6.0),
        (new TensorShape(768, 1, 1, 1), 12, 6, null),
        (new TensorShape(2048, 1, 1, 32), 12, 6, null),
    ];

    public static int BatchSize<T>(TensorShape shape) => BatchBytes / Unsafe.SizeOf<T>() / shape.Length;
}
