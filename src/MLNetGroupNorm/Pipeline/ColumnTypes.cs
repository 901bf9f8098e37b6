using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNetGroupNorm.Pipeline;

/// <summary>Which columns can be normalized, and what they become.</summary>
internal static class ColumnTypes
{
    /// <summary>Whether vectors of such items are accepted.</summary>
    public static bool IsAccepted(DataViewType item) =>
        item == NumberDataViewType.Single || item == NumberDataViewType.Double || item == NumberDataViewType.Byte;

    /// <summary>The type of the output's items.</summary>
    public static PrimitiveDataViewType OutputItem(DataViewType item) =>
        item == NumberDataViewType.Double ? NumberDataViewType.Double : NumberDataViewType.Single;

    /// <summary>The exception for a column of another type, with what makes it one that is accepted.</summary>
    public static Exception Mismatch(IExceptionContext context, string column, string type, DataViewType item, bool isKey,
        bool isVector) =>
        context.ExceptSchemaMismatch("inputSchema", "input", column, "a vector of Single, Double or Byte",
            $"{type}. {Cure(column, item, isKey, isVector)}");

    private static string Cure(string column, DataViewType item, bool isKey, bool isVector)
    {
        const string Transforms = "mlContext.Transforms";
        if (isKey)
            return $"Make a vector of the key, with a place for each category: {Transforms}.Conversion.MapKeyToVector(\"{column}\")";
        // The type of images is in a package that this library does not need.
        if (item.RawType.Name == "MLImage")
            return $"Take the pixels of the image: {Transforms}.ExtractPixels(\"Pixels\", \"{column}\")";
        string convert = IsAccepted(item) ? ""
            : $"Convert the column: {Transforms}.Conversion.ConvertType(\"{column}\", outputKind: DataKind.Single)";
        if (isVector)
            return convert;
        string join = $"Join scalar columns in a vector: {Transforms}.Concatenate(\"Features\", \"{column}\", ...)";
        return convert.Length == 0 ? join : $"{convert}. {join}";
    }
}
