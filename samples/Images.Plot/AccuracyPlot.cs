using System.Globalization;
using MLNetGroupNorm.Samples.Images.Strokes;
using ScottPlot;
using ScottPlot.TickGenerators;
using SkiaSharp;

namespace MLNetGroupNorm.Samples.Images.Plot;

/// <summary>
/// Accuracy against strength, one panel for each change of the light. ScottPlot draws all but the text, which is
/// written with pen strokes: on a machine without fonts ScottPlot's own labels would be missing or boxes.
/// </summary>
internal static class AccuracyPlot
{
    private const int PanelWidth = 600;
    private const int PanelHeight = 400;
    private const int Columns = 2;
    private const int LegendHeight = 60;
    private const float TextSize = 13;

    private static readonly SKColor _ink = new(0x30, 0x30, 0x30);
    private static readonly PixelPadding _margins = new(left: 70, right: 74, bottom: 60, top: 40);
    private static readonly ScottPlot.Palettes.ColorblindFriendly _palette = new();

    private static int Main(string[] args)
    {
        if (args is not [var table, var picture])
        {
            Console.Error.WriteLine("Usage: Images.Plot accuracy.csv accuracy.png");
            return 2;
        }
        Save(Accuracy.Read(table), picture);
        return 0;
    }

    private static void Save(IReadOnlyList<Accuracy> accuracies, string path)
    {
        var panels = accuracies.GroupBy(a => a.Change).ToArray();
        var rows = (panels.Length + Columns - 1) / Columns;
        using var bitmap = new SKBitmap(Columns * PanelWidth, rows * PanelHeight + LegendHeight);
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.White);
        for (var i = 0; i < panels.Length; i++)
        {
            using var panel = DrawPanel([.. panels[i]]);
            canvas.DrawBitmap(panel, i % Columns * PanelWidth, i / Columns * PanelHeight);
        }
        DrawLegend(canvas, [.. accuracies.Select(a => a.Pipeline).Distinct()], rows * PanelHeight + LegendHeight / 2f);

        using var file = File.Create(path);
        bitmap.Encode(file, SKEncodedImageFormat.Png, quality: 100);
    }

    private static SKBitmap DrawPanel(IReadOnlyList<Accuracy> accuracies)
    {
        var bitmap = new SKBitmap(PanelWidth, PanelHeight);
        using var canvas = new SKCanvas(bitmap);
        using var plot = new ScottPlot.Plot();
        var pipelines = accuracies.GroupBy(a => a.Pipeline).ToArray();
        for (var i = pipelines.Length - 1; i >= 0; i--)
        {
            var line = plot.Add.Scatter(
                pipelines[i].Select(a => 100.0 * a.Strength).ToArray(), pipelines[i].Select(a => 100 * a.Share).ToArray());
            line.Color = _palette.GetColor(i);
            // Wide below narrow: lines that coincide show as stripes.
            line.LineWidth = 2 + 2.5f * i;
            line.MarkerSize = 7 + 4 * i;
        }
        var strengths = accuracies.Select(a => 100.0 * a.Strength).Distinct().ToArray();
        double[] percents = [0, 20, 40, 60, 80, 100];
        plot.Axes.Bottom.TickGenerator = new NumericManual(strengths, new string[strengths.Length]);
        plot.Axes.Left.TickGenerator = new NumericManual(percents, new string[percents.Length]);
        plot.Axes.SetLimits(-0.04 * strengths[^1], 1.04 * strengths[^1], 0, 104);
        plot.Layout.Fixed(_margins);
        plot.Render(canvas, new PixelRect(0, PanelWidth, PanelHeight, 0));

        foreach (var strength in strengths)
        {
            var tick = plot.GetPixel(new Coordinates(strength, 0));
            Write(canvas, Format(strength), tick.X, tick.Y + 18, align: 0.5f);
        }
        foreach (var percent in percents)
        {
            var tick = plot.GetPixel(new Coordinates(0, percent));
            Write(canvas, Format(percent), _margins.Left - 12, tick.Y, align: 1);
        }
        DrawEnds(canvas, [.. pipelines.Select((of, i) => (i, of.Last().Share, plot.GetPixel(new Coordinates(0, 100 * of.Last().Share)).Y))]);
        var middle = (_margins.Left + PanelWidth - _margins.Right) / 2f;
        Write(canvas, accuracies[0].Change, middle, _margins.Top / 2f, align: 0.5f, size: 16);
        Write(canvas, accuracies[0].Unit, middle, PanelHeight - 16, align: 0.5f);
        Write(canvas, "right answers, %", 18, (_margins.Top + PanelHeight - _margins.Bottom) / 2f, align: 0.5f, degrees: -90);
        return bitmap;
    }

    /// <summary>The last value of each line beside its end, each a little lower where the one above would cover it.</summary>
    private static void DrawEnds(SKCanvas canvas, IEnumerable<(int Pipeline, double Share, float Y)> ends)
    {
        const float Apart = 17;
        var lowest = float.NegativeInfinity;
        foreach (var (pipeline, share, y) in ends.OrderBy(end => end.Y))
        {
            lowest = Math.Max(y, lowest + Apart);
            DrawDot(canvas, pipeline, PanelWidth - _margins.Right + 14, lowest, radius: 5);
            Write(canvas, Accuracy.Percent(share), PanelWidth - _margins.Right + 24, lowest, align: 0);
        }
    }

    private static void DrawDot(SKCanvas canvas, int pipeline, float x, float y, float radius)
    {
        using var dot = new SKPaint { Color = _palette.GetColor(pipeline).ToSKColor(), IsAntialias = true };
        canvas.DrawCircle(x, y, radius, dot);
    }

    private static void DrawLegend(SKCanvas canvas, string[] pipelines, float y)
    {
        var place = Columns * PanelWidth / (float)pipelines.Length;
        for (var i = 0; i < pipelines.Length; i++)
        {
            DrawDot(canvas, i, i * place + 30, y, radius: 7);
            Write(canvas, pipelines[i], i * place + 46, y, align: 0);
        }
    }

    private static void Write(
        SKCanvas canvas, string text, float x, float y, float align, float size = TextSize, float degrees = 0) =>
        StrokeText.Draw(canvas, text, new SKPoint(x, y), size, _ink, align, degrees);

    private static string Format(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
