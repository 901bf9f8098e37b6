using MLNetGroupNorm.Samples.Images.Strokes;
using SkiaSharp;

namespace MLNetGroupNorm.Samples.Images;

/// <summary>Pictures in a grid with a word above each column and before each row.</summary>
internal static class ContactSheet
{
    private const int Tile = 4 * PixelRow.Side;
    private const int Gap = 8;
    private const int HeadHeight = 34;
    private const int HeadWidth = 210;
    private const float TextSize = 12;

    /// <summary>Draws the sheet.</summary>
    /// <param name="path">The PNG file to write.</param>
    /// <param name="columns">The words above the columns.</param>
    /// <param name="rows">The words before the rows, and a picture for each column: shape (row, column, colour), 0 to 1.</param>
    public static void Save(
        string path, IReadOnlyList<string> columns, IReadOnlyList<(string Name, IReadOnlyList<float[]> Tiles)> rows)
    {
        using var sheet = new SKBitmap(HeadWidth + columns.Count * (Tile + Gap), HeadHeight + rows.Count * (Tile + Gap));
        using var canvas = new SKCanvas(sheet);
        canvas.Clear(SKColors.White);
        for (var column = 0; column < columns.Count; column++)
            Write(canvas, columns[column], Left(column) + Tile / 2f, HeadHeight / 2f, align: 0.5f);
        for (var row = 0; row < rows.Count; row++)
        {
            var top = HeadHeight + row * (Tile + Gap);
            Write(canvas, rows[row].Name, HeadWidth - 12, top + Tile / 2f, align: 1);
            for (var column = 0; column < columns.Count; column++)
            {
                using var tile = ToBitmap(rows[row].Tiles[column]);
                canvas.DrawBitmap(tile, SKRect.Create(Left(column), top, Tile, Tile));
            }
        }
        using var file = File.Create(path);
        sheet.Encode(file, SKEncodedImageFormat.Png, quality: 100);
    }

    private static int Left(int column) => HeadWidth + column * (Tile + Gap);

    private static void Write(SKCanvas canvas, string text, float x, float y, float align) =>
        StrokeText.Draw(canvas, text, new SKPoint(x, y), TextSize, new SKColor(0x30, 0x30, 0x30), align);

    private static SKBitmap ToBitmap(float[] values)
    {
        byte Level(int index) => (byte)Math.Clamp(255 * values[index], 0, 255);
        var pixels = Enumerable.Range(0, PixelRow.Side * PixelRow.Side).Select(i => PixelRow.Colours * i)
            .Select(red => new SKColor(Level(red), Level(red + 1), Level(red + 2)));
        return new SKBitmap(PixelRow.Side, PixelRow.Side) { Pixels = [.. pixels] };
    }
}
