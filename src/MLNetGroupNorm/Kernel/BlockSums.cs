using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Σd and Σd² over one block of a group, d = x − shift. Value i of the block goes to lane i mod 32, lanes are added in a fixed
/// order, and a block is short: so the bits do not depend on the machine, nor the error on the length of the group.
/// </summary>
internal readonly record struct BlockSums(double Sum, double Squares)
{
    /// <summary>The most values of a block: 128 to a lane.</summary>
    public const int Length = 4096;

    private const int Stride = 4 * Lanes.Count;

    /// <summary>The sums of <paramref name="length"/> values, at most <see cref="Length"/>, as they are.</summary>
    public static BlockSums Of<T>(ref T x, nuint length)
        where T : unmanaged => Of(ref x, length, shifted: false, 0);

    /// <summary>The same of the values less <paramref name="shift"/>.</summary>
    public static BlockSums Of<T>(ref T x, nuint length, double shift)
        where T : unmanaged => Of(ref x, length, shifted: true, shift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static BlockSums Of<T>(ref T x, nuint length, bool shifted, double shift)
        where T : unmanaged
    {
        var k = Vector512.Create(shift);
        Vector512<double> s0 = default, s1 = default, s2 = default, s3 = default;
        Vector512<double> q0 = default, q1 = default, q2 = default, q3 = default;

        nuint i = 0;
        for (; i + Stride <= length; i += Stride)
        {
            Add(Load(ref x, i, shifted, k), shifted, ref s0, ref q0);
            Add(Load(ref x, i + Lanes.Count, shifted, k), shifted, ref s1, ref q1);
            Add(Load(ref x, i + (2 * Lanes.Count), shifted, k), shifted, ref s2, ref q2);
            Add(Load(ref x, i + (3 * Lanes.Count), shifted, k), shifted, ref s3, ref q3);
        }

        for (; i + Lanes.Count <= length; i += Lanes.Count)
            Add(Load(ref x, i, shifted, k), shifted, ref s0, ref q0);
        if (i < length)
        {
            var last = Lanes.LoadLast(ref x, length, length - i);
            Add(Lanes.KeepLast(shifted ? last - k : last, length - i), shifted, ref s1, ref q1);
        }

        return new BlockSums(Lanes.Sum(s0 + s1 + (s2 + s3)), Lanes.Sum(q0 + q1 + (q2 + q3)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<double> Load<T>(ref T x, nuint i, bool shifted, Vector512<double> k)
        where T : unmanaged => shifted ? Lanes.Load(ref x, i) - k : Lanes.Load(ref x, i);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(Vector512<double> d, bool shifted, ref Vector512<double> sum, ref Vector512<double> squares)
    {
        sum += d;
        squares = shifted ? squares + (d * d) : Lanes.AddExactProduct(d, d, squares);
    }
}
