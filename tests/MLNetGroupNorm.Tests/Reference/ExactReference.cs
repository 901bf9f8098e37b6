using System.Numerics;

namespace MLNetGroupNorm.Tests.Reference;

/// <summary>
/// One group's exact mean and variance, as fractions of whole numbers, and results of the formula to 250 binary digits. Shares no
/// arithmetic with the library.
/// </summary>
internal sealed class ExactReference
{
    private readonly Dyadic _n, _sum, _rootOfN2VariancePlusEpsilon;

    public ExactReference(IReadOnlyList<double> group, double epsilon)
    {
        // n² · (σ² + ε) = n · Σx² − (Σx)² + n² · ε, all of it exact.
        Dyadic[] values = [.. group.Select(Dyadic.From)];
        int exponent = values.Min(x => x.Exponent);
        BigInteger sum = 0, squares = 0;
        foreach (var x in values)
        {
            BigInteger whole = x.Mantissa << (x.Exponent - exponent);
            sum += whole;
            squares += whole * whole;
        }

        _n = Dyadic.From(group.Count);
        _sum = new Dyadic(sum, exponent);
        var square = (_n * new Dyadic(squares, 2 * exponent)) - (_sum * _sum);
        HasDeviation = square.Sign != 0;
        _rootOfN2VariancePlusEpsilon = Dyadic.Sqrt(square + (_n * _n * Dyadic.From(epsilon)));
    }

    /// <summary>Whether not all values are equal.</summary>
    public bool HasDeviation { get; }

    /// <summary>(x − μ) / sqrt(σ² + ε) · weight + bias.</summary>
    public Dyadic Value(double x, double weight, double bias) =>
        (((_n * Dyadic.From(x)) - _sum) * Dyadic.From(weight) / _rootOfN2VariancePlusEpsilon) + Dyadic.From(bias);

    /// <summary>(|x| + |μ|) · |weight| / sqrt(σ² + ε) + |bias|: what cancels in the result at most.</summary>
    public double Cancelling(double x, double weight, double bias)
    {
        var cancelling = (_n * Dyadic.Abs(Dyadic.From(x))) + Dyadic.Abs(_sum);
        return (cancelling * Dyadic.From(Math.Abs(weight)) / _rootOfN2VariancePlusEpsilon).ToDouble() + Math.Abs(bias);
    }
}
