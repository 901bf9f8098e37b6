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

    /// <summary>The exception for a column of another type.</summary>
    public static Exception Mismatch(IExceptionContext context, string parameter, string column, string type, DataViewType item, bool isVector)
    {
        string cure = item.RawType.Name == "MLImage" // in a package that this library does not need
            ? $"Take the image's pixels: mlContext.Transforms.ExtractPixels(\"Pixels\", \"{column}\"). "
            : (IsAccepted(item) ? "" : $"Convert the column: mlContext.Transforms.Conversion.ConvertType(\"{column}\", outputKind: DataKind.Single). ")
            + (isVector ? "" : $"Join scalar columns in a vector: mlContext.Transforms.Concatenate(\"Features\", \"{column}\", ...). ");
        return context.ExceptSchemaMismatch(parameter, "input", column, "a vector of Single, Double or Byte", $"{type}. {cure.TrimEnd()}");
    }
}
