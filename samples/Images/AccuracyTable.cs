using System.Globalization;
using Spectre.Console;

namespace MLNetGroupNorm.Samples.Images;

/// <summary>
/// Accuracies in percent, one line for each light and for each mean, one column for each pipeline, the best of a line marked.
/// </summary>
internal static class AccuracyTable
{
    public static void Write(IReadOnlyList<Accuracy> accuracies)
    {
        string[] pipelines = [.. accuracies.Select(a => a.Pipeline).Distinct()];
        // Even light is the same for every change, so it is one line.
        var lights = accuracies.GroupBy(a => a.Strength == 0 ? "even light" : Light(a))
            .Select(light => Line(light.Key, light.DistinctBy(a => a.Pipeline).Select(a => (a.Pipeline, a.Share))));
        var means = accuracies.GroupBy(a => a.Change)
            .Select(change => Line($"mean of {change.Key}", Accuracy.Means(change)))
            .Append(Line("mean of all lights", Accuracy.Means(accuracies)));
        if (AnsiConsole.Profile.Out.IsTerminal) WriteTable(pipelines, lights, means);
        else WriteLines(pipelines, lights, means);

        string[] Line(string title, IEnumerable<(string Pipeline, double Share)> shares)
        {
            var byPipeline = shares.ToDictionary(share => share.Pipeline, share => share.Share);
            return [title, .. pipelines.Select(p => Accuracy.Percent(byPipeline[p]) + (byPipeline[p] == byPipeline.Values.Max() ? "*" : " "))];
        }
    }

    private static string Light(Accuracy accuracy) =>
        string.Create(CultureInfo.InvariantCulture, $"{accuracy.Change}: {100 * accuracy.Strength:0} {accuracy.Unit}");

    private static void WriteTable(string[] pipelines, IEnumerable<string[]> lights, IEnumerable<string[]> means)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumn("light").AddColumns(pipelines);
        foreach (var line in lights) table.AddRow(Marked(line));
        table.AddEmptyRow();
        foreach (var line in means) table.AddRow(Marked(line));
        AnsiConsole.Write(table);

        static string[] Marked(string[] line) =>
            [line[0], .. line.Skip(1).Select(cell => cell.EndsWith('*') ? $"[bold green]{cell}[/]" : cell)];
    }

    private static void WriteLines(string[] pipelines, IEnumerable<string[]> lights, IEnumerable<string[]> means)
    {
        const int FirstWidth = 44;
        WriteLine(["light", .. pipelines]);
        foreach (var line in lights) WriteLine(line);
        Console.WriteLine();
        foreach (var line in means) WriteLine(line);

        void WriteLine(string[] line) => Console.WriteLine((line[0].PadRight(FirstWidth)
            + string.Concat(line.Skip(1).Zip(pipelines, (cell, head) => "  " + cell.PadLeft(head.Length)))).TrimEnd());
    }
}
