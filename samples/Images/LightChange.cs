namespace MLNetGroupNorm.Samples.Images;

/// <summary>One way in which the light of a picture changes, as a camera with 8 bits per colour would record it.</summary>
public sealed class LightChange
{
    /// <summary>
    /// The change of a picture by the strength and the picture's random numbers: from a pixel's value and place, which is
    /// 0 to 1 from the left and 0 to 1 from the top, to its new value.
    /// </summary>
    private readonly Func<float, Random, Func<float, float, float, float>> _change;

    private LightChange(
        string name, string unit, float[] strengths, Func<float, Random, Func<float, float, float, float>> change)
    {
        Name = name;
        Unit = unit;
        Strengths = strengths;
        _change = change;
    }

    /// <summary>Dusk and noon: every pixel darker in one half of the pictures, brighter in the other.</summary>
    public static LightChange Brightness { get; } = new("brightness", "% of white up or down", [0, 0.1f, 0.2f, 0.35f, 0.5f],
        (strength, random) =>
        {
            var shift = random.Next(2) == 0 ? -strength : strength;
            return (pixel, _, _) => pixel + shift;
        });

    /// <summary>Mist: every pixel nearer to grey.</summary>
    public static LightChange Contrast { get; } = new("contrast", "% lost", [0, 0.3f, 0.6f, 0.8f, 0.9f],
        (strength, _) => (pixel, _, _) => 0.5f + (pixel - 0.5f) * (1 - strength));

    /// <summary>A lamp at one side: light falls off across the picture, in another direction for each.</summary>
    public static LightChange Gradient { get; } = new("gradient", "% lost at the far edge", [0, 0.25f, 0.5f, 0.7f, 0.9f],
        (strength, random) =>
        {
            var (sin, cos) = MathF.SinCos(random.NextSingle() * MathF.Tau);
            var reach = MathF.Abs(sin) + MathF.Abs(cos);
            return (pixel, x, y) => pixel * (1 - strength * (0.5f + ((x - 0.5f) * cos + (y - 0.5f) * sin) / reach));
        });

    /// <summary>Too little light for the sensor: normally distributed noise in each colour of each pixel.</summary>
    public static LightChange Noise { get; } = new("noise", "% of white (standard deviation)", [0, 0.1f, 0.2f, 0.4f, 0.6f],
        (strength, random) => (pixel, _, _) => pixel + strength * Normal(random));

    public static IReadOnlyList<LightChange> All { get; } = [Brightness, Contrast, Gradient, Noise];

    public string Name { get; }

    /// <summary>What <see cref="Strengths"/> are, for an axis in percent.</summary>
    public string Unit { get; }

    /// <summary>From none, which is even light, to strong.</summary>
    public IReadOnlyList<float> Strengths { get; }

    /// <summary>The picture under the changed light; the same for the same seed.</summary>
    public PixelRow Apply(PixelRow row, float strength, int seed)
    {
        var change = _change(strength, new Random(seed));
        var pixels = new float[row.Pixels.Length];
        for (var i = 0; i < pixels.Length; i++)
        {
            var (y, x) = Math.DivRem(i / PixelRow.Colours, PixelRow.Side);
            var level = MathF.Round(255 * change(row.Pixels[i], x / (PixelRow.Side - 1f), y / (PixelRow.Side - 1f)));
            pixels[i] = Math.Clamp(level, 0, 255) / 255;
        }
        return new PixelRow { Pixels = pixels, Label = row.Label };
    }

    /// <summary>A standard normal number (Box and Muller).</summary>
    private static float Normal(Random random) =>
        MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle())) * MathF.Cos(MathF.Tau * random.NextSingle());
}
