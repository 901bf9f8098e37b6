using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// The statistics of some groups, an array of each kind, so that four groups are finished at a time: one at a time, the square roots
/// and divisions of small groups would take as long as their sums. Every array has room for a vector that begins at the last group.
/// </summary>
/// <remarks>
/// Values are summed as d = x − shift. Means are μ for Single and Byte; for doubles they are those of d, which keep digits that μ would lose.
/// Lanes past the last group are computed too, from whatever the memory holds; nothing reads the results.
/// </remarks>
internal readonly ref struct GroupTable
{
    /// <summary>
    /// <see cref="LargestMeanSquare"/> for doubles. Σd²/n is then at most 1.25 · σ², so the variance loses at most 1.25 times what its sums
    /// have lost.
    /// </summary>
    public const double LargestMeanSquareOfDoubles = 0.25;

    /// <summary>
    /// The largest μ²/σ² for which σ² = Σx²/n − μ² is exact enough: each sum is off by 128 · 2^-53 of Σ|x| or Σx² at most (the
    /// additions to one lane of a block), so σ² by 5e-10 of itself and a result by less than a hundredth of a float's ulp.
    /// </summary>
    private const double LargestMeanSquare = 1e4;

    /// <summary>
    /// Below this μ²/σ² a mean of Single or Byte is summed again without rounding: what plain additions round off would show next to
    /// the mean. Above it, the mean is off by some 1e-17 · σ, at worst 1.5e-14 · σ: where all additions round the same way.
    /// </summary>
    private const double SmallestMeanSquare = 1.0 / (1L << 32);

    /// <summary>Above this variance, 2^-960, squares that underflowed cannot matter.</summary>
    private const double SmallestVarianceOfDoubles = 1.0261342003245941e-289;

    /// <summary>
    /// Above this square of a shift, 2^-800, the square of a difference from it is in the range of a double, unless the difference is 0.
    /// </summary>
    private const double SmallestSquareOfShift = 1.499696813895631e-241;

    private const int Arrays = 5;

    private readonly ref double _memory;
    private readonly nuint _space;

    /// <summary>Takes its arrays from memory of <see cref="Size"/> doubles.</summary>
    public GroupTable(Span<double> memory, int capacity)
    {
        _memory = ref memory[0];
        _space = (nuint)(Size(capacity) / Arrays);
    }

    public static int Size(int capacity) => Arrays * ((capacity / Lanes.Count) + 2) * Lanes.Count;

    /// <summary>Σd of a group and the next ones. Shares memory with <see cref="Means"/>: valid until <see cref="Finish"/>.</summary>
    public ref double Sums(int group) => ref Means(group);

    /// <summary>Of doubles, what the additions to Σd rounded off. Shares memory with <see cref="Inverses"/>.</summary>
    public ref double LowSums(int group) => ref Inverses(group);

    /// <summary>Σd² of a group and the next ones. Shares memory with <see cref="Variances"/>.</summary>
    public ref double Squares(int group) => ref Variances(group);

    /// <summary>Of doubles the mean of d, of Single and Byte μ; −1 unless the variance is above 0.</summary>
    public ref double Means(int group) => ref Unsafe.Add(ref _memory, (nuint)group);

    /// <summary>σ² of a group and the next ones.</summary>
    public ref double Variances(int group) => ref Unsafe.Add(ref _memory, _space + (nuint)group);

    /// <summary>1 / sqrt(σ² + ε) of a group and the next ones.</summary>
    public ref double Inverses(int group) => ref Unsafe.Add(ref _memory, (2 * _space) + (nuint)group);

    /// <summary>What is subtracted from a group's values before they are summed.</summary>
    public ref double Shifts(int group) => ref Unsafe.Add(ref _memory, (3 * _space) + (nuint)group);

    /// <summary>The power of two that doubles of extreme magnitude are multiplied by before the shift; otherwise 1.</summary>
    public ref double Units(int group) => ref Unsafe.Add(ref _memory, (4 * _space) + (nuint)group);

    /// <summary>Sets shifts to 0, which changes no bit of sums, and units to 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void ResetShifts<T>(int count)
    {
        for (int g = 0; g < count; g += Lanes.Count)
        {
            Lanes.Store(Vector256<double>.Zero, ref Shifts(g), 0);
            if (typeof(T) == typeof(double))
                Lanes.Store(Vector256.Create(1.0), ref Units(g), 0);
        }
    }

    /// <summary>
    /// Writes what is known of a group whose mean is that of x · unit − shift. As <see cref="Finish"/> does, takes −1 for the mean and 0 for
    /// 1 / sqrt(σ² + ε) unless the variance is above 0.
    /// </summary>
    public void Set(int group, double mean, double variance, double epsilon, double shift = 0, double unit = 1)
    {
        bool varies = variance > 0;
        (Means(group), Variances(group), Shifts(group), Units(group)) = (varies ? mean : -1, variance, shift, unit);
        Inverses(group) = varies ? 1 / Math.Sqrt(variance + (epsilon * unit * unit)) : 0;
    }

    /// <summary>
    /// Turns the sums of the first <paramref name="count"/> groups, <paramref name="n"/> values each, into mean, variance and
    /// 1 / sqrt(σ² + ε). A variance of 0 or NaN gives scale 0 and mean −1, so that the offset is exactly the bias: bias − (0 · −1).
    /// </summary>
    /// <remarks>
    /// If it <paramref name="mayShift"/>, a group whose variance is imprecise gets a new shift instead: its mean, for Single and Byte rounded to
    /// float, so that x − shift is exact where it matters and 0 where all values are equal; for doubles 0 where the mean is near 0.
    /// Sums of <paramref name="isPart"/> of the values only serve that.
    /// </remarks>
    /// <returns>
    /// Whether a group got another shift and has to be summed again; whether one <see cref="NeedsRefining"/>; and whether one has a result that
    /// scale and offset do not give: NaN, or a bias of −0.
    /// </returns>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public (bool AreShifted, bool NeedRefining, bool AreConstant) Finish<T>(int count, double n, in Parameters parameters, bool mayShift,
        bool isPart = false)
    {
        uint shifted = 0, refining = 0, constants = 0;
        var least = Vector256.Create(parameters.BiasIsConstantResult ? -double.Epsilon : 0);
        Vector256<double> reciprocal = Vector256.Create(1 / n), epsilon = Vector256.Create(parameters.Epsilon);
        for (int g = 0; g < count; g += Lanes.Count)
        {
            uint groups = 0b1111u >> int.Max(0, Lanes.Count - (count - g));
            var sum = Lanes.Load(ref Sums(g), 0);
            var mean = sum * reciprocal;
            var variance = Lanes.Load(ref Squares(g), 0) * reciprocal;
            if (typeof(T) == typeof(double))
            {
                // As Compensated.DivideBy: the mean of equal values is their value.
                var rest = Lanes.FusedMultiplyAdd(-mean, Vector256.Create(n), sum) + Lanes.Load(ref LowSums(g), 0);
                mean += rest * reciprocal;
                variance = Lanes.FusedMultiplyAdd(-mean, mean, variance);
            }
            else
                variance -= mean * mean;

            var shift = Lanes.Load(ref Shifts(g), 0);
            var mu = mean + shift;
            var imprecise = Imprecise<T>(mean, variance, shift, mu, n);
            uint shifting = mayShift ? imprecise.ExtractMostSignificantBits() & groups : 0;
            if (shifting != 0)
            {
                var limit = variance * Vector256.Create(LargestMeanSquareOfDoubles);
                var nearest = typeof(T) == typeof(double) ? Vector256.GreaterThan(mu * mu, limit) & mu : Lanes.RoundToSingle(mu);
                Lanes.Store(Vector256.ConditionalSelect(imprecise, nearest, shift), ref Shifts(g), 0);
                shifted |= shifting;
            }

            if (shifting != 0 || isPart)
                continue;

            Vector256<double> lost = Lost<T>(mean, variance, shift, mu), constant = ~Vector256.GreaterThan(variance, least);
            if (((lost | constant).ExtractMostSignificantBits() & groups) != 0)
            {
                refining |= lost.ExtractMostSignificantBits() & groups;
                constants |= constant.ExtractMostSignificantBits() & groups;
            }

            var varies = Vector256.GreaterThan(variance, default);
            var inverse = varies & (Vector256.Create(1.0) / Vector256.Sqrt(variance + epsilon));
            Lanes.Store(Vector256.ConditionalSelect(varies, typeof(T) == typeof(double) ? mean : mu, Vector256.Create(-1.0)), ref Means(g), 0);
            Lanes.Store(variance, ref Variances(g), 0);
            Lanes.Store(Vector256.ConditionalSelect(lost, Vector256.Create(-1.0), inverse), ref Inverses(g), 0);
        }

        return (shifted != 0, refining != 0, constants != 0);
    }

    /// <summary>Whether a group's sums are not enough, after <see cref="Finish"/>.</summary>
    public bool NeedsRefining(int group) => Inverses(group) < 0;

    /// <summary>
    /// All bits of each lane whose group needs another shift. None for groups of two floats: where the two are close, sums and squares are
    /// exact in double.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Imprecise<T>(Vector256<double> mean, Vector256<double> variance, Vector256<double> shift,
        Vector256<double> mu, double n)
    {
        if (typeof(T) != typeof(double))
            return n == 2 ? default : Vector256.GreaterThan(mean * mean, variance * Vector256.Create(LargestMeanSquare));

        // A mean near 0 needs unshifted sums: x − shift would round away the low digits of values near 0.
        var limit = variance * Vector256.Create(LargestMeanSquareOfDoubles);
        return Vector256.GreaterThan(mean * mean, limit)
            | (Vector256.GreaterThan(shift * shift, default) & Vector256.GreaterThan(limit, mu * mu));
    }

    /// <summary>
    /// All bits of each lane whose group <see cref="NeedsRefining"/>: of Single and Byte, as its mean is so small beside the values that it
    /// needs a sum without rounding; of doubles, as its variance is not finite, or below 2^-960 and not all values are known to be equal.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<double> Lost<T>(Vector256<double> mean, Vector256<double> variance, Vector256<double> shift,
        Vector256<double> mu)
    {
        if (typeof(T) != typeof(double))
            return Vector256.GreaterThan(variance * Vector256.Create(SmallestMeanSquare), mu * mu);
        var inRange = Vector256.GreaterThan(variance, Vector256.Create(SmallestVarianceOfDoubles))
            & Vector256.GreaterThan(Vector256.Create(double.PositiveInfinity), variance);

        // Squares that add up to 0 beside a shift of 2^-400 or more: each d is 0, and all values are the shift.
        var areEqual = Vector256.Equals((mean * mean) + variance, default)
            & Vector256.GreaterThan(shift * shift, Vector256.Create(SmallestSquareOfShift));
        return ~(inRange | areEqual);
    }
}
