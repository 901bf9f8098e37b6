using System.Globalization;
using Microsoft.Data.Analysis;
using Microsoft.ML;

namespace MLNetGroupNorm.Samples.DataFrames;

/// <summary>Pixels in columns of their own, as in a CSV file: gathered to vectors, normalized, and back in a DataFrame.</summary>
internal static class CsvColumns
{
    // The DataFrame sums 18 values of about 1 in single precision.
    private const double Tolerance = 1e-5;

    public static (DataFrame Patches, IDataView Normalized) Run(MLContext ml, Checks checks)
    {
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine("out", "DataFrame")).FullName, "patches.csv");
        Patches.Write(path);

        // With no culture given, "0.5" is read by the machine's: as 5, in Germany.
        var loaded = DataFrame.LoadCsv(path, cultureInfo: CultureInfo.InvariantCulture);
        // ML.NET gets NaN for a missing cell, and its group would come out as NaN.
        var patches = loaded.DropNulls();
        Console.WriteLine($"{loaded.Rows.Count} patches of {Patches.PixelColumns.Length} pixels, {patches.Rows.Count} complete");

        // A DataFrame is an IDataView. Concatenate wants columns of one type; LoadCsv reads numbers as Single.
        var pipeline = ml.Transforms.Concatenate("pixels", Patches.PixelColumns)
            .Append(ml.Transforms.GroupNormalize("normalized", Patches.Groups, "pixels", Patches.Channels));
        var data = pipeline.Fit(patches).Transform(patches);

        // -1 stands for all rows. Without it ToDataFrame takes 100, and does not say so.
        var normalized = data.ToDataFrame(-1);
        Console.WriteLine($"ToDataFrame() has {data.ToDataFrame().Rows.Count} rows, ToDataFrame(-1) {normalized.Rows.Count}");
        checks.That("ToDataFrame(-1) has every row", normalized.Rows.Count == patches.Rows.Count);

        CheckStatistics(patches, normalized.Vectors("normalized").Slots(Patches.PixelColumns), checks);
        checks.That("values have the bits of GroupNormalization.Normalize",
            normalized.Vectors("normalized").Zip(normalized.Vectors("pixels"), Columns.IsNormalized).All(same => same));
        return (patches, data);
    }

    private static void CheckStatistics(DataFrame before, DataFrame after, Checks checks)
    {
        Console.WriteLine("Of each patch, lowest to highest:      mean          standard deviation");
        for (int group = 0; group < Patches.Groups; group++)
        {
            string[] columns = Patches.ColumnsOfGroup(group);
            Print($"{columns[0]} to {columns[^1]}, before", before.Statistics(columns));
            var (mean, deviation) = after.Statistics(columns);
            Print($"{columns[0]} to {columns[^1]}, after", (mean, deviation));
            checks.That("now every mean is 0 and every standard deviation 1",
                (double)mean.Abs().Max() < Tolerance && (double)(deviation - 1.0).Abs().Max() < Tolerance);
        }
    }

    private static void Print(string group, (DataFrameColumn Mean, DataFrameColumn Deviation) statistics) => Console.WriteLine(
        $"  {group,-26} {Range(statistics.Mean)}    {Range(statistics.Deviation)}");

    private static string Range(DataFrameColumn column) =>
        $"{column.Min(),7:0.00;-0.00;0.00} to {column.Max(),7:0.00;-0.00;0.00}";
}
