using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Tests.Images;

public sealed class LightChangeTests
{
    /// <summary>Half of a level: a camera's rounding.</summary>
    private const float Rounding = 0.5f / 255 + 1e-6f;

    private readonly PixelRow _row = Pictures.Random(seed: 1);

    public static TheoryData<string> Names => [.. LightChange.All.Select(change => change.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void No_strength_changes_nothing(string name)
    {
        var changed = Named(name).Apply(_row, strength: 0, seed: 1);

        Assert.Equal(_row.Pixels, changed.Pixels);
        Assert.Equal(_row.Label, changed.Label);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_strength_gives_whole_levels_the_same_for_the_same_seed_and_leaves_the_row_alone(string name)
    {
        var before = _row.Pixels.ToArray();
        foreach (var strength in Named(name).Strengths.Skip(1))
        {
            var changed = Named(name).Apply(_row, strength, seed: 3);

            Assert.Equal(changed.Pixels, Named(name).Apply(_row, strength, seed: 3).Pixels);
            Assert.NotEqual(_row.Pixels, changed.Pixels);
            Assert.All(changed.Pixels, value => Assert.Equal(MathF.Round(value * 255) / 255, value));
            Assert.All(changed.Pixels, value => Assert.InRange(value, 0, 1));
        }
        Assert.Equal(before, _row.Pixels);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Strengths_rise_from_none(string name)
    {
        Assert.Equal(0, Named(name).Strengths[0]);
        Assert.Equal(Named(name).Strengths.Order().Distinct(), Named(name).Strengths);
    }

    [Fact]
    public void Brightness_shifts_all_pixels_alike_up_for_some_pictures_and_down_for_others()
    {
        var grey = Grey(0.5f);
        var shifts = Enumerable.Range(0, 20)
            .Select(seed => LightChange.Brightness.Apply(grey, 0.2f, seed).Pixels.Distinct().Single());

        Assert.All(shifts, value => Assert.Equal(0.2f, MathF.Abs(value - 0.5f), Rounding));
        Assert.Equal(2, shifts.Distinct().Count());
    }

    [Fact]
    public void Contrast_draws_pixels_towards_grey() => Assert.All(
        LightChange.Contrast.Apply(_row, 0.8f, seed: 1).Pixels.Zip(_row.Pixels),
        pair => Assert.Equal((pair.Second - 0.5f) * 0.2f, pair.First - 0.5f, Rounding));

    [Fact]
    public void Gradient_takes_nothing_at_one_edge_and_the_strength_at_the_other_in_other_directions()
    {
        var directions = new HashSet<int>();
        for (var seed = 0; seed < 20; seed++)
        {
            var pixels = LightChange.Gradient.Apply(Grey(1), 0.6f, seed).Pixels;
            Assert.Equal(1, pixels.Max(), Rounding);
            Assert.Equal(0.4f, pixels.Min(), Rounding);
            directions.Add(Array.IndexOf(pixels, pixels.Min()));
        }
        Assert.True(directions.Count >= 4, $"{directions.Count} places where it is darkest"); // each corner, or beside it
    }

    [Fact]
    public void Noise_has_the_strength_for_its_standard_deviation()
    {
        var pixels = Enumerable.Range(0, 10).SelectMany(seed => LightChange.Noise.Apply(Grey(0.5f), 0.1f, seed).Pixels).ToArray();

        var mean = pixels.Average();
        var deviation = Math.Sqrt(pixels.Average(value => Math.Pow(value - mean, 2)));
        Assert.Equal(0.5, mean, tolerance: 0.004); // 6 standard errors of 23,520 draws
        Assert.Equal(0.1, deviation, tolerance: 0.003);
    }

    private static LightChange Named(string name) => LightChange.All.Single(change => change.Name == name);

    private static PixelRow Grey(float level) => new()
    {
        Pixels = [.. Enumerable.Repeat(MathF.Round(255 * level) / 255, PixelRow.Side * PixelRow.Side * PixelRow.Colours)],
    };
}
