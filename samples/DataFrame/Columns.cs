using System.Runtime.InteropServices;
using Microsoft.Data.Analysis;
using Microsoft.ML.Data;

namespace MLNetGroupNorm.Samples.DataFrames;

/// <summary>A DataFrame stores vectors and computes with numbers: this leads from one to the other.</summary>
internal static class Columns
{
    public static VBufferDataFrameColumn<float> Vectors(this DataFrame frame, string column) =>
        (VBufferDataFrameColumn<float>)frame[column];

    /// <summary>Vectors as a DataFrame with a column of numbers for each of their slots.</summary>
    public static DataFrame Slots(this VBufferDataFrameColumn<float> vectors, IEnumerable<string> names) =>
        new(names.Select((name, slot) => new SingleDataFrameColumn(name, vectors.Select(row => row.GetItemOrDefault(slot)))));

    /// <summary>For each row, the mean and the (biased) standard deviation of its values in the given columns.</summary>
    public static (DataFrameColumn Mean, DataFrameColumn Deviation) Statistics(this DataFrame frame, string[] columns)
    {
        var mean = Average(columns.Select(name => frame[name]));
        var variance = Average(columns.Select(name => (frame[name] - mean) * (frame[name] - mean)));
        return (mean, ((PrimitiveDataFrameColumn<double>)variance).Apply(Math.Sqrt));
    }

    /// <summary>Whether a row holds what the function without a pipeline makes of the same values, bit for bit.</summary>
    public static bool IsNormalized(VBuffer<float> row, VBuffer<float> of)
    {
        float[] expected = [.. of.DenseValues()];
        GroupNormalization.Normalize(expected, expected, Patches.Channels, Patches.Groups);
        return MemoryMarshal.AsBytes(row.GetValues()).SequenceEqual(MemoryMarshal.AsBytes<float>(expected));
    }

    private static DataFrameColumn Average(IEnumerable<DataFrameColumn> columns) =>
        columns.Aggregate((sum, column) => sum + column) / (double)columns.Count();
}
