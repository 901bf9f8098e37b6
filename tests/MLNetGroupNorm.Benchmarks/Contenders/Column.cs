using System.Numerics;

namespace MLNetGroupNorm.Benchmarks.Contenders;

/// <summary>A contender's column in the kernel's table.</summary>
internal sealed record Column<T>(string Name, TensorLayout Layout, Func<Workload<T>, Contender<T>> Create)
    where T : unmanaged, IFloatingPointIeee754<T>;
