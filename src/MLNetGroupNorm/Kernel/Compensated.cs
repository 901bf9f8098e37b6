namespace MLNetGroupNorm.Kernel;

/// <summary>A sum of doubles that keeps what each addition rounds off: High is the rounded sum, Low what it lacks.</summary>
internal readonly record struct Compensated(double High, double Low)
{
    /// <summary>The sum, rounded to one double.</summary>
    public double Value => High + Low;

    /// <summary>Adds a value; what the addition rounds off goes to the low part (Knuth's two-sum).</summary>
    public static Compensated operator +(Compensated sum, double value)
    {
        double high = sum.High + value;
        double virtualValue = high - sum.High;
        double error = (sum.High - (high - virtualValue)) + (value - virtualValue);
        return new Compensated(high, sum.Low + error);
    }
}
