using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// The statistics of some groups, an array of each kind, so that four groups are finished at a time: one at a time, the square roots
/// and divisions of small groups would take as long as their sums. Every array has room for a vector that begins at the last group.
/// </summary>
/// <remarks>
/// Values are summed as d = x − shift. Means are those of d, which keep digits that μ itself would lose.
/// Lanes past the last group hold what was there before, and do not count.
/// </remarks>
internal readonly ref struct GroupTable
{
    /// <summary>A bit for each of four groups.</summary>
    public const uint FourGroups = (1u << Lanes.Count) - 1;

    /// <summary>
    /// The most passes over a group of doubles. The first shift comes from the first values, the second from all; a third is for values
    /// that differ only in their last digits.
    /// </summary>
    public const int MostPasses = 3;

    /// <summary>The first values of a group of doubles, which usually give a good shift for all.</summary>
    public const int HeadLength = 64;

    private const int Arrays = 5;

    private readonly ref double _memory;
    private readonly nuint _space;

    /// <summary>Takes its arrays from memory of <see cref="Size"/> doubles.</summary>
    public GroupTable(Span<double> memory, int capacity)
    {
        _memory = ref memory[0];
        _space = (nuint)(Size(capacity) / Arrays);
    }

    /// <summary>The statistics of a group: its mean is that of its values, not of what was summed.</summary>
    public GroupStatistics this[int group] => new(Means(group) + Shifts(group), Variances(group));

    public static int Size(int capacity) => Arrays * ((capacity / Lanes.Count) + 2) * Lanes.Count;

    /// <summary>Σd of a group and the next ones. Shares memory with <see cref="Means"/>: valid until <see cref="Finish"/>.</summary>
    public ref double Sums(int group) => ref Means(group);

    /// <summary>Of doubles, what the additions to Σd rounded off. Shares memory with <see cref="Inverses"/>.</summary>
    public ref double LowSums(int group) => ref Inverses(group);

    /// <summary>Σd² of a group and the next ones. Shares memory with <see cref="Variances"/>.</summary>
    public ref double Squares(int group) => ref Variances(group);

    /// <summary>The mean of d of a group and the next ones; of Single and Byte, μ after <see cref="Complete"/>.</summary>
    public ref double Means(int group) => ref Unsafe.Add(ref _memory, (nuint)group);

    /// <summary>σ² of a group and the next ones.</summary>
    public ref double Variances(int group) => ref Unsafe.Add(ref _memory, _space + (nuint)group);

    /// <summary>1 / sqrt(σ² + ε) of a group and the next ones.</summary>
    public ref double Inverses(int group) => ref Unsafe.Add(ref _memory, (2 * _space) + (nuint)group);

    /// <summary>What is subtracted from a group's values before they are summed.</summary>
    public ref double Shifts(int group) => ref Unsafe.Add(ref _memory, (3 * _space) + (nuint)group);

    /// <summary>A power of two that doubles of extreme magnitude are multiplied by before the shift; otherwise 1.</summary>
    public ref double Units(int group) => ref Unsafe.Add(ref _memory, (4 * _space) + (nuint)group);

    /// <summary>Clears shifts, which changes no bit of sums, and sets units to 1.</summary>
    public void Restart<T>(int count)
    {
        int length = (count + Lanes.Count - 1) / Lanes.Count * Lanes.Count;
        MemoryMarshal.CreateSpan(ref Shifts(0), length).Clear();
        double unit = 1;
        if (typeof(T) == typeof(double))
            Lanes.Repeat(ref unit, 1, length, ref Units(0));
    }

    /// <summary>Writes what is known of a group; its mean is that of x · unit − shift.</summary>
    public void Set(int group, GroupStatistics statistics, double epsilon, double shift = 0, double unit = 1)
    {
        Means(group) = statistics.Mean;
        Variances(group) = statistics.Variance;
        Inverses(group) = 1 / Math.Sqrt(statistics.Variance + (epsilon * unit * unit));
        (Shifts(group), Units(group)) = (shift, unit);
    }

    /// <summary>Makes statistics of the sums of <paramref name="n"/> values of each group.</summary>
    /// <param name="count">The number of groups.</param>
    /// <param name="n">The number of values of a group that were summed.</param>
    /// <param name="epsilon">What is added to the variance.</param>
    /// <param name="allVary">Whether every group has a variance above 0.</param>
    /// <returns>Whether no group is imprecise or <see cref="Unusual"/>.</returns>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public bool Finish<T>(int count, double n, double epsilon, out bool allVary)
    {
        uint unusual = 0, varying = FourGroups;
        var reciprocal = Vector256.Create(1 / n);
        for (int g = 0; g < count; g += Lanes.Count)
        {
            var sum = Lanes.Load(ref Sums(g), 0);
            var mean = sum * reciprocal;
            var variance = Lanes.Load(ref Squares(g), 0) * reciprocal;
            if (typeof(T) == typeof(double))
            {
                // As Compensated.DivideBy: the mean of equal values is their value.
                var rest = Lanes.FusedMultiplyAdd(-mean, Vector256.Create(n), sum) + Lanes.Load(ref LowSums(g), 0);
                mean += rest * reciprocal;
                variance = Lanes.FusedMultiplyAdd(-mean, mean, variance);
            }
            else
                variance -= mean * mean;

            Lanes.Store(mean, ref Means(g), 0);
            Lanes.Store(variance, ref Variances(g), 0);
            Lanes.Store(Vector256.Create(1.0) / Vector256.Sqrt(variance + Vector256.Create(epsilon)), ref Inverses(g), 0);
            uint groups = FirstGroups(count - g);
            unusual |= (Examine<T>(mean, variance, Lanes.Load(ref Shifts(g), 0), n, out var imprecise)
                | imprecise.ExtractMostSignificantBits()) & groups;
            varying &= Lanes.GreaterThan(variance, default) | ~groups;
        }

        allVary = varying == FourGroups;
        return unusual == 0;
    }

    /// <summary>
    /// Which of the four groups from <paramref name="start"/> on need a closer look, a bit for each: of Single and Byte each imprecise one
    /// and each whose mean <see cref="GroupStatistics.HasCancelled"/>; of doubles each whose variance is not finite, or below 2^-960 unless
    /// all values are known to be equal. Groups from <paramref name="end"/> on do not count.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public uint Unusual<T>(int start, int end, double n) => FirstGroups(end - start)
        & Examine<T>(Lanes.Load(ref Means(start), 0), Lanes.Load(ref Variances(start), 0), Lanes.Load(ref Shifts(start), 0), n, out _);

    /// <summary>
    /// Sets the shifts of groups of doubles from the sums of their first <paramref name="n"/> values: to their mean, or to 0 where the mean
    /// is within half a standard deviation of 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public void GuessShifts(int count, double n)
    {
        var reciprocal = Vector256.Create(1 / n);
        for (int g = 0; g < count; g += Lanes.Count)
        {
            var mean = Lanes.Load(ref Sums(g), 0) * reciprocal;
            var square = mean * mean;
            var variance = (Lanes.Load(ref Squares(g), 0) * reciprocal) - square;
            var limit = variance * Vector256.Create(GroupStatistics.LargestMeanSquareOfDoubles);
            Lanes.Store(Vector256.GreaterThan(square, limit) & mean, ref Shifts(g), 0);
        }
    }

    /// <summary>
    /// Gives each imprecise one of the first <paramref name="count"/> groups a new shift: its mean, for Single and Byte rounded to float, so
    /// that x − shift is exact where it matters and 0 where all values are equal; for doubles 0 where the mean is near 0. Whether there
    /// was one.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public bool ShiftToMeans<T>(int count, double n)
    {
        uint any = 0;
        for (int g = 0; g < count; g += Lanes.Count)
        {
            var variance = Lanes.Load(ref Variances(g), 0);
            var shift = Lanes.Load(ref Shifts(g), 0);
            var mean = Lanes.Load(ref Means(g), 0);
            Examine<T>(mean, variance, shift, n, out var imprecise);
            any |= imprecise.ExtractMostSignificantBits() & FirstGroups(count - g);

            var total = mean + shift;
            var limit = variance * Vector256.Create(GroupStatistics.LargestMeanSquareOfDoubles);
            var better = typeof(T) == typeof(double) ? Vector256.GreaterThan(total * total, limit) & total : Lanes.RoundToSingle(total);
            Lanes.Store(Vector256.ConditionalSelect(imprecise, better, shift), ref Shifts(g), 0);
        }

        return any != 0;
    }

    /// <summary>
    /// The last step for the first <paramref name="count"/> groups. Those whose variance is 0 or NaN get scale 0 and exactly the bias as
    /// offset: with a mean of −1, scale · mean is −0, and bias − (−0) is the bias.
    /// </summary>
    /// <returns>False where the result of such a group is another: NaN, or a bias of −0.</returns>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public bool Complete<T>(int count, bool biasIsConstantResult)
    {
        uint done = FourGroups;
        var least = Vector256.Create(biasIsConstantResult ? -double.Epsilon : 0);
        for (int g = 0; g < count; g += Lanes.Count)
        {
            var mean = Lanes.Load(ref Means(g), 0);
            var variance = Lanes.Load(ref Variances(g), 0);
            if (typeof(T) != typeof(double))
                mean += Lanes.Load(ref Shifts(g), 0);
            var varies = Vector256.GreaterThan(variance, default);
            Lanes.Store(Vector256.ConditionalSelect(varies, mean, Vector256.Create(-1.0)), ref Means(g), 0);
            Lanes.Store(varies & Lanes.Load(ref Inverses(g), 0), ref Inverses(g), 0);
            done &= Lanes.GreaterThan(variance, least) | ~FirstGroups(count - g);
        }

        return done == FourGroups;
    }

    /// <summary>Which of four groups are <see cref="Unusual"/>, a bit for each.</summary>
    /// <param name="mean">Of d.</param>
    /// <param name="variance">σ².</param>
    /// <param name="shift">What was subtracted.</param>
    /// <param name="n">The number of values of a group that were summed.</param>
    /// <param name="imprecise">
    /// All bits of each lane whose group needs another shift. None for groups of two floats: where the two are close, sums and squares are
    /// exact in double.
    /// </param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Examine<T>(Vector256<double> mean, Vector256<double> variance, Vector256<double> shift, double n,
        out Vector256<double> imprecise)
    {
        var square = mean * mean;
        var total = mean + shift;
        if (typeof(T) == typeof(double))
        {
            // A mean near 0 needs unshifted sums: x − shift would round away the low digits of values near 0.
            var limit = variance * Vector256.Create(GroupStatistics.LargestMeanSquareOfDoubles);
            var squareOfShift = shift * shift;
            imprecise = Vector256.GreaterThan(square, limit)
                | (Vector256.GreaterThan(squareOfShift, default) & Vector256.GreaterThan(limit, total * total));
            var inRange = Vector256.GreaterThan(variance, Vector256.Create(GroupStatistics.SmallestVarianceOfDoubles))
                & Vector256.GreaterThan(Vector256.Create(double.PositiveInfinity), variance);

            // Squares that add up to 0 beside a shift of 2^-400 or more: each d is 0, and all values are the shift.
            var areEqual = Vector256.Equals(square + variance, default)
                & Vector256.GreaterThan(squareOfShift, Vector256.Create(GroupStatistics.SmallestSquareOfShift));
            return ~(inRange | areEqual).ExtractMostSignificantBits();
        }

        imprecise = n == 2 ? default
            : Vector256.GreaterThan(square, variance * Vector256.Create(GroupStatistics.LargestMeanSquare));
        var hasCancelled = Vector256.GreaterThan(variance * Vector256.Create(GroupStatistics.SmallestMeanSquare), total * total);
        return (imprecise | hasCancelled).ExtractMostSignificantBits();
    }

    /// <summary>A bit for each of the first <paramref name="count"/> groups, at most four.</summary>
    private static uint FirstGroups(int count) => FourGroups >> int.Max(0, Lanes.Count - count);
}
