using System.Globalization;
using Microsoft.Data.Analysis;
using Microsoft.ML;

namespace MLNetGroupNorm.Samples.DataFrames;

/// <summary>The way back: results among other columns, filtered by what they say and joined with what else is known.</summary>
internal static class FilterAndJoin
{
    public static void Run(IDataView data, Checks checks)
    {
        // The results alone: the patch's number leads back to the rest.
        var results = data.ToDataFrame(-1, "patch", "normalized");
        results["after"] = InfraredLessRed(results, "normalized");
        var green = results.Filter(results["after"].ElementwiseGreaterThan(0));

        var rest = data.ToDataFrame(-1, "patch", "site", "pixels");
        rest["before"] = InfraredLessRed(rest, "pixels");
        var joined = green.Merge(rest, ["patch"], ["patch"], joinAlgorithm: JoinAlgorithm.Inner);

        Console.WriteLine($"{joined.Rows.Count} of {results.Rows.Count} patches have more infrared than red. Infrared less red:");
        Console.WriteLine("site       patches   before normalization   after");
        foreach (string site in new[] { "field", "forest" })
        {
            var rows = joined.Filter(joined["site"].ElementwiseEquals(site));
            string before = Range(rows["before"], "F0"), after = Range(rows["after"], "F2");
            Console.WriteLine($"{site,-10} {rows.Rows.Count,7}   {before,-20}   {after}");
        }

        checks.That("these are all the fields and forests, and no water",
            joined.Rows.Count == rest.Filter(rest["site"].ElementwiseNotEquals("water")).Rows.Count
            && joined["site"].ElementwiseNotEquals("water").All());
        checks.That("each row still has its own vectors",
            joined.Vectors("normalized").Zip(joined.Vectors("pixels"), Columns.IsNormalized).All(same => same));
    }

    private static DataFrameColumn InfraredLessRed(DataFrame frame, string vectors)
    {
        var pixels = frame.Vectors(vectors).Slots(Patches.PixelColumns);
        return pixels.Statistics(Patches.ColumnsOfBand("infrared")).Mean - pixels.Statistics(Patches.ColumnsOfBand("red")).Mean;
    }

    private static string Range(DataFrameColumn column, string format) =>
        $"{Number(column.Min(), format)} to {Number(column.Max(), format)}";

    private static string Number(object value, string format) => ((double)value).ToString(format, CultureInfo.InvariantCulture);
}
