namespace MLNetGroupNorm.Tests.Reference;

/// <summary>Errors in units in the last place of the exact value.</summary>
internal static class Ulp
{
    /// <summary>The distance of neighbouring floats, or doubles, where the exact value lies.</summary>
    public static double OfSingle(Dyadic exact) => Of(exact, smallestExponent: -126, digits: 23);

    public static double OfDouble(Dyadic exact) => Of(exact, smallestExponent: -1022, digits: 52);

    private static double Of(Dyadic exact, int smallestExponent, int digits) =>
        Math.ScaleB(1, Math.Max(exact.Sign == 0 ? smallestExponent : exact.Magnitude, smallestExponent) - digits);
}
