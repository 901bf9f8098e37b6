using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// The second pass: y = x · a + b in double, rounded once to float. Output may be the input: a last vector that overlaps the one
/// before it is read before that one is written.
/// </summary>
/// <remarks>
/// The kernel's loops are compiled with full optimization at once: the runtime's first code for a method, some ten times as
/// slow, else serves until it has been called often and for a while, which would be all that a short run sees.
/// </remarks>
internal static class Application
{
    private const int Stride = 4 * Lanes.Count;

    /// <summary>
    /// A line for each of <paramref name="count"/> runs of <paramref name="length"/> values, at least eight. Vectors follow each
    /// other through all runs; one on a border takes its lines from both sides.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Runs<T>(ref T x, ref float y, nuint count, nuint length, ref double a, ref double b)
        where T : unmanaged
    {
        nuint i = 0;
        var aRun = Vector512.Create(a);
        var bRun = Vector512.Create(b);
        for (nuint run = 1, end = length; ; run++, end += length)
        {
            for (; i + Stride <= end; i += Stride)
            {
                Step(ref x, ref y, i, aRun, bRun);
                Step(ref x, ref y, i + Lanes.Count, aRun, bRun);
                Step(ref x, ref y, i + (2 * Lanes.Count), aRun, bRun);
                Step(ref x, ref y, i + (3 * Lanes.Count), aRun, bRun);
            }

            for (; i + Lanes.Count <= end; i += Lanes.Count)
                Step(ref x, ref y, i, aRun, bRun);
            if (run == count)
            {
                for (; i < end; i++)
                    Unsafe.Add(ref y, i) = (float)Math.FusedMultiplyAdd(Lanes.Load1(ref x, i), aRun.ToScalar(), bRun.ToScalar());
                return;
            }

            var aNext = Vector512.Create(Unsafe.Add(ref a, run));
            var bNext = Vector512.Create(Unsafe.Add(ref b, run));
            if (i < end)
            {
                nuint rest = end - i;
                Step(ref x, ref y, i, Lanes.Join(aRun, rest, aNext), Lanes.Join(bRun, rest, bNext));
                i += Lanes.Count;
            }

            aRun = aNext;
            bRun = bNext;
        }
    }

    /// <summary>A line of its own for each of <paramref name="length"/> values.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Row<T>(ref T x, ref float y, nuint length, ref double a, ref double b)
        where T : unmanaged
    {
        if (length < Lanes.Count)
        {
            OneByOne(ref x, ref y, 0, length, ref a, ref b);
            return;
        }

        nuint end = length - Lanes.Count;
        bool overlaps = length % Lanes.Count != 0;
        var last = overlaps ? Value(ref x, end, ref a, ref b) : default;
        Vectors(ref x, ref y, length, ref a, ref b, pastCaches: false, 0);
        if (overlaps)
            Lanes.Store(last, ref y, end);
    }

    /// <summary>
    /// The same past the caches, for results that begin at a multiple of <see cref="Lanes.Count"/> floats in memory and are no
    /// input. Meanwhile memory may bring what lies <paramref name="ahead"/> values further, of the next sample.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void RowPastCaches<T>(ref T x, ref float y, nuint length, ref double a, ref double b, nuint ahead)
        where T : unmanaged
    {
        nuint end = Vectors(ref x, ref y, length, ref a, ref b, pastCaches: true, ahead);
        OneByOne(ref x, ref y, end, length, ref a, ref b);
    }

    /// <summary>
    /// One value for each of <paramref name="channels"/> channels, at least eight, of each of <paramref name="count"/> groups:
    /// the line of the group, then weight and bias of the channel.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Channels<T>(ref T x, ref float y, nuint channels, in GroupTable groups, int count, ref double weight,
        ref double bias)
        where T : unmanaged
    {
        nuint first = 0;
        for (int g = 0; g < count; g++)
        {
            var line = groups.Line(g);
            var a = Vector512.Create(line.A);
            var b = Vector512.Create(line.B);
            nuint end = first + channels - Lanes.Count;
            var last = Lanes.FusedMultiplyAdd(Lanes.Load(ref x, end), a, b);
            for (nuint i = first; i < end; i += Lanes.Count)
                Lanes.Store(Weigh(Lanes.FusedMultiplyAdd(Lanes.Load(ref x, i), a, b), ref weight, ref bias, i), ref y, i);
            Lanes.Store(Weigh(last, ref weight, ref bias, end), ref y, end);
            first += channels;
        }
    }

    /// <summary>
    /// A line for each <paramref name="times"/> neighbours, fewer than eight, of <paramref name="length"/> values. There is room
    /// to read a vector past the last line.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void ShortRuns<T>(ref T x, ref float y, nuint length, nuint times, ref double a, ref double b)
        where T : unmanaged => ShortRuns(ref x, ref y, length, times, ref a, ref b, weigh: false, ref a, ref b);

    /// <summary>The same, then weight and bias of each value's channel.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void ShortRuns<T>(ref T x, ref float y, nuint length, nuint times, ref double a, ref double b,
        ref double weight, ref double bias)
        where T : unmanaged => ShortRuns(ref x, ref y, length, times, ref a, ref b, weigh: true, ref weight, ref bias);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ShortRuns<T>(ref T x, ref float y, nuint length, nuint times, ref double a, ref double b, bool weigh,
        ref double weight, ref double bias)
        where T : unmanaged
    {
        // One index for all that moves at a vector's pace: more of them than registers would go through memory.
        nuint i = 0, eight = 0;
        var repetition = new Repetition((int)times);
        ref long places = ref repetition.First;
        for (; i + Lanes.Count <= length; i += Lanes.Count)
        {
            var z = Lanes.FusedMultiplyAdd(Lanes.Load(ref x, i), Repetition.Get(Lanes.Load(ref a, eight), ref places),
                Repetition.Get(Lanes.Load(ref b, eight), ref places));
            Lanes.Store(weigh ? Weigh(z, ref weight, ref bias, i) : z, ref y, i);
            places = ref repetition.Next(ref places, ref eight);
        }

        if (i == length)
            return;
        var lastA = Repetition.Get(Lanes.Load(ref a, eight), ref places);
        var lastB = Repetition.Get(Lanes.Load(ref b, eight), ref places);
        for (int lane = 0; i < length; i++, lane++)
        {
            double z = Math.FusedMultiplyAdd(Lanes.Load1(ref x, i), lastA.GetElement(lane), lastB.GetElement(lane));
            if (weigh)
                z = Math.FusedMultiplyAdd(z, Unsafe.Add(ref weight, i), Unsafe.Add(ref bias, i));
            Unsafe.Add(ref y, i) = (float)z;
        }
    }

    /// <summary>z · weight + bias for eight channels from <paramref name="i"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> Weigh(Vector512<double> z, ref double weight, ref double bias, nuint i) =>
        Lanes.FusedMultiplyAdd(z, Lanes.Load(ref weight, i), Lanes.Load(ref bias, i));

    /// <summary>A line for each of as many values as make whole vectors; how many these are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static nuint Vectors<T>(ref T x, ref float y, nuint length, ref double a, ref double b, bool pastCaches, nuint ahead)
        where T : unmanaged
    {
        nuint i = 0;
        for (; i + Stride <= length; i += Stride)
        {
            if (pastCaches)
                CacheLine.Prefetch(ref Unsafe.Add(ref x, ahead + i), Stride);
            Step(ref x, ref y, i, ref a, ref b, pastCaches);
            Step(ref x, ref y, i + Lanes.Count, ref a, ref b, pastCaches);
            Step(ref x, ref y, i + (2 * Lanes.Count), ref a, ref b, pastCaches);
            Step(ref x, ref y, i + (3 * Lanes.Count), ref a, ref b, pastCaches);
        }

        for (; i + Lanes.Count <= length; i += Lanes.Count)
            Step(ref x, ref y, i, ref a, ref b, pastCaches);
        return i;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<T>(ref T x, ref float y, nuint i, ref double a, ref double b, bool pastCaches)
        where T : unmanaged
    {
        var value = Value(ref x, i, ref a, ref b);
        if (pastCaches)
            Lanes.StorePastCaches(value, ref y, i);
        else
            Lanes.Store(value, ref y, i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Value<T>(ref T x, nuint i, ref double a, ref double b)
        where T : unmanaged => Lanes.FusedMultiplyAdd(Lanes.Load(ref x, i), Lanes.Load(ref a, i), Lanes.Load(ref b, i));

    /// <summary>Values from <paramref name="i"/> to before <paramref name="length"/>, a line for each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void OneByOne<T>(ref T x, ref float y, nuint i, nuint length, ref double a, ref double b)
        where T : unmanaged
    {
        for (; i < length; i++)
            Unsafe.Add(ref y, i) =
                (float)Math.FusedMultiplyAdd(Lanes.Load1(ref x, i), Unsafe.Add(ref a, i), Unsafe.Add(ref b, i));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<T>(ref T x, ref float y, nuint i, Vector512<double> a, Vector512<double> b)
        where T : unmanaged => Lanes.Store(Lanes.FusedMultiplyAdd(Lanes.Load(ref x, i), a, b), ref y, i);
}
