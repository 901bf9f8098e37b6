using Microsoft.ML.Data;

namespace MLNetGroupNorm.Samples.FeatureMaps;

/// <summary>A small grey picture of stripes. Its class is their direction.</summary>
internal sealed class Texture
{
    public const int Size = 24;
    private const int Directions = 4;

    /// <summary>Grey values of about 0 to 1, row by row. ApplyOnnxModel goes by names: the models call their input so.</summary>
    [ColumnName("pixels"), VectorType(Size * Size)]
    public required float[] Pixels { get; init; }

    /// <summary>The direction, from 0. Read back as a key it counts from 1, since there 0 stands for a missing one.</summary>
    [KeyType(Directions)]
    public required uint Label { get; init; }

    /// <summary>Stripes up to 15 degrees off their direction, of any width, contrast and brightness, under noise.</summary>
    public static Texture Draw(Random random)
    {
        int direction = random.Next(Directions);
        var (sin, cos) = Math.SinCos((45 * direction + random.Between(-15, 15)) * Math.PI / 180);
        double frequency = 2 * Math.PI / random.Between(4, 8);
        double phase = random.Between(0, 2 * Math.PI);
        double contrast = random.Between(0.05, 0.3);
        double brightness = random.Between(0.3, 0.7);

        var pixels = new float[Size * Size];
        for (int at = 0; at < pixels.Length; at++)
        {
            var (y, x) = Math.DivRem(at, Size);
            double wave = Math.Sin((x * sin + y * cos) * frequency + phase);
            pixels[at] = (float)(brightness + contrast * wave + random.Between(-0.2, 0.2));
        }

        return new Texture { Pixels = pixels, Label = (uint)direction };
    }

    /// <summary>The same picture with the same added to every pixel.</summary>
    public Texture Brighter(float by) => new() { Pixels = Array.ConvertAll(Pixels, pixel => pixel + by), Label = Label };
}

internal static class RandomExtensions
{
    public static double Between(this Random random, double low, double high) => low + (high - low) * random.NextDouble();

    public static float[] Between(this Random random, double low, double high, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)random.Between(low, high))];
}
