using Microsoft.ML.Data;

namespace MLNetGroupNorm.Samples.Images.Files;

/// <summary>The pixels of one resized image, 0 to 1, and its class.</summary>
public sealed class PixelRow
{
    public const int Side = 28;
    public const int Colours = 3;

    /// <summary>Shape (row, column, colour).</summary>
    [VectorType(Side, Side, Colours)]
    public float[] Pixels { get; set; } = [];

    public string Label { get; set; } = "";
}
