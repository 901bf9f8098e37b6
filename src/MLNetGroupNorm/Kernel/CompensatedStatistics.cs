using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Mean and biased variance of a group of doubles times a power of two, the mean in two parts. The variance is exactly 0 where
/// all values are equal, and NaN where one is not finite.
/// </summary>
internal readonly record struct CompensatedStatistics(double Scale, Compensated Mean, double Variance)
{
    /// <summary>
    /// The statistics of <paramref name="length"/> values that lie in one run: three passes, for the scale, the mean, and the
    /// deviations from it.
    /// </summary>
    public static CompensatedStatistics Of(ref double x, nuint length, double epsilon)
    {
        double largest = LargestMagnitude(ref x, length);
        if (!double.IsFinite(largest))
            return new CompensatedStatistics(1, default, double.NaN);

        double scale = ScaleFor(largest, epsilon);
        var sum = CompensatedSum.Of(ref x, length, scale);
        double high = sum.Value / length;
        double rest = Math.FusedMultiplyAdd(-high, length, sum.High) + sum.Low;
        var mean = new Compensated(high, 0) + (rest / length);
        return new CompensatedStatistics(scale, mean, SumOfSquares(ref x, length, scale, mean).Value / length);
    }

    /// <summary>
    /// (x · scale − μ) in two parts, of which the high one is rounded and the low one says by how much.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector512<double> High, Vector512<double> Low) Deviations(Vector512<double> x, double scale, Compensated mean)
    {
        Vector512<double> high = x * scale, low = default;
        CompensatedSum.Add(Vector512.Create(-mean.High), ref high, ref low);
        return (high, low - Vector512.Create(mean.Low));
    }

    /// <summary>
    /// 1 for all but extreme magnitudes, whose squares would leave the range of a double. An epsilon that is not extreme itself
    /// makes the squares of tiny values not matter.
    /// </summary>
    private static double ScaleFor(double largest, double epsilon)
    {
        const int Safe = 400;
        int exponent = largest == 0 ? 0 : Math.ILogB(largest);
        if (exponent > Safe)
            return Math.ScaleB(1, -exponent);
        return exponent < -Safe && epsilon < double.ScaleB(1, -2 * Safe) ? Math.ScaleB(1, Math.Min(-exponent, 2 * Safe)) : 1;
    }

    /// <summary>max |x|, or what is not finite where there is such a value: ordered as the bits of |x| are.</summary>
    private static double LargestMagnitude(ref double x, nuint length)
    {
        var largest = Vector512<long>.Zero;
        nuint i = 0;
        for (; i + Lanes.Count <= length; i += Lanes.Count)
            largest = Vector512.Max(largest, Vector512.Abs(Lanes.Load(ref x, i)).AsInt64());
        if (i < length)
            largest = Vector512.Max(largest, Vector512.Abs(Lanes.LoadShort(ref x, length, length - i)).AsInt64());

        long max = 0;
        for (int lane = 0; lane < Lanes.Count; lane++)
            max = Math.Max(max, largest.GetElement(lane));
        return BitConverter.Int64BitsToDouble(max);
    }

    private static Compensated SumOfSquares(ref double x, nuint length, double scale, Compensated mean)
    {
        Vector512<double> sum = default, low = default;
        nuint i = 0;
        for (; i + Lanes.Count <= length; i += Lanes.Count)
            AddSquares(Deviations(Lanes.Load(ref x, i), scale, mean), Lanes.Count, ref sum, ref low);
        if (i < length)
            AddSquares(Deviations(Lanes.LoadShort(ref x, length, length - i), scale, mean), length - i, ref sum, ref low);
        return CompensatedSum.Total(sum, low);
    }

    /// <summary>(high + low)², but for low², of the upper <paramref name="count"/> lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddSquares((Vector512<double> High, Vector512<double> Low) d, nuint count, ref Vector512<double> sum,
        ref Vector512<double> low)
    {
        var high = Lanes.KeepLast(d.High, count);
        var square = high * high;
        var error = Lanes.FusedMultiplyAdd(high, high, -square);
        low += Lanes.FusedMultiplyAdd(high + high, Lanes.KeepLast(d.Low, count), error);
        CompensatedSum.Add(square, ref sum, ref low);
    }
}
