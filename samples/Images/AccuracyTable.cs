using System.Globalization;
using Spectre.Console;

namespace MLNetGroupNorm.Samples.Images;

/// <summary>Accuracies in percent, one line for each light, one column for each pipeline, the best of a line marked.</summary>
internal static class AccuracyTable
{
    public static void Write(IReadOnlyList<Accuracy> accuracies)
    {
        string[] heads = ["light", .. accuracies.Select(a => a.Pipeline).Distinct()];
        var lines = accuracies.GroupBy(a => a.Strength == 0 ? "even light" : Light(a)).Select(ToLine);
        if (AnsiConsole.Profile.Out.IsTerminal) WriteTable(heads, lines);
        else WriteLines(heads, lines);
    }

    private static string Light(Accuracy accuracy) =>
        string.Create(CultureInfo.InvariantCulture, $"{accuracy.Change}: {100 * accuracy.Strength:0} {accuracy.Unit}");

    private static Line ToLine(IGrouping<string, Accuracy> line)
    {
        // Even light is the same for every change, so one answer of each pipeline is all of them.
        var pipelines = line.DistinctBy(a => a.Pipeline).ToArray();
        var best = pipelines.Max(a => a.Share);
        return new Line(line.Key,
            [.. pipelines.Select(a => ((100 * a.Share).ToString("F1", CultureInfo.InvariantCulture), a.Share == best))]);
    }

    private static void WriteTable(string[] heads, IEnumerable<Line> lines)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns(heads);
        foreach (var (light, cells) in lines)
            table.AddRow([light, .. cells.Select(cell => cell.IsBest ? $"[bold green]{cell.Percent}[/]" : cell.Percent)]);
        AnsiConsole.Write(table);
    }

    private static void WriteLines(string[] heads, IEnumerable<Line> lines)
    {
        const int FirstWidth = 44;
        Console.WriteLine(heads[0].PadRight(FirstWidth) + string.Concat(heads.Skip(1).Select(head => "  " + head)));
        foreach (var (light, cells) in lines)
            Console.WriteLine((light.PadRight(FirstWidth) + string.Concat(cells.Zip(heads.Skip(1), (cell, head) =>
                "  " + (cell.Percent + (cell.IsBest ? "*" : " ")).PadLeft(head.Length)))).TrimEnd());
    }

    private sealed record Line(string Light, IReadOnlyList<(string Percent, bool IsBest)> Cells);
}
