namespace MLNetGroupNorm.Benchmarks.Measuring;

/// <summary>Milliseconds of a process's first call, of its second, and of the fastest after these.</summary>
internal sealed record CallTimes(double First, double Second, double Later);
