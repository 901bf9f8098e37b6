using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// The second pass: y = d · scale + offset, computed in double, rounded once. d is x, or x · unit − shift for doubles. The output may be
/// the input: a last vector that overlaps the one before it is computed before anything is stored.
/// </summary>
internal static class Scaling<T, TResult>
    where T : unmanaged
    where TResult : unmanaged
{
    private const int TwoVectors = 2 * Lanes.Count;

    /// <summary>Runs of this length or more are taken vector by vector, shorter ones four runs at a time.</summary>
    private const nuint VectorsFrom = TwoVectors;

    /// <summary>
    /// One scale and offset for each of <paramref name="count"/> runs of <paramref name="length"/> values; then, if results are
    /// <typeparamref name="TWeighted"/>, weight and bias of a channel for each value.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Runs<TWeighted>(ref T x, ref TResult y, nuint count, nuint length, ScaleTable scales,
        in Parameters parameters = default, int channel = 0)
        where TWeighted : IFlag
    {
        ref double weight = ref parameters.Weights(channel), bias = ref parameters.Biases(channel);
        if (length < VectorsFrom)
        {
            ShortRuns<TWeighted>(ref x, ref y, count, length, scales, ref weight, ref bias);
            return;
        }

        nuint first = 0;
        for (nuint run = 0; run < count; run++, first += length)
        {
            var numbers = Coefficients.Broadcast(scales, run);
            nuint i = first, end = first + length - Lanes.Count;
            var last = Result<TWeighted>(numbers, ref x, ref weight, ref bias, end);
            for (; i + TwoVectors <= end; i += TwoVectors)
            {
                Lanes.Store(Result<TWeighted>(numbers, ref x, ref weight, ref bias, i), ref y, i);
                Lanes.Store(Result<TWeighted>(numbers, ref x, ref weight, ref bias, i + Lanes.Count), ref y, i + Lanes.Count);
            }

            for (; i < end; i += Lanes.Count)
                Lanes.Store(Result<TWeighted>(numbers, ref x, ref weight, ref bias, i), ref y, i);
            Lanes.Store(last, ref y, end);
        }
    }

    /// <summary>
    /// A scale and offset of its own for each of <paramref name="length"/> values. <typeparamref name="TNonTemporal"/> is for float results that
    /// start at a 16-byte boundary and do not overlap the input; what lies <paramref name="ahead"/> values further is then prefetched: the
    /// next sample.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Row<TNonTemporal>(ref T x, ref TResult y, nuint length, ScaleTable scales, nuint ahead)
        where TNonTemporal : IFlag
    {
        nuint i = 0;
        for (; i + TwoVectors <= length; i += TwoVectors)
        {
            if (TNonTemporal.IsSet)
                CacheLine.Prefetch(ref Unsafe.Add(ref x, i), (nint)ahead, TwoVectors);
            Step<TNonTemporal>(ref x, ref y, i, scales);
            Step<TNonTemporal>(ref x, ref y, i + Lanes.Count, scales);
        }

        for (; i + Lanes.Count <= length; i += Lanes.Count)
            Step<TNonTemporal>(ref x, ref y, i, scales);
        for (; i < length; i++)
            Lanes.StoreScalar(Coefficients.Load(scales, i).Apply(Vector256.CreateScalar(Lanes.LoadScalar(ref x, i))).ToScalar(), ref y, i);
    }

    /// <summary>
    /// Runs of fewer than eight values: a lane for each of four runs, and one value of every run at a time. The last one to three runs are
    /// taken one by one, by all lanes alike.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private static void ShortRuns<TWeighted>(ref T x, ref TResult y, nuint count, nuint length, ScaleTable scales, ref double weight,
        ref double bias)
        where TWeighted : IFlag
    {
        for (nuint run = 0, step; run < count; run += step)
        {
            step = run + Lanes.Count <= count ? (nuint)Lanes.Count : 1;
            nuint stride = step == 1 ? 0 : length;
            var numbers = step == 1 ? Coefficients.Broadcast(scales, run) : Coefficients.Load(scales, run);
            for (nuint i = run * length; i < (run + 1) * length; i++)
            {
                var results = numbers.Apply(Lanes.LoadStrided(ref Unsafe.Add(ref x, i), stride));
                if (TWeighted.IsSet)
                    results = Lanes.FusedMultiplyAdd(results, Lanes.LoadStrided(ref Unsafe.Add(ref weight, i), stride),
                        Lanes.LoadStrided(ref Unsafe.Add(ref bias, i), stride));
                Lanes.StoreStrided(results, ref Unsafe.Add(ref y, i), stride);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<TNonTemporal>(ref T x, ref TResult y, nuint i, ScaleTable scales)
        where TNonTemporal : IFlag
    {
        var results = Coefficients.Load(scales, i).Apply(Lanes.Load(ref x, i));
        if (TNonTemporal.IsSet)
            Lanes.StoreNonTemporal(results, ref Unsafe.As<TResult, float>(ref y), i);
        else
            Lanes.Store(results, ref y, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Result<TWeighted>(Coefficients numbers, ref T x, ref double weight, ref double bias, nuint i)
        where TWeighted : IFlag
    {
        var y = numbers.Apply(Lanes.Load(ref x, i));
        return TWeighted.IsSet ? Lanes.FusedMultiplyAdd(y, Lanes.Load(ref weight, i), Lanes.Load(ref bias, i)) : y;
    }

    /// <summary>What four results are computed from. Unit and shift are of doubles only.</summary>
    private readonly struct Coefficients(
        Vector256<double> scale, Vector256<double> offset, Vector256<double> unit, Vector256<double> shift)
    {
        private readonly Vector256<double> _scale = scale, _offset = offset, _unit = unit, _shift = shift;

        /// <summary>Those of one channel or group in all lanes.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Coefficients Broadcast(ScaleTable scales, nuint index) => new(
            Vector256.Create(Unsafe.Add(ref scales.Scales, index)),
            Vector256.Create(Unsafe.Add(ref scales.Offsets, index)),
            typeof(T) == typeof(double) ? Vector256.Create(Unsafe.Add(ref scales.Units, index)) : default,
            typeof(T) == typeof(double) ? Vector256.Create(Unsafe.Add(ref scales.Shifts, index)) : default);

        /// <summary>Those of four channels or groups.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public static Coefficients Load(ScaleTable scales, nuint index) => new(
            Lanes.Load(ref scales.Scales, index),
            Lanes.Load(ref scales.Offsets, index),
            typeof(T) == typeof(double) ? Lanes.Load(ref scales.Units, index) : default,
            typeof(T) == typeof(double) ? Lanes.Load(ref scales.Shifts, index) : default);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public Vector256<double> Apply(Vector256<double> x) => typeof(T) == typeof(double)
            ? Lanes.FusedMultiplyAdd(Lanes.FusedMultiplyAdd(x, _unit, -_shift), _scale, _offset)
            : Lanes.FusedMultiplyAdd(x, _scale, _offset);
    }
}
