using System.Runtime.CompilerServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// The second pass: y = d · scale + offset in double, rounded once; d is the value, and of doubles x · unit − shift. The output may be
/// the input: a last vector that overlaps the one before it is computed before anything is stored.
/// </summary>
internal static class Scaling<T, TResult, TLanes>
    where T : unmanaged
    where TResult : unmanaged
    where TLanes : unmanaged, ILanes<TLanes>
{
    private const int TwoVectors = 2 * Lanes.Count;

    /// <summary>One scale and offset for each of <paramref name="count"/> runs of <paramref name="length"/> values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Runs(ref T x, ref TResult y, nuint count, nuint length, in ScaleTable scales)
    {
        if (length < Lanes.Count)
            ShortRuns(ref x, ref y, count, length, scales);
        else
            LongRuns(ref x, ref y, count, length, scales);
    }

    /// <summary>The same, then weight and bias of each value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WeightedRuns(ref T x, ref TResult y, nuint count, nuint length, in ScaleTable scales, ref double weight,
        ref double bias)
    {
        if (length < Lanes.Count)
            WeightedShortRuns(ref x, ref y, count, length, scales, ref weight, ref bias);
        else
            WeightedLongRuns(ref x, ref y, count, length, scales, ref weight, ref bias);
    }

    /// <summary>A scale and offset of its own for each of <paramref name="length"/> values.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Row(ref T x, ref TResult y, nuint length, in ScaleTable scales)
    {
        if (length < Lanes.Count)
        {
            OneByOne(ref x, ref y, 0, length, scales);
            return;
        }

        nuint end = length - Lanes.Count;
        bool overlaps = length % Lanes.Count != 0;
        TLanes last = default;
        if (overlaps)
            last = Value(ref x, end, ref scales.Scales, ref scales.Offsets, ref scales.Units, ref scales.NegativeShifts);
        Vectors(ref x, ref y, length, scales, nonTemporal: false, 0);
        if (overlaps)
            TLanes.Store(last, ref y, end);
    }

    /// <summary>
    /// The same with non-temporal stores, for floats whose results begin at a multiple of <see cref="Lanes.Count"/> floats in memory
    /// and are no input. Meanwhile memory may bring what lies <paramref name="ahead"/> values further, of the next sample.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void RowNonTemporal(ref T x, ref TResult y, nuint length, in ScaleTable scales, nuint ahead)
    {
        nuint end = Vectors(ref x, ref y, length, scales, nonTemporal: true, ahead);
        OneByOne(ref x, ref y, end, length, scales);
    }

    /// <summary>
    /// Runs of eight values or more. Vectors follow each other through all runs; one that crosses a border takes lanes from both
    /// sides.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void LongRuns(ref T x, ref TResult y, nuint count, nuint length, in ScaleTable scales)
    {
        nuint i = 0;
        Broadcast(scales, 0, out var scale, out var offset, out var unit, out var shift);
        for (nuint run = 1, end = length; ; run++, end += length)
        {
            for (; i + TwoVectors <= end; i += TwoVectors)
            {
                Step(ref x, ref y, i, scale, offset, unit, shift);
                Step(ref x, ref y, i + Lanes.Count, scale, offset, unit, shift);
            }

            for (; i + Lanes.Count <= end; i += Lanes.Count)
                Step(ref x, ref y, i, scale, offset, unit, shift);
            if (run == count)
            {
                for (; i < end; i++)
                    Lanes.StoreScalar(Scale(ref x, i, scales, run - 1), ref y, i);
                return;
            }

            Broadcast(scales, run, out var nextScale, out var nextOffset, out var nextUnit, out var nextShift);
            if (i < end)
            {
                nuint rest = end - i;
                Step(ref x, ref y, i, TLanes.Blend(scale, rest, nextScale), TLanes.Blend(offset, rest, nextOffset),
                    typeof(T) == typeof(double) ? TLanes.Blend(unit, rest, nextUnit) : default,
                    typeof(T) == typeof(double) ? TLanes.Blend(shift, rest, nextShift) : default);
                i += Lanes.Count;
            }

            scale = nextScale;
            offset = nextOffset;
            unit = nextUnit;
            shift = nextShift;
        }
    }

    /// <summary>The same, then weight and bias of each value.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void WeightedLongRuns(ref T x, ref TResult y, nuint count, nuint length, in ScaleTable scales, ref double weight,
        ref double bias)
    {
        nuint first = 0;
        for (nuint run = 0; run < count; run++, first += length)
        {
            Broadcast(scales, run, out var scale, out var offset, out var unit, out var shift);
            nuint end = first + length - Lanes.Count;
            var last = Weigh(Scale(TLanes.Load(ref x, end), scale, offset, unit, shift), ref weight, ref bias, end);
            for (nuint i = first; i < end; i += Lanes.Count)
                TLanes.Store(Weigh(Scale(TLanes.Load(ref x, i), scale, offset, unit, shift), ref weight, ref bias, i), ref y, i);
            TLanes.Store(last, ref y, end);
        }
    }

    /// <summary>Runs of fewer than eight values.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void ShortRuns(ref T x, ref TResult y, nuint count, nuint length, in ScaleTable scales) =>
        ShortRuns(ref x, ref y, count, length, scales, weigh: false, ref scales.Scales, ref scales.Scales);

    /// <summary>The same, then weight and bias of each value.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void WeightedShortRuns(ref T x, ref TResult y, nuint count, nuint length, in ScaleTable scales, ref double weight,
        ref double bias) => ShortRuns(ref x, ref y, count, length, scales, weigh: true, ref weight, ref bias);

    /// <summary>A lane for each of eight runs, and one value of every run at a time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ShortRuns(ref T x, ref TResult y, nuint count, nuint length, in ScaleTable scales, bool weigh,
        ref double weight, ref double bias)
    {
        nuint run = 0;
        for (; run + Lanes.Count <= count; run += Lanes.Count)
        {
            var scale = TLanes.Load(ref scales.Scales, run);
            var offset = TLanes.Load(ref scales.Offsets, run);
            var unit = typeof(T) == typeof(double) ? TLanes.Load(ref scales.Units, run) : default;
            var shift = typeof(T) == typeof(double) ? TLanes.Load(ref scales.NegativeShifts, run) : default;
            nuint first = run * length;
            for (nuint i = first; i < first + length; i++)
            {
                var y8 = Scale(TLanes.LoadStrided(ref Unsafe.Add(ref x, i), length), scale, offset, unit, shift);
                if (weigh)
                    y8 = TLanes.FusedMultiplyAdd(y8, TLanes.LoadStrided(ref Unsafe.Add(ref weight, i), length),
                        TLanes.LoadStrided(ref Unsafe.Add(ref bias, i), length));
                TLanes.StoreStrided(y8, ref Unsafe.Add(ref y, i), length);
            }
        }

        for (; run < count; run++)
            for (nuint i = run * length; i < (run + 1) * length; i++)
            {
                double result = Scale(ref x, i, scales, run);
                if (weigh)
                    result = Math.FusedMultiplyAdd(result, Unsafe.Add(ref weight, i), Unsafe.Add(ref bias, i));
                Lanes.StoreScalar(result, ref y, i);
            }
    }

    /// <summary>As many values as make whole vectors; how many these are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint Vectors(ref T x, ref TResult y, nuint length, in ScaleTable scales, bool nonTemporal, nuint ahead)
    {
        ref double scale = ref scales.Scales, offset = ref scales.Offsets;
        ref double unit = ref scale, shift = ref scale;
        if (typeof(T) == typeof(double))
        {
            unit = ref scales.Units;
            shift = ref scales.NegativeShifts;
        }

        nuint i = 0;
        for (; i + TwoVectors <= length; i += TwoVectors)
        {
            if (nonTemporal)
                CacheLine.Prefetch(ref Unsafe.Add(ref x, ahead + i), TwoVectors);
            Step(ref x, ref y, i, ref scale, ref offset, ref unit, ref shift, nonTemporal);
            Step(ref x, ref y, i + Lanes.Count, ref scale, ref offset, ref unit, ref shift, nonTemporal);
        }

        for (; i + Lanes.Count <= length; i += Lanes.Count)
            Step(ref x, ref y, i, ref scale, ref offset, ref unit, ref shift, nonTemporal);
        return i;
    }

    /// <summary>The values from <paramref name="i"/> to before <paramref name="length"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneByOne(ref T x, ref TResult y, nuint i, nuint length, in ScaleTable scales)
    {
        for (; i < length; i++)
            Lanes.StoreScalar(Scale(ref x, i, scales, i), ref y, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(ref T x, ref TResult y, nuint i, ref double scale, ref double offset, ref double unit,
        ref double shift, bool nonTemporal)
    {
        var value = Value(ref x, i, ref scale, ref offset, ref unit, ref shift);
        if (nonTemporal)
            TLanes.StoreNonTemporal(value, ref Unsafe.As<TResult, float>(ref y), i);
        else
            TLanes.Store(value, ref y, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(ref T x, ref TResult y, nuint i, TLanes scale, TLanes offset, TLanes unit, TLanes shift) =>
        TLanes.Store(Scale(TLanes.Load(ref x, i), scale, offset, unit, shift), ref y, i);

    /// <summary>Eight results with a scale and an offset of their own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Value(ref T x, nuint i, ref double scale, ref double offset, ref double unit, ref double shift)
    {
        var d = TLanes.Load(ref x, i);
        if (typeof(T) == typeof(double))
            d = TLanes.FusedMultiplyAdd(d, TLanes.Load(ref unit, i), TLanes.Load(ref shift, i));
        return TLanes.FusedMultiplyAdd(d, TLanes.Load(ref scale, i), TLanes.Load(ref offset, i));
    }

    /// <summary>The numbers of one channel or group in all lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Broadcast(in ScaleTable scales, nuint index, out TLanes scale, out TLanes offset, out TLanes unit,
        out TLanes shift)
    {
        scale = TLanes.Create(Unsafe.Add(ref scales.Scales, index));
        offset = TLanes.Create(Unsafe.Add(ref scales.Offsets, index));
        unit = typeof(T) == typeof(double) ? TLanes.Create(Unsafe.Add(ref scales.Units, index)) : default;
        shift = typeof(T) == typeof(double) ? TLanes.Create(Unsafe.Add(ref scales.NegativeShifts, index)) : default;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Scale(TLanes x, TLanes scale, TLanes offset, TLanes unit, TLanes shift) =>
        typeof(T) == typeof(double)
            ? TLanes.FusedMultiplyAdd(TLanes.FusedMultiplyAdd(x, unit, shift), scale, offset)
            : TLanes.FusedMultiplyAdd(x, scale, offset);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Scale(ref T x, nuint i, in ScaleTable scales, nuint index)
    {
        double d = Lanes.LoadScalar(ref x, i);
        if (typeof(T) == typeof(double))
            d = Math.FusedMultiplyAdd(d, Unsafe.Add(ref scales.Units, index), Unsafe.Add(ref scales.NegativeShifts, index));
        return Math.FusedMultiplyAdd(d, Unsafe.Add(ref scales.Scales, index), Unsafe.Add(ref scales.Offsets, index));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Weigh(TLanes y, ref double weight, ref double bias, nuint i) =>
        TLanes.FusedMultiplyAdd(y, TLanes.Load(ref weight, i), TLanes.Load(ref bias, i));
}
