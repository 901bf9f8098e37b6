using System.Text;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>A table that reads as well in a console as in Markdown: columns are padded.</summary>
internal sealed class MarkdownTable(params string[] header)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        int[] widths = [.. header.Select((title, i) => _rows.Select(row => row[i].Length).Append(title.Length).Max())];
        var text = new StringBuilder();
        foreach (string[] row in _rows.Prepend([.. widths.Select(width => new string('-', width))]).Prepend(header))
            text.Append("| ").AppendJoin(" | ", row.Select((cell, i) => cell.PadRight(widths[i]))).Append(" |\n");
        return text.ToString();
    }
}
