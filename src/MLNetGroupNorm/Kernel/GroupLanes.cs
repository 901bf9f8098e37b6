using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// The statistics of eight groups, a lane for each: one by one, the roots and quotients of small groups would take as long as their
/// sums.
/// </summary>
internal readonly struct GroupLanes
{
    /// <summary>A bit for each of the eight groups.</summary>
    public const uint AllGroups = (1u << Lanes.Count) - 1;

    private readonly Vector512<double> _square;

    /// <summary>Makes statistics of the sums of d over groups of n = 1 / <paramref name="share"/> values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public GroupLanes(Vector512<double> sums, Vector512<double> squares, double share)
    {
        Mean = sums * share;
        _square = Mean * Mean;
        Variance = (squares * share) - _square;
    }

    public Vector512<double> Mean { get; private init; }

    public Vector512<double> Variance { get; }

    /// <summary>Whether the sums of all groups, of values as they are, tell a mean and a deviation precisely.</summary>
    public bool AreUsual
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (Vector512.LessThanOrEqual(_square, Variance * GroupStatistics.LargestMeanSquare)
            & Vector512.GreaterThan(_square, Variance * GroupStatistics.SmallestMeanSquare)).ExtractMostSignificantBits()
            == AllGroups;
    }

    /// <summary>
    /// The same for groups of two floats. However far from zero these are, their sums want no shift: of two that are near each
    /// other for their size, no sum and no square here has more than 53 bits.
    /// </summary>
    public bool AreUsualPairs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (Vector512.GreaterThan(Variance, Vector512<double>.Zero)
            & Vector512.GreaterThan(_square, Variance * GroupStatistics.SmallestMeanSquare)).ExtractMostSignificantBits()
            == AllGroups;
    }

    /// <summary>A bit for each group whose sums are not precise and want a shift.</summary>
    public uint Imprecise
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (uint)IsFar.ExtractMostSignificantBits();
    }

    /// <summary>A bit for each of these, and for each whose mean has cancelled or whose variance is not above 0.</summary>
    public uint Unusual
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            var isUsual = Vector512.GreaterThanOrEqual(Mean * Mean, Variance * GroupStatistics.SmallestMeanSquare)
                & Vector512.GreaterThan(Variance, Vector512<double>.Zero);
            return Imprecise | (~(uint)isUsual.ExtractMostSignificantBits() & AllGroups);
        }
    }

    private Vector512<double> IsFar
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector512.GreaterThan(_square, Variance * GroupStatistics.LargestMeanSquare);
    }

    /// <summary>
    /// What is to be subtracted from values before they are summed again: of groups that want a shift their means, as floats, so that
    /// x − shift is exact where it matters, and 0 where all values are equal; of others 0.
    /// </summary>
    public Vector512<double> Shift
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsFar & Vector512.WidenLower(Vector512.Narrow(Mean, Mean));
    }

    /// <summary>The statistics of x where these are of d = x − <paramref name="shift"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public GroupLanes Shifted(Vector512<double> shift) => this with { Mean = Mean + shift };

    /// <summary>1 / sqrt(σ² + ε).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<double> Inverses(double epsilon) => InverseRoots(Variance + Vector512.Create(epsilon));

    /// <summary>1 / sqrt, both rounded as the scalar functions are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<double> InverseRoots(Vector512<double> values) => Vector512<double>.One / Vector512.Sqrt(values);
}
