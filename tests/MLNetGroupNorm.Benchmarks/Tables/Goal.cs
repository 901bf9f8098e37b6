using System.Globalization;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>What is to be reached, and what was measured.</summary>
internal sealed record Goal(string What, double Measured, double Limit, bool AtLeast = false)
{
    private bool Holds => AtLeast ? Measured >= Limit : Measured <= Limit;

    public static void Write(Report report, IEnumerable<Goal> goals)
    {
        var table = new MarkdownTable("goal", "limit", "measured", "");
        foreach (var goal in goals)
            table.Add(goal.What, string.Create(CultureInfo.InvariantCulture, $"{(goal.AtLeast ? '≥' : '≤')} {goal.Limit:0.00}"),
                Report.Number(goal.Measured), goal.Holds ? "held" : "NOT HELD");
        report.Write(table);
    }
}
