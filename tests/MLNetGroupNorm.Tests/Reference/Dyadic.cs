using System.Numerics;

namespace MLNetGroupNorm.Tests.Reference;

/// <summary>
/// mantissa · 2^exponent: what every float and double is. Sums and products are exact; only roots and quotients are rounded, to
/// far more digits than any type compared with them has.
/// </summary>
internal readonly record struct Dyadic(BigInteger Mantissa, int Exponent)
{
    private const int Digits = 256;

    public static Dyadic Zero => new(BigInteger.Zero, 0);

    public int Sign => Mantissa.Sign;

    /// <summary>The largest whole e with 2^e ≤ |value|; for values other than 0.</summary>
    public int Magnitude => (int)BigInteger.Abs(Mantissa).GetBitLength() - 1 + Exponent;

    public static Dyadic From(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)((bits >> 52) & 0x7FF);
        long fraction = bits & 0xF_FFFF_FFFF_FFFF;
        long mantissa = exponent == 0 ? fraction : fraction | 1L << 52;
        return new Dyadic(bits < 0 ? -mantissa : mantissa, Math.Max(exponent, 1) - 1075);
    }

    public static Dyadic operator +(Dyadic a, Dyadic b)
    {
        int exponent = Math.Min(a.Exponent, b.Exponent);
        return new Dyadic(a.MantissaAt(exponent) + b.MantissaAt(exponent), exponent);
    }

    public static Dyadic operator -(Dyadic a) => new(-a.Mantissa, a.Exponent);

    public static Dyadic operator -(Dyadic a, Dyadic b) => a + -b;

    public static Dyadic operator *(Dyadic a, Dyadic b) => new(a.Mantissa * b.Mantissa, a.Exponent + b.Exponent);

    public static Dyadic operator /(Dyadic a, Dyadic b)
    {
        int shift = Digits + (int)b.Mantissa.GetBitLength();
        return new Dyadic((a.Mantissa << shift) / b.Mantissa, a.Exponent - b.Exponent - shift);
    }

    public static Dyadic Abs(Dyadic a) => new(BigInteger.Abs(a.Mantissa), a.Exponent);

    public static Dyadic Sqrt(Dyadic a)
    {
        int shift = 2 * Digits;
        shift += (a.Exponent - shift) & 1;
        BigInteger square = a.Mantissa << shift;
        BigInteger root = BigInteger.One << (int)((square.GetBitLength() / 2) + 1);
        for (BigInteger next = (root + (square / root)) >> 1; next < root; next = (root + (square / root)) >> 1)
            root = next;
        return new Dyadic(root, (a.Exponent - shift) / 2);
    }

    /// <summary>The nearest double, or one next to it.</summary>
    public double ToDouble()
    {
        int excess = Math.Max(0, (int)BigInteger.Abs(Mantissa).GetBitLength() - 62);
        return Math.ScaleB((double)(long)(Mantissa >> excess), Exponent + excess);
    }

    private BigInteger MantissaAt(int exponent) => Mantissa << (Exponent - exponent);
}
