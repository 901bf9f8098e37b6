using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <content>The first stage.</content>
internal readonly ref partial struct SmallGroups
{
    /// <summary>Finds the statistics of eight groups. Whether each has a deviation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Measure<T, TForm>(ref T x, ref int permutations, ref double slot)
        where T : unmanaged
        where TForm : IGroupForm
    {
        Sum<T, TForm>(ref x, ref permutations, shifted: false, default, out var sum, out var squares);
        var statistics = new GroupLanes(sum, squares, _share);
        Store(statistics, ref slot);
        if (_length == 2 ? statistics.AreUsualPairs : statistics.AreUsual)
            return true;
        sum.StoreUnsafe(ref slot);
        squares.StoreUnsafe(ref slot, Lanes.Count);
        return Settle<T, TForm>(ref x, ref slot);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store(in GroupLanes statistics, ref double slot)
    {
        statistics.Mean.StoreUnsafe(ref slot);
        (statistics.Variance + Vector512.Create(_parameters.Epsilon)).StoreUnsafe(ref slot, Lanes.Count);
    }

    /// <summary>
    /// Does for eight groups, whose sums are in the slot, what <see cref="GroupStatistics.Settled"/> does for one; a shift of 0
    /// changes no bit of a group that needs none. Whether each group has a deviation.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Settle<T, TForm>(ref T x, ref double slot)
        where T : unmanaged
        where TForm : IGroupForm
    {
        var statistics = new GroupLanes(Lanes.Load(ref slot, 0), Lanes.Load(ref slot, Lanes.Count), _share);
        if (statistics.Imprecise != 0)
        {
            var shift = statistics.Shift;
            Sum<T, TForm>(ref x, ref ShortRuns<TForm>.First, shifted: true, shift, out var sum, out var squares);
            statistics = new GroupLanes(sum, squares, _share).Shifted(shift);
        }

        Store(statistics, ref slot);
        statistics.Variance.StoreUnsafe(ref slot, 2 * Lanes.Count);
        bool allDeviate = true;
        for (uint groups = statistics.Unusual; groups != 0; groups &= groups - 1)
        {
            int group = BitOperations.TrailingZeroCount(groups);
            ref double mean = ref Unsafe.Add(ref slot, group);
            var settled = WithoutCancellation(new GroupStatistics(mean, Unsafe.Add(ref slot, (2 * Lanes.Count) + group)),
                ref Unsafe.Add(ref x, group * TForm.Step));
            mean = settled.Mean;
            allDeviate &= settled.Variance > 0;
        }

        return allDeviate;
    }

    private GroupStatistics WithoutCancellation<T>(GroupStatistics statistics, ref T x)
        where T : unmanaged
    {
        if (!AreColumns)
            return statistics.WithoutCancellation(ref x, (nuint)_length);
        return statistics.HasCancelled
            ? statistics with { Mean = ChannelsLast.CompensatedMean(ref x, _spatial, _positionStep, _channels) }
            : statistics;
    }

    /// <summary>The sums of d = x − shift of eight groups.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Sum<T, TForm>(ref T x, ref int permutations, bool shifted, Vector512<double> shift, out Vector512<double> sum,
        out Vector512<double> squares)
        where T : unmanaged
        where TForm : IGroupForm
    {
        if (TForm.AreColumns)
            SumColumns<T, TForm>(ref x, ref permutations, shifted, shift, out sum, out squares);
        else if (typeof(TForm) == typeof(GroupForms.RunOf8))
            SumVectors<T, TForm>(ref x, ref permutations, shifted, shift, out sum, out squares);
        else
            SumRuns<T, TForm>(ref x, ref permutations, shifted, shift, out sum, out squares);
    }

    /// <summary>The eight values of each run in the order of <see cref="Lanes.Sum(Vector512{double})"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SumVectors<T, TForm>(ref T x, ref int permutations, bool shifted, Vector512<double> shift,
        out Vector512<double> sum, out Vector512<double> squares)
        where T : unmanaged
        where TForm : IGroupForm
    {
        Vector512<double> s0 = default, s1 = default, s2 = default, s3 = default;
        Vector512<double> q0 = default, q1 = default, q2 = default, q3 = default;
        for (nuint half = 0; half < Lanes.Count; half += Lanes.Count / 2)
        {
            ShortRuns<TForm>.Load(ref x, ref permutations, half, out var values, out var next);
            Add(values, shifted, shift, ref s0, ref q0);
            Add(next, shifted, shift, ref s1, ref q1);
            ShortRuns<TForm>.Load(ref x, ref permutations, half + 2, out values, out next);
            Add(values, shifted, shift, ref s2, ref q2);
            Add(next, shifted, shift, ref s3, ref q3);
        }

        sum = s0 + s2 + (s1 + s3);
        squares = q0 + q2 + (q1 + q3);
    }

    /// <summary>One value of each run after the other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SumRuns<T, TForm>(ref T x, ref int permutations, bool shifted, Vector512<double> shift,
        out Vector512<double> sum, out Vector512<double> squares)
        where T : unmanaged
        where TForm : IGroupForm
    {
        ShortRuns<TForm>.Load(ref x, ref permutations, 0, out var values, out var next);
        sum = shifted ? values - shift : values;
        squares = sum * sum;
        Add(next, shifted, shift, ref sum, ref squares);
        for (nuint place = 2; place < (nuint)TForm.Step; place += 2)
        {
            ShortRuns<TForm>.Load(ref x, ref permutations, place, out values, out next);
            Add(values, shifted, shift, ref sum, ref squares);
            if (place + 1 < (nuint)TForm.Step)
                Add(next, shifted, shift, ref sum, ref squares);
        }
    }

    /// <summary>One column of each group after the other, each of them for itself first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SumColumns<T, TForm>(ref T x, ref int permutations, bool shifted, Vector512<double> shift,
        out Vector512<double> sum, out Vector512<double> squares)
        where T : unmanaged
        where TForm : IGroupForm
    {
        sum = default;
        squares = default;
        for (nuint place = 0; place < (nuint)TForm.Step; place += 2)
        {
            Vector512<double> s0 = default, q0 = default, s1 = default, q1 = default;
            ref T row = ref x;
            for (int i = 0; i < _spatial; i++)
            {
                ShortRuns<TForm>.Load(ref row, ref permutations, place, out var values, out var next);
                Add(values, shifted, shift, ref s0, ref q0);
                if (TForm.Step > 1)
                    Add(next, shifted, shift, ref s1, ref q1);
                row = ref Unsafe.Add(ref row, _positionStep);
            }

            sum += s0;
            squares += q0;
            if (place + 1 < (nuint)TForm.Step)
            {
                sum += s1;
                squares += q1;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector512<double> values, bool shifted, Vector512<double> shift, ref Vector512<double> sum,
        ref Vector512<double> squares) => BlockSums.Add(shifted ? values - shift : values, shifted, ref sum, ref squares);
}
