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
        var sums = default(Sums<T>);
        sums.Add(ref x, 0, head, shift: 0);
        var statistics = sums.Over(head);
        if (head < length && statistics.IsPrecise)
        {
            sums.Add(ref x, head, length, shift: 0);
            statistics = sums.Over(length);
        }

        return statistics.IsPrecise && !statistics.HasCancelled ? statistics : statistics.Refined(ref x, length);
    }

    /// <summary>These statistics, with the mean of a sum without rounding where it has cancelled.</summary>
    public GroupStatistics WithExactMean<T>(ref T x, nuint length)
        where T : unmanaged =>
        HasCancelled ? this with { Mean = Compensated.Sum<T>(ref x, length).Value / length } : this;

    /// <summary>
    /// These statistics, or more precise ones where the sums that they come from lose too much: sums of all the group's values
    /// or of its first block, none of them shifted.
    /// </summary>
    public GroupStatistics Refined<T>(ref T x, nuint length)
        where T : unmanaged =>
        (IsPrecise ? this : Shifted<T>(ref x, length, Mean)).WithExactMean<T>(ref x, length);

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
            var sums = default(Sums<T>);
            sums.Add(ref x, 0, length, shift);
            var statistics = sums.Over(length);
            mean = shift + statistics.Mean;
            if (statistics.IsPrecise || attempt == 2)
                return statistics with { Mean = mean };
        }
    }

    /// <summary>Σd and Σd² of d = x − shift, added up block by block so that nothing is lost between blocks.</summary>
    private struct Sums<T>
        where T : unmanaged
    {
        private Compensated _sum;
        private Compensated _squares;

        /// <summary>Adds the values from <paramref name="start"/> to before <paramref name="end"/>.</summary>
        public void Add(ref T x, nuint start, nuint end, double shift)
        {
            for (; start < end; start += BlockSums.Length)
            {
                ref T block = ref Unsafe.Add(ref x, start);
                nuint length = Math.Min(end - start, BlockSums.Length);
                var sums = shift == 0
                    ? BlockSums<T>.Of(ref block, length)
                    : BlockSums<T>.Of(ref block, length, shift);
                _sum += sums.Sum;
                _squares += sums.Squares;
            }
        }

        /// <summary>Mean and variance of the n values d that were added.</summary>
        public readonly GroupStatistics Over(nuint n)
        {
            double reciprocal = 1.0 / n;
            double mean = _sum.Value * reciprocal;
            return new GroupStatistics(mean, (_squares.Value * reciprocal) - (mean * mean));
        }
    }
}
