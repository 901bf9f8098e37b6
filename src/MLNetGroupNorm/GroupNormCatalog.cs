using MLNetGroupNorm;

namespace Microsoft.ML;

/// <summary>Group normalization in the catalog of transforms.</summary>
public static class GroupNormCatalog
{
    /// <summary>Normalizes a vector column group by group of its channels.</summary>
    public static GroupNormEstimator GroupNormalize(this TransformsCatalog catalog,
        string outputColumnName, int numberOfGroups, string? inputColumnName = null,
        int? numberOfChannels = null, double epsilon = 1e-5,
        GroupNormAffine? affine = null, TensorLayout layout = TensorLayout.ChannelsFirst) =>
        catalog.GroupNormalize(new GroupNormEstimator.ColumnOptions(
            outputColumnName, numberOfGroups, inputColumnName, numberOfChannels, epsilon, affine, layout));

    /// <summary>Normalizes several vector columns.</summary>
    public static GroupNormEstimator GroupNormalize(this TransformsCatalog catalog,
        params GroupNormEstimator.ColumnOptions[] columns) => throw new NotImplementedException();
}
