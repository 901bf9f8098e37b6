using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// The second pass: y = d · scale + offset in double, rounded once; d is the value, and of doubles x · unit − shift. The output may be
/// the input: a last vector that overlaps the one before it is computed before anything is stored.
/// </summary>
internal static class Scaling<T, TResult>
    where T : unmanaged
    where TResult : unmanaged
{
    private const int TwoVectors = 2 * Lanes.Count;
    private const int FourVectors = 4 * Lanes.Count;

    /// <summary>Runs of this length or more are taken vector by vector, shorter ones four runs at a time.</summary>
    private const nuint VectorsFrom = TwoVectors;

    /// <summary>One scale and offset for each of <paramref name="count"/> runs of <paramref name="length"/> values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Runs(ref T x, ref TResult y, nuint count, nuint length, ScaleTable scales)
    {
        if (length < VectorsFrom)
            ShortRuns(ref x, ref y, count, length, scales, weigh: false, ref scales.Scales, ref scales.Scales);
        else
            LongRuns(ref x, ref y, count, length, scales);
    }

    /// <summary>y = (d · scale + offset) · weight + bias, with a weight and a bias for each value of a run.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WeightedRuns(ref T x, ref TResult y, nuint count, nuint length, ScaleTable scales, ref double weight,
        ref double bias)
    {
        if (length < VectorsFrom)
            ShortRuns(ref x, ref y, count, length, scales, weigh: true, ref weight, ref bias);
        else
            WeightedLongRuns(ref x, ref y, count, length, scales, ref weight, ref bias);
    }

    /// <summary>A scale and offset of its own for each of <paramref name="length"/> values.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Row(ref T x, ref TResult y, nuint length, ScaleTable scales)
    {
        nuint end = Vectors(ref x, ref y, length, scales, nonTemporal: false, 0);
        OneByOne(ref x, ref y, end, length, scales);
    }

    /// <summary>
    /// A scale and offset for each value, with non-temporal stores, for floats whose results begin at a multiple of
    /// <see cref="Lanes.Count"/> floats in memory and are no input. Prefetches what lies <paramref name="ahead"/> values further: the next
    /// sample.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void RowNonTemporal(ref T x, ref TResult y, nuint length, ScaleTable scales, nuint ahead)
    {
        nuint end = Vectors(ref x, ref y, length, scales, nonTemporal: true, ahead);
        OneByOne(ref x, ref y, end, length, scales);
    }

    /// <summary>Runs of eight values or more.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void LongRuns(ref T x, ref TResult y, nuint count, nuint length, ScaleTable scales)
    {
        nuint first = 0;
        for (nuint run = 0; run < count; run++, first += length)
        {
            var numbers = Coefficients.Broadcast(scales, run);
            nuint i = first, end = first + length - Lanes.Count;
            var last = numbers.Apply(ref x, end);
            for (; i + FourVectors <= end; i += FourVectors)
            {
                Lanes.Store(numbers.Apply(ref x, i), ref y, i);
                Lanes.Store(numbers.Apply(ref x, i + Lanes.Count), ref y, i + Lanes.Count);
                Lanes.Store(numbers.Apply(ref x, i + (2 * Lanes.Count)), ref y, i + (2 * Lanes.Count));
                Lanes.Store(numbers.Apply(ref x, i + (3 * Lanes.Count)), ref y, i + (3 * Lanes.Count));
            }

            for (; i < end; i += Lanes.Count)
                Lanes.Store(numbers.Apply(ref x, i), ref y, i);
            Lanes.Store(last, ref y, end);
        }
    }

    /// <summary>Runs of eight values or more, with a weight and a bias for each value.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void WeightedLongRuns(ref T x, ref TResult y, nuint count, nuint length, ScaleTable scales, ref double weight,
        ref double bias)
    {
        nuint first = 0;
        for (nuint run = 0; run < count; run++, first += length)
        {
            var numbers = Coefficients.Broadcast(scales, run);
            nuint end = first + length - Lanes.Count;
            var last = Weigh(numbers.Apply(ref x, end), ref weight, ref bias, end);
            for (nuint i = first; i < end; i += Lanes.Count)
                Lanes.Store(Weigh(numbers.Apply(ref x, i), ref weight, ref bias, i), ref y, i);
            Lanes.Store(last, ref y, end);
        }
    }

    /// <summary>Runs of fewer than eight values: a lane for each of four runs, and one value of every run at a time.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void ShortRuns(ref T x, ref TResult y, nuint count, nuint length, ScaleTable scales, bool weigh,
        ref double weight, ref double bias)
    {
        nuint run = 0;
        for (; run + Lanes.Count <= count; run += Lanes.Count)
        {
            var numbers = Coefficients.Load(scales, run);
            nuint first = run * length;
            for (nuint i = first; i < first + length; i++)
            {
                var results = numbers.Apply(Lanes.LoadStrided(ref Unsafe.Add(ref x, i), length));
                if (weigh)
                    results = Lanes.FusedMultiplyAdd(results, Lanes.LoadStrided(ref Unsafe.Add(ref weight, i), length),
                        Lanes.LoadStrided(ref Unsafe.Add(ref bias, i), length));
                Lanes.StoreStrided(results, ref Unsafe.Add(ref y, i), length);
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

    /// <summary>Scales whole vectors and returns how many values they held.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint Vectors(ref T x, ref TResult y, nuint length, ScaleTable scales, bool nonTemporal, nuint ahead)
    {
        nuint i = 0;
        for (; i + TwoVectors <= length; i += TwoVectors)
        {
            if (nonTemporal)
                CacheLine.Prefetch(ref Unsafe.Add(ref x, i), (nint)ahead, TwoVectors);
            Step(ref x, ref y, i, scales, nonTemporal);
            Step(ref x, ref y, i + Lanes.Count, scales, nonTemporal);
        }

        for (; i + Lanes.Count <= length; i += Lanes.Count)
            Step(ref x, ref y, i, scales, nonTemporal);
        return i;
    }

    /// <summary>The values from <paramref name="i"/> to before <paramref name="length"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void OneByOne(ref T x, ref TResult y, nuint i, nuint length, ScaleTable scales)
    {
        for (; i < length; i++)
            Lanes.StoreScalar(Scale(ref x, i, scales, i), ref y, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(ref T x, ref TResult y, nuint i, ScaleTable scales, bool nonTemporal)
    {
        var results = Coefficients.Load(scales, i).Apply(ref x, i);
        if (nonTemporal)
            Lanes.StoreNonTemporal(results, ref Unsafe.As<TResult, float>(ref y), i);
        else
            Lanes.Store(results, ref y, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Scale(ref T x, nuint i, ScaleTable scales, nuint index)
    {
        double d = Lanes.LoadScalar(ref x, i);
        if (typeof(T) == typeof(double))
            d = Math.FusedMultiplyAdd(d, Unsafe.Add(ref scales.Units, index), Unsafe.Add(ref scales.NegativeShifts, index));
        return Math.FusedMultiplyAdd(d, Unsafe.Add(ref scales.Scales, index), Unsafe.Add(ref scales.Offsets, index));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Weigh(Vector256<double> y, ref double weight, ref double bias, nuint i) =>
        Lanes.FusedMultiplyAdd(y, Lanes.Load(ref weight, i), Lanes.Load(ref bias, i));

    /// <summary>What four results are computed from. Unit and negative shift are of doubles only.</summary>
    private readonly struct Coefficients(
        Vector256<double> scale, Vector256<double> offset, Vector256<double> unit, Vector256<double> negativeShift)
    {
        private readonly Vector256<double> _scale = scale, _offset = offset, _unit = unit, _negativeShift = negativeShift;

        /// <summary>Those of one channel or group in all lanes.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Coefficients Broadcast(ScaleTable scales, nuint index) => new(
            Vector256.Create(Unsafe.Add(ref scales.Scales, index)),
            Vector256.Create(Unsafe.Add(ref scales.Offsets, index)),
            typeof(T) == typeof(double) ? Vector256.Create(Unsafe.Add(ref scales.Units, index)) : default,
            typeof(T) == typeof(double) ? Vector256.Create(Unsafe.Add(ref scales.NegativeShifts, index)) : default);

        /// <summary>Those of four channels or groups.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Coefficients Load(ScaleTable scales, nuint index) => new(
            Lanes.Load(ref scales.Scales, index),
            Lanes.Load(ref scales.Offsets, index),
            typeof(T) == typeof(double) ? Lanes.Load(ref scales.Units, index) : default,
            typeof(T) == typeof(double) ? Lanes.Load(ref scales.NegativeShifts, index) : default);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<double> Apply(ref T x, nuint i) => Apply(Lanes.Load(ref x, i));

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<double> Apply(Vector256<double> x) => typeof(T) == typeof(double)
            ? Lanes.FusedMultiplyAdd(Lanes.FusedMultiplyAdd(x, _unit, _negativeShift), _scale, _offset)
            : Lanes.FusedMultiplyAdd(x, _scale, _offset);
    }
}
