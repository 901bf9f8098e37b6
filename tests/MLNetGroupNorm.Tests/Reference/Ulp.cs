namespace MLNetGroupNorm.Tests.Reference;

/// <summary>Errors in units in the last place of the exact value.</summary>
internal static class Ulp
{
    /// <summary>The distance of neighbouring floats, or doubles, where the exact value lies.</summary>
    public static double OfSingle(Dyadic exact) => Math.ScaleB(1, Math.Max(exact.Sign == 0 ? -126 : exact.Magnitude, -126) - 23);

    public static double OfDouble(Dyadic exact) => Math.ScaleB(1, Math.Max(exact.Sign == 0 ? -1022 : exact.Magnitude, -1022) - 52);
}
