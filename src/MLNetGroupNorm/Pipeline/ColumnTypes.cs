using Microsoft.ML.Data;

namespace MLNetGroupNorm.Pipeline;

/// <summary>Which columns can be normalized, and what they become.</summary>
internal static class ColumnTypes
{
    /// <summary>The accepted types in words, for messages.</summary>
    public const string Accepted = "a vector of Single, Double or Byte";

    /// <summary>What a column of variable size lacks where no channel count is given, for messages.</summary>
    public const string VariableSizeNeedsChannels = "numberOfChannels or affine to be given for rows of variable size, "
        + "which do not tell their channels";

    /// <summary>Whether vectors of such items are accepted.</summary>
    public static bool IsAccepted(DataViewType item) =>
        item == NumberDataViewType.Single || item == NumberDataViewType.Double || item == NumberDataViewType.Byte;

    /// <summary>The type of the output's items.</summary>
    public static PrimitiveDataViewType OutputItem(DataViewType item) =>
        item == NumberDataViewType.Double ? NumberDataViewType.Double : NumberDataViewType.Single;
}
