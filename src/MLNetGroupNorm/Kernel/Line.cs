using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>The straight line y = x · a + b that the values of one channel go through.</summary>
internal readonly record struct Line(double A, double B)
{
    /// <summary>Writes the line for eight values.</summary>
    public void CopyTo(ref double a, ref double b)
    {
        Vector512.Create(A).StoreUnsafe(ref a);
        Vector512.Create(B).StoreUnsafe(ref b);
    }
}
