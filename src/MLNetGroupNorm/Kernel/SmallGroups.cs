using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Groups of fewer than eight values, of either layout: eight groups at a time, a lane for each. A table for many of them, as larger
/// groups have it, would take longer to fill and to read than their arithmetic.
/// </summary>
/// <remarks>
/// Eight groups go through four stages: sums, statistics, roots and results. Each stage takes eight groups that the one before took
/// a round earlier, so that the processor has other work while a root or a quotient takes its time.
/// </remarks>
internal readonly ref struct SmallGroups
{
    private const int Stages = 4;

    /// <summary>
    /// What eight groups keep between the stages: Σd, then the mean; Σd², then σ² + ε, then 1 / sqrt(σ² + ε); and σ² where that of
    /// one is not above 0.
    /// </summary>
    private const int SlotSize = 4 * Lanes.Count;

    private readonly int _channels, _spatial, _length;

    /// <summary>The distances between neighbouring channels, and between neighbouring positions.</summary>
    private readonly nuint _channelStep, _positionStep;

    /// <summary>Whether channels have one value each, which weight and bias are applied to after the line of its group.</summary>
    private readonly bool _isWeighed;

    /// <summary>The lines of a group: one, or one for each channel; and the values that share each.</summary>
    private readonly int _lines, _values;

    /// <summary>The values to the next sample, or 0 where the caches hold it anyway.</summary>
    private readonly nuint _ahead;

    private readonly double _share;
    private readonly Parameters _parameters;

    /// <summary>
    /// For samples of a batch that the caches do not hold, where <paramref name="isBeyondCaches"/>: processors do not fetch ahead by
    /// themselves along columns.
    /// </summary>
    public SmallGroups(in SampleShape shape, Parameters parameters, bool isBeyondCaches)
    {
        _channels = shape.ChannelsPerGroup;
        _spatial = shape.SpatialSize;
        _length = shape.GroupLength;
        _share = 1.0 / _length;
        _ahead = isBeyondCaches ? (nuint)shape.Length : 0;
        _parameters = parameters;
        bool areColumns = HasColumns(shape);
        _channelStep = areColumns ? 1 : (nuint)_spatial;
        _positionStep = areColumns ? (nuint)shape.Channels : 1;
        _isWeighed = !parameters.AreUniform && _spatial == 1;
        _lines = areColumns || !(parameters.AreUniform || _isWeighed) ? _channels : 1;
        _values = _length / _lines;
    }

    private bool AreColumns => _positionStep != 1;

    /// <summary>Whether a sample's groups are of such a form.</summary>
    public static bool Fit(in SampleShape shape) =>
        shape.GroupLength is > 1 and < Lanes.Count && (!HasColumns(shape) || ChannelsLast.CanSplit(shape));

    /// <summary>
    /// Normalizes groups from <paramref name="first"/> on, before <paramref name="end"/>, as many as make eights; returns the first
    /// of those left.
    /// </summary>
    public int Normalize<T>(ref T x, ref float y, int first, int end)
        where T : unmanaged
    {
        int count = (end - first) / Lanes.Count * Lanes.Count;
        nuint start = (nuint)first * (AreColumns ? (nuint)_channels : (nuint)_length);
        x = ref Unsafe.Add(ref x, start);
        y = ref Unsafe.Add(ref y, start);
        int channel = first * _channels;
        switch (AreColumns, AreColumns ? _channels : _length)
        {
            case (true, 1):
                Normalize<T, GroupForms.OneColumn>(ref x, ref y, channel, count);
                break;
            case (true, 2):
                Normalize<T, GroupForms.TwoColumns>(ref x, ref y, channel, count);
                break;
            case (true, _):
                Normalize<T, GroupForms.ThreeColumns>(ref x, ref y, channel, count);
                break;
            case (false, 2):
                Normalize<T, GroupForms.RunOf2>(ref x, ref y, channel, count);
                break;
            case (false, 3):
                Normalize<T, GroupForms.RunOf3>(ref x, ref y, channel, count);
                break;
            case (false, 4):
                Normalize<T, GroupForms.RunOf4>(ref x, ref y, channel, count);
                break;
            case (false, 5):
                Normalize<T, GroupForms.RunOf5>(ref x, ref y, channel, count);
                break;
            case (false, 6):
                Normalize<T, GroupForms.RunOf6>(ref x, ref y, channel, count);
                break;
            default:
                Normalize<T, GroupForms.RunOf7>(ref x, ref y, channel, count);
                break;
        }

        return first + count;
    }

    private static bool HasColumns(in SampleShape shape) =>
        shape.Layout == TensorLayout.ChannelsLast && shape.SpatialSize > 1;

    /// <summary>
    /// Takes so many groups from the first value and channel on, by eights: group by group, one stage for each of the last four eights.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalize<T, TForm>(ref T x, ref float y, int channel, int count)
        where T : unmanaged
        where TForm : IGroupForm
    {
        Span<double> memory = stackalloc double[(Stages * SlotSize) + CacheLine.Doubles];
        ref double slots = ref CacheLine.Aligned(memory)[0];
        ref int permutations = ref ShortRuns<TForm>.First;
        var ofLines = new Repetition(_lines);
        var ofValues = new Repetition(TForm.AreColumns ? 1 : _values);
        uint levels = 0;
        for (int first = 0; first < count + ((Stages - 1) * Lanes.Count); first += Lanes.Count)
        {
            int group = first;
            if (group < count)
            {
                Sum<T, TForm>(ref At<T, TForm>(ref x, group), ref permutations, shifted: false, default, out var sum,
                    out var squares);
                ref double slot = ref Slot(ref slots, group);
                sum.StoreUnsafe(ref slot);
                squares.StoreUnsafe(ref slot, Lanes.Count);
            }

            group -= Lanes.Count;
            if ((uint)group < (uint)count && !AreUsual(ref Slot(ref slots, group))
                && !Settle<T, TForm>(ref At<T, TForm>(ref x, group), ref Slot(ref slots, group)))
                levels |= Bit(group);

            group -= Lanes.Count;
            if ((uint)group < (uint)count)
                Invert(ref Slot(ref slots, group));

            group -= Lanes.Count;
            if (group < 0)
                continue;
            Apply<T, TForm>(ref At<T, TForm>(ref x, group), ref At<float, TForm>(ref y, group), channel + (group * _channels),
                ref Slot(ref slots, group), ofLines, ofValues);
            if ((levels & Bit(group)) != 0)
            {
                Level<TForm>(ref At<float, TForm>(ref y, group), channel + (group * _channels), ref Slot(ref slots, group));
                levels &= ~Bit(group);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref T At<T, TForm>(ref T first, int group)
        where T : unmanaged
        where TForm : IGroupForm => ref Unsafe.Add(ref first, (nuint)group * (nuint)TForm.Step);

    /// <summary>The slot of eight groups that begin at a multiple of eight.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref double Slot(ref double slots, int group) =>
        ref Unsafe.Add(ref slots, (uint)group * (SlotSize / Lanes.Count) % (Stages * SlotSize));

    /// <summary>A bit for that slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Bit(int group) => 1u << (int)((uint)group / Lanes.Count % Stages);

    /// <summary>The sums of d = x − shift of eight groups: of each of their columns first, which a run is one of.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Sum<T, TForm>(ref T x, ref int permutations, bool shifted, Vector512<double> shift, out Vector512<double> sum,
        out Vector512<double> squares)
        where T : unmanaged
        where TForm : IGroupForm
    {
        sum = default;
        squares = default;
        for (nuint place = 0; place < (nuint)TForm.Step; place += 2)
        {
            bool hasNext = place + 1 < (nuint)TForm.Step;
            if (!TForm.AreColumns)
            {
                ShortRuns<TForm>.Load(ref x, ref permutations, place, out var values, out var next);
                Add(values, shifted, shift, ref sum, ref squares);
                if (hasNext)
                    Add(next, shifted, shift, ref sum, ref squares);
                continue;
            }

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
            if (hasNext)
            {
                sum += s1;
                squares += q1;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector512<double> values, bool shifted, Vector512<double> shift, ref Vector512<double> sum,
        ref Vector512<double> squares) => BlockSums.Add(shifted ? values - shift : values, shifted, ref sum, ref squares);

    /// <summary>Makes statistics of a slot's sums. Whether they are precise, and of groups that have a deviation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool AreUsual(ref double slot)
    {
        var statistics = new GroupLanes(Lanes.Load(ref slot, 0), Lanes.Load(ref slot, Lanes.Count), _share);
        Store(statistics, ref slot);
        return statistics.AreUsual;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store(in GroupLanes statistics, ref double slot)
    {
        statistics.Mean.StoreUnsafe(ref slot);
        (statistics.Variance + Vector512.Create(_parameters.Epsilon)).StoreUnsafe(ref slot, Lanes.Count);
    }

    /// <summary>
    /// Does for eight groups what <see cref="GroupStatistics.Settled"/> does for one; a shift of 0 changes no bit of a group that
    /// needs none. Whether each group has a deviation.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Settle<T, TForm>(ref T x, ref double slot)
        where T : unmanaged
        where TForm : IGroupForm
    {
        ref int permutations = ref ShortRuns<TForm>.First;
        Sum<T, TForm>(ref x, ref permutations, shifted: false, default, out var sum, out var squares);
        var statistics = new GroupLanes(sum, squares, _share);
        if (statistics.Imprecise != 0)
        {
            var shift = statistics.Shift;
            Sum<T, TForm>(ref x, ref permutations, shifted: true, shift, out sum, out squares);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Invert(ref double slot) =>
        (Vector512<double>.One / Vector512.Sqrt(Lanes.Load(ref slot, Lanes.Count))).StoreUnsafe(ref slot, Lanes.Count);

    /// <summary>Makes the lines of eight groups, and applies them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Apply<T, TForm>(ref T x, ref float y, int channel, ref double slot, Repetition ofLines, Repetition ofValues)
        where T : unmanaged
        where TForm : IGroupForm
    {
        ref double weight = ref _parameters.Weights(channel);
        ref double bias = ref _parameters.Biases(channel);
        ref long places = ref ofLines.First;
        var inverses = Lanes.Load(ref slot, Lanes.Count);
        var means = Lanes.Load(ref slot, 0);
        nuint values = (nuint)_values;
        for (nuint line = 0; line < (nuint)_lines; line++)
        {
            var a = inverses;
            var mean = means;
            if (_lines > 1)
            {
                a = Repetition.Get(inverses, ref places);
                mean = Repetition.Get(means, ref places);
                places = ref Repetition.Following(ref places);
            }

            var b = Vector512<double>.Zero;
            if (!_parameters.AreUniform && !_isWeighed)
            {
                a *= Lanes.Load(ref weight, line * Lanes.Count);
                b = Lanes.Load(ref bias, line * Lanes.Count);
            }

            b -= a * mean;
            if (TForm.AreColumns)
                ApplyToColumns(ref x, ref y, line * Lanes.Count, a, b);
            else
                ApplyToRuns(ref x, ref y, line * values * Lanes.Count, values, a, b, ref weight, ref bias, ofValues);
        }
    }

    /// <summary>Eight lines of eight columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ApplyToColumns<T>(ref T x, ref float y, nuint start, Vector512<double> a, Vector512<double> b)
        where T : unmanaged
    {
        nuint end = start + ((nuint)_spatial * _positionStep);
        for (nuint i = start; i < end; i += _positionStep)
        {
            if (_ahead > 0)
            {
                CacheLine.Prefetch(ref Unsafe.Add(ref x, _ahead + i), Lanes.Count);
                CacheLine.Prefetch(ref Unsafe.Add(ref y, _ahead + i), Lanes.Count);
            }

            Lanes.Store(Lanes.FusedMultiplyAdd(Lanes.Load(ref x, i), a, b), ref y, i);
        }
    }

    /// <summary>Eight lines of so many values each, then weight and bias where there is one of each for a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ApplyToRuns<T>(ref T x, ref float y, nuint start, nuint values, Vector512<double> a, Vector512<double> b,
        ref double weight, ref double bias, Repetition ofValues)
        where T : unmanaged
    {
        ref long places = ref ofValues.First;
        nuint end = start + (values * Lanes.Count);
        for (nuint i = start; i < end; i += Lanes.Count)
        {
            var z = Lanes.FusedMultiplyAdd(Lanes.Load(ref x, i), Repetition.Get(a, ref places), Repetition.Get(b, ref places));
            if (_isWeighed)
                z = Lanes.FusedMultiplyAdd(z, Lanes.Load(ref weight, i), Lanes.Load(ref bias, i));
            Lanes.Store(z, ref y, i);
            places = ref Repetition.Following(ref places);
        }
    }

    /// <summary>Fills those of eight groups that have no deviation.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Level<TForm>(ref float y, int channel, ref double slot)
        where TForm : IGroupForm
    {
        for (int group = 0; group < Lanes.Count; group++, channel += _channels)
        {
            double variance = Unsafe.Add(ref slot, (2 * Lanes.Count) + group);
            if (variance > 0)
                continue;
            for (int c = 0; c < _channels; c++)
                for (int i = 0; i < _spatial; i++)
                    Unsafe.Add(ref y, (nuint)(group * TForm.Step) + ((nuint)c * _channelStep) + ((nuint)i * _positionStep)) =
                        _parameters.Level(channel + c, variance);
        }
    }
}
