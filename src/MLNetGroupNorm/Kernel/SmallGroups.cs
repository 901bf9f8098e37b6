using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Groups of two to eight values, of either layout: eight groups at a time, a lane for each. A table for many of them, as larger
/// groups have it, would take longer to fill and to read than their arithmetic.
/// </summary>
/// <remarks>
/// Eight groups go through three stages: statistics, roots and results. Each stage takes eight groups that the one before took a
/// round earlier, so that the processor has other work while a root or a quotient takes its time.
/// </remarks>
internal readonly ref partial struct SmallGroups
{
    private const int Stages = 3;

    /// <summary>
    /// What eight groups keep between the stages: the mean; σ² + ε, then 1 / sqrt(σ² + ε); and σ² where that of one is not above 0.
    /// With room for a fourth, a slot is found without a multiplication.
    /// </summary>
    private const int SlotSize = 4 * Lanes.Count;

    /// <summary>As many as stages or more, and a power of two.</summary>
    private const int Slots = 4;

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

    /// <summary>
    /// Whether a sample's groups are of such a form, and vectors here at least half as wide as ours: in smaller pieces, these loops
    /// are more than compilers put together.
    /// </summary>
    public static bool Fit(in SampleShape shape) => Vector256.IsHardwareAccelerated
        && shape.GroupLength is > 1 and <= Lanes.Count
        && (!HasColumns(shape) || ChannelsLast.CanSplit(shape));

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
            case (true, 3):
                Normalize<T, GroupForms.ThreeColumns>(ref x, ref y, channel, count);
                break;
            case (true, _):
                Normalize<T, GroupForms.FourColumns>(ref x, ref y, channel, count);
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
            case (false, 7):
                Normalize<T, GroupForms.RunOf7>(ref x, ref y, channel, count);
                break;
            default:
                Normalize<T, GroupForms.RunOf8>(ref x, ref y, channel, count);
                break;
        }

        return first + count;
    }

    private static bool HasColumns(in SampleShape shape) =>
        shape.Layout == TensorLayout.ChannelsLast && shape.SpatialSize > 1;

    /// <summary>
    /// Takes so many groups from the first value and channel on, by eights.
    /// </summary>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Normalize<T, TForm>(ref T x, ref float y, int channel, int count)
        where T : unmanaged
        where TForm : IGroupForm
    {
        Span<double> memory = stackalloc double[(Slots * SlotSize) + CacheLine.Doubles];
        ref double slots = ref CacheLine.Aligned(memory)[0];
        ref int permutations = ref ShortRuns<TForm>.First;
        var ofLines = new Repetition(_lines);
        var ofValues = new Repetition(TForm.AreColumns ? 1 : _values);
        uint levels = 0;
        for (int first = 0; first < count + ((Stages - 1) * Lanes.Count); first += Lanes.Count)
        {
            int group = first;
            if (group < count && !Measure<T, TForm>(ref At<T, TForm>(ref x, group), ref permutations, ref Slot(ref slots, group)))
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
        ref Unsafe.Add(ref slots, (uint)group * (SlotSize / Lanes.Count) % (Slots * SlotSize));

    /// <summary>A bit for that slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Bit(int group) => 1u << (int)((uint)group / Lanes.Count % Slots);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Invert(ref double slot) =>
        GroupLanes.InverseRoots(Lanes.Load(ref slot, Lanes.Count)).StoreUnsafe(ref slot, Lanes.Count);
}
