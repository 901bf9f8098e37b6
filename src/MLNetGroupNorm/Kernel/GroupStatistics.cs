using System.Runtime.CompilerServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Mean and biased variance of a group. The variance is exactly 0 where all values are equal, and NaN where one is not finite.
/// </summary>
internal readonly record struct GroupStatistics(double Mean, double Variance)
{
    /// <summary>
    /// The largest μ²/σ² for which σ² = Σx²/n − μ² is exact enough: each sum is off by 128 · 2^-53 of Σ|x| or Σx² at most (the
    /// additions to one lane of a block), so σ² by 5e-10 of itself and a result by less than a hundredth of a float's ulp.
    /// </summary>
    public const double LargestMeanSquare = 1e4;

    /// <summary>
    /// Below this μ²/σ² a mean of Single or Byte is summed again without rounding: what plain additions round off would show next to
    /// the mean. Above it, the mean is off by some 1e-17 · σ, at worst 2e-15 · σ: where all additions round the same way.
    /// </summary>
    public const double SmallestMeanSquare = 1.0 / (1L << 32);

    /// <summary>
    /// <see cref="LargestMeanSquare"/> for doubles. Σd²/n is then at most 1.25 · σ², so the variance loses at most 1.25 times what its sums
    /// have lost.
    /// </summary>
    public const double LargestMeanSquareOfDoubles = 0.25;

    /// <summary>Above this variance no square that matters was below the range of a double: 2^-960.</summary>
    public const double SmallestVarianceOfDoubles = 1.0261342003245941e-289;

    /// <summary>
    /// Above this square of a shift, 2^-800, the square of a difference from it is in the range of a double, unless the difference is 0.
    /// </summary>
    public const double SmallestSquareOfShift = 1.499696813895631e-241;

    /// <summary>
    /// Whether unshifted sums are exact enough. True for NaN.
    /// </summary>
    public bool IsPrecise => !(Mean * Mean > LargestMeanSquare * Variance);

    /// <summary>Whether the mean is so small beside the values that it needs a sum without rounding.</summary>
    public bool HasCancelled => Mean * Mean < SmallestMeanSquare * Variance;

    /// <summary>The statistics of <paramref name="length"/> values of Single or Byte that lie in one run.</summary>
    /// <remarks>
    /// The sums of x and x² take one pass and serve unless the values lie far from zero for their spread. Then the sums of
    /// x − k do, with k near the mean. Which sums are taken depends on the values alone, so the bits do too.
    /// </remarks>
    public static GroupStatistics Of<T>(ref T x, nuint length)
        where T : unmanaged
    {
        // The first block usually shows whether unshifted sums are enough.
        nuint head = Math.Min(length, BlockSums.Length);
        Compensated sum = default, squares = default;
        Add(ref x, head, shift: 0, ref sum, ref squares);
        var statistics = Over(head, sum, squares);
        if (head < length && statistics.IsPrecise)
        {
            Add(ref Unsafe.Add(ref x, head), length - head, shift: 0, ref sum, ref squares);
            statistics = Over(length, sum, squares);
        }

        return statistics.IsPrecise && !statistics.HasCancelled ? statistics : statistics.Refined(ref x, length);
    }

    /// <summary>
    /// These statistics, or more precise ones where the sums that they come from lose too much: sums of all the group's values
    /// or of its first block, none of them shifted. A mean that has cancelled is summed without rounding.
    /// </summary>
    public GroupStatistics Refined<T>(ref T x, nuint length)
        where T : unmanaged
    {
        var precise = IsPrecise ? this : Shifted(ref x, length, Mean);
        return precise.HasCancelled ? precise with { Mean = Compensated.Sum(ref x, length).Value / length } : precise;
    }

    /// <summary>
    /// The shift that a next sum of doubles should use: their mean, or 0 where that lies within half a standard deviation of 0.
    /// <see cref="Mean"/> is the mean less <paramref name="shift"/>.
    /// </summary>
    public double ShiftOfDoubles(double shift)
    {
        double mean = Mean + shift;
        return mean * mean > LargestMeanSquareOfDoubles * Variance ? mean : 0;
    }

    /// <summary>
    /// Statistics from sums of x − k, k being a mean rounded to float: so x − k is exact where it matters, and 0 where all values are
    /// equal. At most two attempts: the mean of a first block may be far from the group's; the group's own is not.
    /// </summary>
    private static GroupStatistics Shifted<T>(ref T x, nuint length, double mean)
        where T : unmanaged
    {
        for (int attempt = 1; ; attempt++)
        {
            double shift = (float)mean;
            Compensated sum = default, squares = default;
            Add(ref x, length, shift, ref sum, ref squares);
            var statistics = Over(length, sum, squares);
            mean = shift + statistics.Mean;
            if (statistics.IsPrecise || attempt == 2)
                return statistics with { Mean = mean };
        }
    }

    /// <summary>Adds Σd and Σd² of d = x − shift block by block, so that nothing is lost between blocks.</summary>
    private static void Add<T>(ref T x, nuint length, double shift, ref Compensated sum, ref Compensated squares)
        where T : unmanaged
    {
        for (nuint start = 0; start < length; start += BlockSums.Length)
        {
            ref T block = ref Unsafe.Add(ref x, start);
            nuint n = Math.Min(length - start, BlockSums.Length);
            var sums = shift == 0 ? BlockSums<T>.Of(ref block, n) : BlockSums<T>.Of(ref block, n, shift);
            sum += sums.Sum;
            squares += sums.Squares;
        }
    }

    /// <summary>Mean and variance of <paramref name="n"/> values d.</summary>
    private static GroupStatistics Over(nuint n, Compensated sum, Compensated squares)
    {
        double reciprocal = 1.0 / n;
        double mean = sum.Value * reciprocal;
        return new GroupStatistics(mean, (squares.Value * reciprocal) - (mean * mean));
    }
}
