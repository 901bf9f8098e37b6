using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// The statistics of some groups, in one array of each kind, so that eight groups are finished at once.
/// </summary>
internal readonly ref struct GroupTable
{
    private readonly Span<double> _means, _variances, _inverses, _shifts;

    /// <summary>Takes its arrays from memory of <see cref="Size"/> doubles.</summary>
    public GroupTable(Span<double> memory, int capacity)
    {
        int space = Size(capacity) / 4;
        _means = memory[..space];
        _variances = memory.Slice(space, space);
        _inverses = memory.Slice(2 * space, space);
        _shifts = memory.Slice(3 * space, space);
    }

    public GroupStatistics this[int group] => new(_means[group], _variances[group]);

    /// <summary>Doubles for so many groups: whole vectors of each kind, and one that begins at the last group.</summary>
    public static int Size(int capacity) => 4 * ((capacity / Lanes.Count) + 2) * Lanes.Count;

    /// <summary>1 / sqrt(σ² + ε) of a group and the next ones. There is room to read a vector past the last one.</summary>
    public ref double Inverses(int group) => ref Unsafe.Add(ref MemoryMarshal.GetReference(_inverses), group);

    /// <summary>The mean of a group and the next ones, with as much room.</summary>
    public ref double Means(int group) => ref Unsafe.Add(ref MemoryMarshal.GetReference(_means), group);

    public void Set(int group, GroupStatistics statistics, double epsilon)
    {
        SetMean(group, statistics.Mean);
        _variances[group] = statistics.Variance;
        _inverses[group] = 1 / Math.Sqrt(statistics.Variance + epsilon);
    }

    public void SetMean(int group, double mean) => _means[group] = mean;

    /// <summary>Where Σd of a group and the next ones is put, to make statistics of.</summary>
    public ref double Sums(int group) => ref Means(group);

    /// <summary>The same for Σd².</summary>
    public ref double Squares(int group) => ref Unsafe.Add(ref MemoryMarshal.GetReference(_variances), group);

    /// <summary>What is to be subtracted from the values of each group before they are summed again.</summary>
    public Span<double> Shifts => _shifts;

    /// <summary>
    /// Shifts those of eight groups that have a bit to their means, as floats: so x − shift is exact where it matters, and 0 where
    /// all values are equal.
    /// </summary>
    public void ShiftToMean(int start, uint groups)
    {
        for (; groups != 0; groups &= groups - 1)
        {
            int group = start + BitOperations.TrailingZeroCount(groups);
            _shifts[group] = (float)_means[group];
        }
    }

    /// <summary>The line of a group, without weight and bias.</summary>
    public Line Line(int group) => new(_inverses[group], -(_means[group] * _inverses[group]));

    /// <summary>The same of <paramref name="count"/> groups. There is room for a vector past the last line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Lines(int start, int count, ref double a, ref double b)
    {
        for (nuint g = 0; g < (nuint)count; g += Lanes.Count)
        {
            var inverse = Vector512.LoadUnsafe(ref _inverses[start], g);
            inverse.StoreUnsafe(ref a, g);
            (-(inverse * Vector512.LoadUnsafe(ref _means[start], g))).StoreUnsafe(ref b, g);
        }
    }

    /// <summary>
    /// Makes statistics of the sums of x − <paramref name="shift"/> of eight groups of n = 1 / <paramref name="share"/> values, from
    /// <paramref name="start"/> on. A bit for each group, of those that are less than <paramref name="end"/>, whose sums may not be
    /// precise, or whose variance is not above 0; and one for each whose sums are <paramref name="imprecise"/> and want a shift.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Finish(int start, int end, double share, double epsilon, Vector512<double> shift, out uint imprecise)
    {
        ref double means = ref _means[start];
        ref double variances = ref _variances[start];
        var statistics = new GroupLanes(Vector512.LoadUnsafe(ref means), Vector512.LoadUnsafe(ref variances), share).Shifted(shift);
        statistics.Mean.StoreUnsafe(ref means);
        statistics.Variance.StoreUnsafe(ref variances);
        statistics.Inverses(epsilon).StoreUnsafe(ref _inverses[start]);

        uint groups = (1u << int.Min(end - start, Lanes.Count)) - 1;
        imprecise = statistics.Imprecise & groups;
        return statistics.Unusual & groups;
    }
}
