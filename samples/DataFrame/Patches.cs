using System.Globalization;

namespace MLNetGroupNorm.Samples.DataFrames;

/// <summary>
/// Small squares cut from a satellite's pictures, invented: 4 bands (the channels) of 3 x 3 pixels, a column for each pixel, and
/// columns that say which patch it is and what grows there. Two groups: (blue, green) and (red, infrared).
/// </summary>
internal static class Patches
{
    public const int Count = 150;
    public const int Channels = 4;
    public const int Groups = 2;
    public const int PixelsPerBand = 9;
    private const int PatchWithGap = 16;

    private static readonly string[] _bands = ["blue", "green", "red", "infrared"];

    /// <summary>How bright each band is in even light.</summary>
    private static readonly (string Name, double[] Brightness)[] _sites =
        [("field", [300, 500, 600, 1500]), ("forest", [200, 400, 250, 2000]), ("water", [400, 350, 200, 100])];

    /// <summary>The pixel columns in the order of a tensor with channels first: blue1 ... blue9, green1 ... infrared9.</summary>
    public static readonly string[] PixelColumns = [.. _bands.SelectMany(ColumnsOfBand)];

    public static string[] ColumnsOfBand(string band) =>
        [.. Enumerable.Range(1, PixelsPerBand).Select(pixel => $"{band}{pixel}")];

    /// <summary>The pixel columns of one group: of channels side by side.</summary>
    public static string[] ColumnsOfGroup(int group) => PixelColumns.Chunk(PixelColumns.Length / Groups).ElementAt(group);

    /// <summary>Writes the patches, one a line, under light that differs from patch to patch. One has a pixel missing.</summary>
    public static void Write(string path)
    {
        var random = new Random(1);
        using var file = new StreamWriter(path);
        file.WriteLine($"patch,site,{string.Join(',', PixelColumns)}");
        for (int patch = 0; patch < Count; patch++)
        {
            var (site, brightness) = _sites[random.Next(_sites.Length)];
            double light = 0.2 + 1.8 * random.NextDouble();
            var cells = brightness.SelectMany(band => Enumerable.Range(0, PixelsPerBand).Select(_ =>
                (light * band * (0.8 + 0.4 * random.NextDouble())).ToString("F1", CultureInfo.InvariantCulture))).ToArray();
            if (patch == PatchWithGap)
                cells[0] = "";
            file.WriteLine($"{patch + 1},{site},{string.Join(',', cells)}");
        }
    }
}
