using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Eight runs of at most eight values, end to end, read across: a vector for each place in a run, with a lane for each run.
/// </summary>
/// <remarks>
/// Two places are read at a time. Their sixteen values are picked from the vectors of sixteen floats that the runs make: those of
/// the first two vectors by one permutation, those of each further one by another that leaves what is picked already.
/// </remarks>
internal static class ShortRuns<TForm>
    where TForm : IGroupForm
{
    private const int PairOfLanes = 2 * Lanes.Count;

    private static readonly int[] _permutations = CacheLine.Pin(Permutations());

    /// <summary>What <see cref="Load"/> takes, for a loop to have at hand.</summary>
    public static ref int First => ref _permutations[CacheLine.Start<int>(_permutations)];

    /// <summary>The vectors of floats that eight runs make; the last one is half a vector where runs have an odd length.</summary>
    private static int Vectors => (TForm.Step + 1) / 2;

    private static int PermutationsOfPair => int.Max(1, Vectors - 1);

    /// <summary>The values at an even place and the next one, which is left open where runs have no such place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Load<T>(ref T first, ref int permutations, nuint place, out Vector512<double> values,
        out Vector512<double> next)
        where T : unmanaged
    {
        next = default;
        if (TForm.Step == 1)
            values = Lanes.Load(ref first, 0);
        else if (Avx512F.IsSupported && typeof(T) == typeof(float))
        {
            ref int permutation = ref Unsafe.Add(ref permutations, place * (nuint)(PermutationsOfPair * Lanes.Count));
            var both = Pick(ref Unsafe.As<T, float>(ref first), ref permutation);
            values = Avx512F.ConvertToVector512Double(both.GetLower());
            next = Avx512F.ConvertToVector512Double(both.GetUpper());
        }
        else
        {
            values = Lanes.LoadEvery(ref Unsafe.Add(ref first, place), (nuint)TForm.Step);
            if (place + 1 < (nuint)TForm.Step)
                next = Lanes.LoadEvery(ref Unsafe.Add(ref first, place + 1), (nuint)TForm.Step);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Pick(ref float first, ref int permutation)
    {
        var values = Vector512.LoadUnsafe(ref first);
        if (Vectors == 1)
            return Avx512F.PermuteVar16x32(values, Vector512.LoadUnsafe(ref permutation));
        values = Pick(values, ref first, ref permutation, 1);
        if (Vectors > 2)
            values = Pick(values, ref first, ref permutation, 2);
        if (Vectors > 3)
            values = Pick(values, ref first, ref permutation, 3);
        return values;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> Pick(Vector512<float> values, ref float first, ref int permutation, int vector)
    {
        nuint start = (nuint)(vector * PairOfLanes);
        bool isHalf = 2 * (vector + 1) > TForm.Step;
        return Avx512F.PermuteVar16x32x2(values, Vector512.LoadUnsafe(ref permutation, start - PairOfLanes),
            isHalf ? Vector256.LoadUnsafe(ref first, start).ToVector512Unsafe() : Vector512.LoadUnsafe(ref first, start));
    }

    private static int[] Permutations() =>
        [.. from place in Enumerable.Range(0, Vectors)
            from vector in Enumerable.Range(Vectors == 1 ? 0 : 1, PermutationsOfPair)
            from lane in Enumerable.Range(0, PairOfLanes)
            select Source(lane, (lane % Lanes.Count * TForm.Step) + (2 * place) + (lane / Lanes.Count), vector)];

    /// <summary>
    /// Where a lane's value comes from when a vector joins those before it: the lane itself, or one from sixteen on of that vector.
    /// </summary>
    private static int Source(int lane, int index, int vector)
    {
        if (index / PairOfLanes == vector)
            return index % PairOfLanes + (vector == 0 ? 0 : PairOfLanes);
        return vector == 1 && index < PairOfLanes ? index : lane;
    }
}
