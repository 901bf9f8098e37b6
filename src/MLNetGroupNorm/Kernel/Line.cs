namespace MLNetGroupNorm.Kernel;

/// <summary>The straight line y = x · a + b that the values of a group go through, before weight and bias.</summary>
internal readonly record struct Line(double A, double B);
