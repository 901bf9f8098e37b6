namespace MLNetGroupNorm.Tests.Reference;

/// <summary>Values that break kernels of group normalization, by name; the same for the same seed.</summary>
internal static class Inputs
{
    private static readonly Dictionary<string, Func<Random, int, double>> _generators = new()
    {
        ["N(0, 1)"] = (random, _) => Normal(random),
        ["N(1e3, 1)"] = (random, _) => 1e3 + Normal(random),
        ["N(1e5, 1)"] = (random, _) => 1e5 + Normal(random),
        ["N(1e7, 10)"] = (random, _) => 1e7 + (10 * Normal(random)),
        ["N(100, 0.01)"] = (random, _) => 100 + (0.01 * Normal(random)),
        ["pixels"] = (random, _) => random.Next(256),
        ["flat 250, some 251"] = (random, _) => random.Next(50) == 0 ? 251 : 250,
        ["log-normal"] = (random, _) => Math.Exp(3 * Normal(random)),
        ["signed log-normal"] = (random, _) => Math.Exp(3 * Normal(random)) * (random.Next(2) == 0 ? 1 : -1),
        ["one of 1e30 among ones"] = (_, i) => i == 1 ? 1e30 : 1,
        ["1e30 and -1e30 among small ones"] = (random, i) => i == 1 ? 1e30 : i == 3 ? -1e30 : Normal(random),
        ["cancelling but for crumbs"] = (random, i) => (i % 4) switch { 0 => 1e8, 1 => -1e8, 2 => 1e-8 * (i + 1), _ => 0 },
        ["symmetric ramp"] = (_, i) => (i % 2 == 0 ? 1 : -1) * ((i / 2) + 0.1f),
        ["a first block far from the rest"] = (random, i) => i < 5000 ? 5 + (1e-3 * Normal(random)) : 1e6 + Normal(random),
        ["a constant block, then noise"] = (random, i) => i < 4500 ? 3 : Normal(random),
        ["one step in a constant"] = (_, i) => i == 1 ? MathF.BitIncrement(1e6f) : 1e6f,
        ["1e18"] = (random, _) => 1e18 * Normal(random),
        ["1e25"] = (random, _) => 1e25 * Normal(random),
        ["1e-20"] = (random, _) => 1e-20 * Normal(random),
        ["subnormal"] = (random, _) => random.Next(-1000, 1000) * (double)float.Epsilon,
        ["largest"] = (random, _) => random.Next(2) == 0 ? float.MaxValue : -float.MaxValue,
        ["all magnitudes"] = (random, _) => BitConverter.Int32BitsToSingle(random.Next(0x7F7F_FFFF) | (random.Next(2) << 31)),
        ["constant 100.1"] = (_, _) => 100.1f,
        ["constant 1e6"] = (_, _) => 1e6f,
        ["constant largest"] = (_, _) => float.MaxValue,
        ["constant smallest"] = (_, _) => float.Epsilon,
        ["constant 0"] = (_, _) => 0,
        ["constant -0.1"] = (_, _) => -0.1f,
    };

    public static IEnumerable<string> Names => _generators.Keys;

    /// <summary>Every input in both layouts, without and with an affine.</summary>
    public static TheoryData<string, TensorLayout, bool> Cases =>
        new MatrixTheoryData<string, TensorLayout, bool>(Names, Enum.GetValues<TensorLayout>(), [false, true]);

    /// <summary>Values of an input, for Single: each of them is a float.</summary>
    public static float[] Single(string name, int count, int seed) =>
        [.. Values(name, count, seed).Select(value => (float)value)];

    /// <summary>The same for Double, with all the digits that one has.</summary>
    public static IEnumerable<double> Values(string name, int count, int seed)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(i => _generators[name](random, i));
    }

    /// <summary>Weight and bias for a number of channels, none of them alike.</summary>
    public static GroupNormAffine Affine(int channels) =>
        new(Single("N(0, 1)", channels, seed: 1), Single("N(0, 1)", channels, seed: 2));

    private static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(Math.Tau * random.NextDouble());
}
