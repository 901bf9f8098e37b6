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

    /// <summary>One line for a run of <paramref name="length"/> values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(ref T x, ref float y, nuint length, Line line)
        where T : unmanaged
    {
        if (length < Lanes.Count)
        {
            for (nuint j = 0; j < length; j++)
                Unsafe.Add(ref y, j) = (float)Math.FusedMultiplyAdd(Lanes.Load1(ref x, j), line.A, line.B);
            return;
        }

        var a = Vector512.Create(line.A);
        var b = Vector512.Create(line.B);
        var last = Lanes.FusedMultiplyAdd(Lanes.Load(ref x, length - Lanes.Count), a, b);
        nuint i = 0;
        for (; i + Stride <= length; i += Stride)
        {
            Step(ref x, ref y, i, a, b);
            Step(ref x, ref y, i + Lanes.Count, a, b);
            Step(ref x, ref y, i + (2 * Lanes.Count), a, b);
            Step(ref x, ref y, i + (3 * Lanes.Count), a, b);
        }

        for (; i + Lanes.Count < length; i += Lanes.Count)
            Step(ref x, ref y, i, a, b);
        Lanes.Store(last, ref y, length - Lanes.Count);
    }

    /// <summary>A line of its own for each of <paramref name="length"/> values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Row<T>(ref T x, ref float y, nuint length, ref double a, ref double b)
        where T : unmanaged
    {
        if (length < Lanes.Count)
        {
            for (nuint j = 0; j < length; j++)
                Run(ref Unsafe.Add(ref x, j), ref Unsafe.Add(ref y, j), 1, new Line(Unsafe.Add(ref a, j), Unsafe.Add(ref b, j)));
            return;
        }

        nuint end = length - Lanes.Count;
        var last = Lanes.FusedMultiplyAdd(Lanes.Load(ref x, end), Lanes.Load(ref a, end), Lanes.Load(ref b, end));
        nuint i = 0;
        for (; i + Stride <= length; i += Stride)
        {
            Step(ref x, ref y, i, ref a, ref b);
            Step(ref x, ref y, i + Lanes.Count, ref a, ref b);
            Step(ref x, ref y, i + (2 * Lanes.Count), ref a, ref b);
            Step(ref x, ref y, i + (3 * Lanes.Count), ref a, ref b);
        }

        for (; i < end; i += Lanes.Count)
            Step(ref x, ref y, i, ref a, ref b);
        Lanes.Store(last, ref y, end);
    }

    /// <summary>
    /// One value for each of <paramref name="length"/> channels: the line of their group, then weight and bias of each.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Channels<T>(ref T x, ref float y, nuint length, Line group, ref double weight, ref double bias)
        where T : unmanaged
    {
        if (length < Lanes.Count)
        {
            for (nuint j = 0; j < length; j++)
            {
                double z = Math.FusedMultiplyAdd(Lanes.Load1(ref x, j), group.A, group.B);
                Unsafe.Add(ref y, j) = (float)Math.FusedMultiplyAdd(z, Unsafe.Add(ref weight, j), Unsafe.Add(ref bias, j));
            }

            return;
        }

        var a = Vector512.Create(group.A);
        var b = Vector512.Create(group.B);
        nuint end = length - Lanes.Count;
        var last = Lanes.FusedMultiplyAdd(Lanes.Load(ref x, end), a, b);
        for (nuint i = 0; i < end; i += Lanes.Count)
            Lanes.Store(Weigh(Lanes.FusedMultiplyAdd(Lanes.Load(ref x, i), a, b), ref weight, ref bias, i), ref y, i);
        Lanes.Store(Weigh(last, ref weight, ref bias, end), ref y, end);
    }

    /// <summary>z · weight + bias for eight channels from <paramref name="i"/> on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Weigh(Vector512<double> z, ref double weight, ref double bias, nuint i) =>
        Lanes.FusedMultiplyAdd(z, Lanes.Load(ref weight, i), Lanes.Load(ref bias, i));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<T>(ref T x, ref float y, nuint i, ref double a, ref double b)
        where T : unmanaged => Step(ref x, ref y, i, Lanes.Load(ref a, i), Lanes.Load(ref b, i));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step<T>(ref T x, ref float y, nuint i, Vector512<double> a, Vector512<double> b)
        where T : unmanaged => Lanes.Store(Lanes.FusedMultiplyAdd(Lanes.Load(ref x, i), a, b), ref y, i);
}
