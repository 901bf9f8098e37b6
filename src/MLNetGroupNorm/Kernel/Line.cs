namespace MLNetGroupNorm.Kernel;

/// <summary>The straight line y = x · a + b that the values of one channel go through.</summary>
internal readonly record struct Line(double A, double B);
