using MLNetGroupNorm.Samples.Images.Files;

namespace MLNetGroupNorm.Samples.Serving;

/// <summary>One colour of the resized picture, row by row, before and after normalization.</summary>
internal sealed record ColourPlane(string Name, int Width, float[] Before, float[] After)
{
    private static readonly string[] _names = ["red", "green", "blue"];

    public static IReadOnlyList<ColourPlane> Of(Prediction prediction) =>
    [
        .. _names.Select((name, colour) =>
            new ColourPlane(name, PixelRow.Side, Take(prediction.Pixels, colour), Take(prediction.Features, colour))),
    ];

    private static float[] Take(float[] interleaved, int colour) =>
        [.. interleaved.Where((_, i) => i % PixelRow.Colours == colour)];
}
