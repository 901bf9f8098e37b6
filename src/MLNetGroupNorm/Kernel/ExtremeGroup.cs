using System.Runtime.CompilerServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// A group of doubles whose variance came out as 0, below the range of precise squares, or not finite: it has equal values, or
/// very small or large ones, or some that are not finite. Value by value, as such groups are rare.
/// </summary>
/// <param name="x">The first value.</param>
/// <param name="rows">Rows of the group's values.</param>
/// <param name="stride">From the beginning of one row to that of the next.</param>
/// <param name="width">The values of a row.</param>
internal readonly ref struct ExtremeGroup(ref double x, nuint rows, nuint stride, nuint width)
{
    private readonly ref double _x = ref x;

    /// <summary>Writes statistics to a table: variance 0 for equal values only, NaN where one is not finite.</summary>
    public void Measure(in GroupTable table, int group, double epsilon)
    {
        double largest = LargestMagnitude(out bool areEqual);
        double unit = 1, shift = 0;
        (double mean, double variance) = (0, double.IsFinite(largest) ? 0 : double.NaN);
        if (double.IsFinite(largest) && !areEqual)
        {
            unit = UnitFor(largest, epsilon);
            (mean, variance) = Of(unit, 0);
            for (int attempt = 1; attempt < 3 && ShiftFor(mean + shift, variance) != shift; attempt++)
            {
                shift = ShiftFor(mean + shift, variance);
                (mean, variance) = Of(unit, shift);
            }

            // Values differ, so the variance stays above 0, even where it is too small to count beside epsilon.
            variance = Math.Max(variance, double.Epsilon);
        }

        table.Set(group, mean, variance, epsilon, shift, unit);
    }

    /// <summary>The shift that a next sum should use: the mean, or 0 where that lies within half a standard deviation of 0.</summary>
    private static double ShiftFor(double mean, double variance) =>
        mean * mean > GroupTable.LargestMeanSquareOfDoubles * variance ? mean : 0;

    /// <summary>
    /// What values are multiplied by: the power of two that makes the largest magnitude 1 to 2; or less where ε · unit² would pass 2^1000,
    /// as squares then do not count beside it.
    /// </summary>
    private static double UnitFor(double largest, double epsilon) =>
        Math.ScaleB(1, -Math.Max(Math.ILogB(largest), Math.Max((Math.ILogB(epsilon) / 2) - 500, -1022)));

    /// <summary>The largest |x|, or NaN or infinity where there is one: bits of |x| sort in that order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private double LargestMagnitude(out bool areEqual)
    {
        long largest = 0;
        areEqual = true;
        for (nuint row = 0; row < rows; row++)
            for (nuint i = 0; i < width; i++)
            {
                double value = Unsafe.Add(ref _x, (row * stride) + i);
                areEqual &= value == _x;
                largest = Math.Max(largest, BitConverter.DoubleToInt64Bits(Math.Abs(value)));
            }

        return BitConverter.Int64BitsToDouble(largest);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (double Mean, double Variance) Of(double unit, double shift)
    {
        Compensated sum = default, squares = default;
        for (nuint row = 0; row < rows; row++)
            for (nuint i = 0; i < width; i++)
            {
                double d = Math.FusedMultiplyAdd(Unsafe.Add(ref _x, (row * stride) + i), unit, -shift);
                sum += d;
                squares += d * d;
            }

        double n = rows * width;
        double mean = sum.DivideBy(n);
        return (mean, Math.FusedMultiplyAdd(-mean, mean, squares.Value / n));
    }
}
