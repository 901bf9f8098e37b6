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

    /// <summary>Below this μ²/σ² the sum has cancelled so far that what its additions rounded off may show.</summary>
    public const double SmallestMeanSquare = 1.0 / (1L << 40);

    /// <summary>
    /// Whether the sums that these statistics come from lose too little to show; so do those that are not numbers.
    /// </summary>
    public bool IsPrecise => !(Mean * Mean > LargestMeanSquare * Variance);

    /// <summary>Whether the mean is so small beside the values that it needs a sum without rounding.</summary>
    public bool HasCancelled => Mean * Mean < SmallestMeanSquare * Variance;

    /// <summary>The statistics of <paramref name="length"/> values of Single or Byte that lie in one run.</summary>
    /// <remarks>
    /// The sums of x and x² take one pass and serve unless the values lie far from zero for their spread. Then the sums of
    /// x − k do, with k near the mean. What is done depends on values alone, so the bits depend on nothing else.
    /// </remarks>
    public static GroupStatistics Of<T>(ref T x, nuint length)
        where T : unmanaged
    {
        // The first block mostly tells whether the whole group is of the simple kind.
        nuint head = Math.Min(length, BlockSums.Length);
        var sums = default(GroupSums);
        sums.Add(ref x, 0, head);
        var statistics = sums.Over(head);
        if (head < length && statistics.IsPrecise)
        {
            sums.Add(ref x, head, length);
            statistics = sums.Over(length);
        }

        return statistics.Settled(ref x, length);
    }

    /// <summary>
    /// These statistics, or more precise ones where the sums that they come from lose too much: sums of all the group's values
    /// or of its first block, none of them shifted.
    /// </summary>
    public GroupStatistics Settled<T>(ref T x, nuint length)
        where T : unmanaged =>
        (IsPrecise ? this : Shifted(ref x, length, Mean)).WithoutCancellation(ref x, length);

    /// <summary>These statistics, with a mean of sums without rounding where it has cancelled.</summary>
    public GroupStatistics WithoutCancellation<T>(ref T x, nuint length)
        where T : unmanaged =>
        HasCancelled ? this with { Mean = CompensatedSum.Of(ref x, length, 1).Value / length } : this;

    /// <summary>
    /// A mean that is a float makes x − k exact where it matters, and 0 where all values are equal. The mean of a first block may
    /// prove far from that of the group; the group's own does not.
    /// </summary>
    private static GroupStatistics Shifted<T>(ref T x, nuint length, double mean)
        where T : unmanaged
    {
        for (int attempt = 1; ; attempt++)
        {
            double shift = (float)mean;
            var sums = default(GroupSums);
            sums.Add(ref x, 0, length, shift);
            var statistics = sums.Over(length);
            mean = shift + statistics.Mean;
            if (statistics.IsPrecise || attempt == 2)
                return statistics with { Mean = mean };
        }
    }
}
