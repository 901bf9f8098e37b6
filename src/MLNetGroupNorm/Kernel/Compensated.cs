using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// A sum of doubles in two parts, as exact as twice the digits of a double make it: High is the rounded sum, Low what it lacks.
/// </summary>
internal readonly record struct Compensated(double High, double Low)
{
    /// <summary>The sum, rounded to one double.</summary>
    public double Value => High + Low;

    /// <summary>Adds a value; what the addition rounds off goes to the low part (Knuth's two-sum).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Compensated operator +(Compensated sum, double value)
    {
        double high = sum.High + value;
        double virtualValue = high - sum.High;
        double error = (sum.High - (high - virtualValue)) + (value - virtualValue);
        return new Compensated(high, sum.Low + error);
    }

    /// <summary>Adds both parts of another sum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Compensated operator +(Compensated sum, Compensated other)
    {
        sum += other.High;
        return sum with { Low = sum.Low + other.Low };
    }

    /// <summary>
    /// The sum divided by <paramref name="n"/>: the nearest double of the quotient, but for rare ties, so that the mean of equal
    /// values is their value.
    /// </summary>
    public double DivideBy(double n)
    {
        double reciprocal = 1 / n, quotient = High * reciprocal;
        return quotient + ((Math.FusedMultiplyAdd(-quotient, n, High) + Low) * reciprocal);
    }

    /// <summary>Adds eight values to eight sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<TLanes>(TLanes values, ref TLanes high, ref TLanes low)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var sum = high + values;
        var virtualValues = sum - high;
        low += (high - (sum - virtualValues)) + (values - virtualValues);
        high = sum;
    }

    /// <summary>Σ x over <paramref name="length"/> values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Compensated Sum<T, TLanes>(ref T x, nuint length)
        where T : unmanaged
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes high = default, low = default;
        nuint i = 0;
        for (; i + Lanes.Count <= length; i += Lanes.Count)
            Add(TLanes.Load(ref x, i), ref high, ref low);

        // What is left takes the upper lanes.
        Span<double> lanes = stackalloc double[Lanes.Count];
        lanes.Clear();
        for (int lane = Lanes.Count - (int)(length - i); i < length; i++, lane++)
            lanes[lane] = Lanes.LoadScalar(ref x, i);
        ref double first = ref MemoryMarshal.GetReference(lanes);
        if (length % Lanes.Count != 0)
            Add(TLanes.Load(ref first, 0), ref high, ref low);

        var total = default(Compensated);
        TLanes.Store(high, ref first, 0);
        foreach (double lane in lanes)
            total += lane;
        TLanes.Store(low, ref first, 0);
        foreach (double lane in lanes)
            total += lane;
        return total;
    }
}
