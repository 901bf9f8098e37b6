using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

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

    /// <summary>
    /// The sum divided by <paramref name="n"/>: the nearest double of the quotient, but for rare ties, so that the mean of equal
    /// values is their value.
    /// </summary>
    public double DivideBy(double n)
    {
        double reciprocal = 1 / n, quotient = High * reciprocal;
        return quotient + ((Math.FusedMultiplyAdd(-quotient, n, High) + Low) * reciprocal);
    }

    /// <summary>Adds four values to four sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(Vector256<double> values, ref Vector256<double> high, ref Vector256<double> low)
    {
        var sum = high + values;
        var virtualValues = sum - high;
        low += (high - (sum - virtualValues)) + (values - virtualValues);
        high = sum;
    }

    /// <summary>Adds four values to four sums in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(Vector256<double> values, ref double high, ref double low)
    {
        var sum = Lanes.Load(ref high, 0);
        var rest = Lanes.Load(ref low, 0);
        Add(values, ref sum, ref rest);
        Lanes.Store(sum, ref high, 0);
        Lanes.Store(rest, ref low, 0);
    }

    /// <summary>
    /// The sum of <paramref name="rows"/> rows of <paramref name="width"/> values, each <paramref name="stride"/> values after the one before:
    /// in eight lanes, then what is left of each row.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static Compensated Sum<T>(ref T x, nuint rows, nuint stride, nuint width)
        where T : unmanaged
    {
        Vector256<double> high0 = default, high1 = default, low0 = default, low1 = default;
        var rest = default(Compensated);
        for (; rows > 0; rows--, x = ref Unsafe.Add(ref x, stride))
        {
            nuint i = 0;
            for (; i + (2 * Lanes.Count) <= width; i += 2 * Lanes.Count)
            {
                Add(Lanes.Load(ref x, i), ref high0, ref low0);
                Add(Lanes.Load(ref x, i + Lanes.Count), ref high1, ref low1);
            }

            for (; i < width; i++)
                rest += Lanes.LoadScalar(ref x, i);
        }

        return rest + high0 + high1 + low0 + low1;
    }

    /// <summary>Adds four lanes, one after the other.</summary>
    public static Compensated operator +(Compensated sum, Vector256<double> lanes)
    {
        for (int lane = 0; lane < Lanes.Count; lane++)
            sum += lanes[lane];
        return sum;
    }
}
