using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// The statistics of some groups, an array of each kind, so that eight groups are finished at a time: one at a time, the square roots
/// and divisions of small groups would take as long as their sums. Every array has room for a vector that begins at the last group.
/// </summary>
/// <remarks>
/// Values are summed as d = x − shift. Means of doubles are means of d, since a shift that is near the mean leaves them digits that μ
/// itself has not; means of Single and Byte are μ. Lanes past the last group hold what was there before, and do not count.
/// </remarks>
internal readonly ref struct GroupTable
{
    /// <summary>A bit for each of eight groups.</summary>
    public const uint EightGroups = (1u << Lanes.Count) - 1;

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

    public GroupStatistics this[int group] => new(Means(group), Variances(group));

    public static int Size(int capacity) => Arrays * ((capacity / Lanes.Count) + 2) * Lanes.Count;

    /// <summary>Σd of a group and the next ones. Shares memory with <see cref="Means"/>: valid until <see cref="Finish"/>.</summary>
    public ref double Sums(int group) => ref Means(group);

    /// <summary>Of doubles, what the additions to Σd rounded off. Shares memory with <see cref="Inverses"/>.</summary>
    public ref double LowSums(int group) => ref Inverses(group);

    /// <summary>Σd² of a group and the next ones. Shares memory with <see cref="Variances"/>.</summary>
    public ref double Squares(int group) => ref Variances(group);

    /// <summary>The mean of a group and the next ones: of doubles that of d, of Single and Byte μ.</summary>
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
    public void Restart<T>(int start, int count)
    {
        MemoryMarshal.CreateSpan(ref Shifts(start), count).Clear();
        if (typeof(T) == typeof(double))
            MemoryMarshal.CreateSpan(ref Units(start), count).Fill(1);
    }

    public void Set(int group, GroupStatistics statistics, double epsilon)
    {
        Means(group) = statistics.Mean;
        Variances(group) = statistics.Variance;
        Inverses(group) = 1 / Math.Sqrt(statistics.Variance + epsilon);
    }

    /// <summary>
    /// Makes the scale of a group 0 and its offset exactly the bias: with a mean of −1, scale · mean is −0, and bias − (−0) is the bias.
    /// </summary>
    public void SetConstant(int group) => (Inverses(group), Means(group)) = (0, -1);

    /// <summary>
    /// Makes statistics of the sums of eight groups of <paramref name="n"/> values, from <paramref name="start"/> on.
    /// </summary>
    /// <param name="start">The first of the eight groups.</param>
    /// <param name="end">Groups from here on do not count.</param>
    /// <param name="n">The number of values of a group that were summed.</param>
    /// <param name="epsilon">What is added to the variance.</param>
    /// <param name="shifted">Of Single and Byte, whether there are shifts other than 0.</param>
    /// <param name="imprecise">
    /// A bit for each group that needs another shift. Never set for groups of two floats: where the two are close, sums and squares are
    /// exact in double.
    /// </param>
    /// <returns>
    /// A bit for each group that needs a closer look: of Single and Byte each imprecise one, each whose mean
    /// <see cref="GroupStatistics.HasCancelled"/>, and each whose variance is not above 0; of doubles each whose variance is too small
    /// for its squares to be precise, or not finite.
    /// </returns>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public uint Finish<T, TLanes>(int start, int end, double n, double epsilon, bool shifted, out uint imprecise)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        uint groups = EightGroups >> int.Max(0, Lanes.Count - (end - start));
        var reciprocal = TLanes.Create(1 / n);
        TLanes mean, variance, square;
        uint usual;
        if (typeof(T) == typeof(double))
        {
            // As Compensated.DivideBy: the mean of equal values is their value.
            var sum = TLanes.Load(ref Sums(start), 0);
            mean = sum * reciprocal;
            mean += (TLanes.FusedMultiplyAdd(-mean, TLanes.Create(n), sum) + TLanes.Load(ref LowSums(start), 0)) * reciprocal;
            square = mean * mean;
            variance = TLanes.FusedMultiplyAdd(-mean, mean, TLanes.Load(ref Squares(start), 0) * reciprocal);
            var limit = variance * TLanes.Create(GroupStatistics.LargestMeanSquareOfDoubles);
            imprecise = TLanes.GreaterThan(square, limit);

            // A mean near 0 needs unshifted sums: x − shift would round away the low digits of values near 0.
            var shift = TLanes.Load(ref Shifts(start), 0);
            var total = mean + shift;
            imprecise |= TLanes.GreaterThan(shift * shift, default) & TLanes.GreaterThan(limit, total * total);
            usual = TLanes.GreaterThan(variance, TLanes.Create(GroupStatistics.SmallestVarianceOfDoubles))
                & TLanes.GreaterThan(TLanes.Create(double.PositiveInfinity), variance);
        }
        else
        {
            mean = TLanes.Load(ref Sums(start), 0) * reciprocal;
            square = mean * mean;
            variance = (TLanes.Load(ref Squares(start), 0) * reciprocal) - square;
            imprecise = n == 2 ? 0 : TLanes.GreaterThan(square, variance * TLanes.Create(GroupStatistics.LargestMeanSquare));
            if (shifted)
            {
                mean += TLanes.Load(ref Shifts(start), 0);
                square = mean * mean;
            }

            usual = ~TLanes.GreaterThan(variance * TLanes.Create(GroupStatistics.SmallestMeanSquare), square)
                & TLanes.GreaterThan(variance, default) & ~imprecise;
        }

        TLanes.Store(mean, ref Means(start), 0);
        TLanes.Store(variance, ref Variances(start), 0);
        TLanes.Store(TLanes.Create(1) / TLanes.Sqrt(variance + TLanes.Create(epsilon)), ref Inverses(start), 0);
        imprecise &= groups;
        return ~usual & groups;
    }

    /// <summary>Sets the shifts of eight groups of doubles to what the sums of their first <paramref name="n"/> values tell.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public void GuessShifts<TLanes>(int start, double n)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var reciprocal = TLanes.Create(1 / n);
        var mean = TLanes.Load(ref Sums(start), 0) * reciprocal;
        var square = mean * mean;
        var variance = (TLanes.Load(ref Squares(start), 0) * reciprocal) - square;
        var limit = variance * TLanes.Create(GroupStatistics.LargestMeanSquareOfDoubles);
        TLanes.Store(TLanes.KeepWhereGreater(square, limit, mean), ref Shifts(start), 0);
    }

    /// <summary>
    /// Sets the shifts of those of eight groups that have a bit. Of Single and Byte to their means, as floats: so x − shift is exact
    /// where it matters, and 0 where all values are equal. Of doubles to their means too, or to 0 for a mean near 0.
    /// </summary>
    public void ShiftToMeans<T>(int start, uint groups)
    {
        for (; groups != 0; groups &= groups - 1)
        {
            int group = start + BitOperations.TrailingZeroCount(groups);
            Shifts(group) = typeof(T) == typeof(double)
                ? this[group].ShiftOfDoubles(Shifts(group))
                : (float)Means(group);
        }
    }
}
