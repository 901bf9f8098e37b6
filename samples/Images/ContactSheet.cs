using MLNetGroupNorm.Samples.Images.Strokes;
using SkiaSharp;

namespace MLNetGroupNorm.Samples.Images;

/// <summary>Pictures in a grid, with words above each column and before each row and a percentage under each picture.</summary>
internal static class ContactSheet
{
    private const int Tile = 4 * PixelRow.Side;
    private const int Gap = 20;
    private const int HeadHeight = 34;
    private const int HeadWidth = 210;
    private const int RowHeight = Tile + 30;
    private const float TextSize = 12;

    private static readonly SKColor _ink = new(0x30, 0x30, 0x30);
    private static readonly SKColor _best = new(0x00, 0x80, 0x5C);

    /// <summary>Draws the sheet.</summary>
    /// <param name="path">The PNG file to write.</param>
    /// <param name="columns">The words above the columns.</param>
    /// <param name="rows">
    /// The words before the rows, and for each column a picture, of shape (row, column, colour), 0 to 1, and a share from 0 to 1,
    /// the best of a column in green. A column without a picture shows its share alone.
    /// </param>
    public static void Save(
        string path, IReadOnlyList<string> columns, IReadOnlyList<(string Name, IReadOnlyList<(float[]? Picture, double Share)> Tiles)> rows)
    {
        using var sheet = new SKBitmap(HeadWidth + columns.Count * (Tile + Gap), HeadHeight + rows.Count * RowHeight);
        using var canvas = new SKCanvas(sheet);
        canvas.Clear(SKColors.White);
        for (var column = 0; column < columns.Count; column++)
        {
            var left = HeadWidth + column * (Tile + Gap);
            var best = rows.Max(row => row.Tiles[column].Share);
            Write(canvas, columns[column], left + Tile / 2f, HeadHeight / 2f, align: 0.5f);
            for (var row = 0; row < rows.Count; row++)
            {
                var top = HeadHeight + row * RowHeight;
                var (picture, share) = rows[row].Tiles[column];
                if (column == 0) Write(canvas, rows[row].Name, HeadWidth - 12, top + Tile / 2f, align: 1);
                if (picture is not null)
                {
                    using var tile = ToBitmap(picture);
                    canvas.DrawBitmap(tile, SKRect.Create(left, top, Tile, Tile));
                }
                Write(canvas, $"{Accuracy.Percent(share)} %", left + Tile / 2f, top + (picture is null ? Tile / 2f : Tile + 14), align: 0.5f,
                    share == best ? _best : _ink, picture is null ? 1.5f * TextSize : TextSize);
            }
        }
        using var file = File.Create(path);
        sheet.Encode(file, SKEncodedImageFormat.Png, quality: 100);
    }

    private static void Write(
        SKCanvas canvas, string text, float x, float y, float align, SKColor? colour = null, float size = TextSize) =>
        StrokeText.Draw(canvas, text, new SKPoint(x, y), size, colour ?? _ink, align);

    private static SKBitmap ToBitmap(float[] values)
    {
        byte Level(int index) => (byte)Math.Clamp(255 * values[index], 0, 255);
        var pixels = Enumerable.Range(0, PixelRow.Side * PixelRow.Side).Select(i => PixelRow.Colours * i)
            .Select(red => new SKColor(Level(red), Level(red + 1), Level(red + 2)));
        return new SKBitmap(PixelRow.Side, PixelRow.Side) { Pixels = [.. pixels] };
    }
}
