using Microsoft.ML.Data;
using MLNetGroupNorm;

namespace Microsoft.ML;

/// <summary>Group normalization among the transforms of <see cref="MLContext"/>.</summary>
public static class GroupNormCatalog
{
    /// <summary>
    /// Creates a <see cref="GroupNormEstimator"/>, which gives the values of each group of channels mean 0 and variance 1,
    /// in every row by itself, then each channel its optional weight and bias.
    /// </summary>
    /// <param name="catalog">The transform's catalog.</param>
    /// <param name="outputColumnName">
    /// The column to make: a vector of the input's dimensions, of <see cref="double"/> for a <see cref="double"/> input, else of
    /// <see cref="float"/>. Where it is the input column too, it replaces it.
    /// </param>
    /// <param name="numberOfGroups">
    /// The number of groups G; at least 1, and a divisor of the number of channels. 1 is layer normalization, the number of
    /// channels instance normalization.
    /// </param>
    /// <param name="inputColumnName">
    /// The column to read: a vector of <see cref="float"/>, <see cref="double"/> or <see cref="byte"/>. If <see langword="null"/>,
    /// <paramref name="outputColumnName"/>.
    /// </param>
    /// <param name="numberOfChannels">
    /// The number of channels C. If <see langword="null"/>, it is that of <paramref name="affine"/>, else that of the column's dimensions:
    /// the first for channels first, the last for channels last. A flat vector of n values, channels first, without either
    /// is taken as G groups of n / G values. A column of variable size needs it, or <paramref name="affine"/>. Where either is given,
    /// a 1 in front of the channels is passed over: a network's output of shape (1, C, spatial...).
    /// </param>
    /// <param name="epsilon">What is added to the variance; finite and not negative.</param>
    /// <param name="affine">Weight and bias, one per channel; <see langword="null"/> for none.</param>
    /// <param name="layout">Where the channels stand in the column's vector.</param>
    /// <returns>An estimator that learns nothing from data; its <c>Fit</c> only checks the schema.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="catalog"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">A name is empty, or the affine does not fit the channels.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static GroupNormEstimator GroupNormalize(this TransformsCatalog catalog,
        string outputColumnName, int numberOfGroups, string? inputColumnName = null,
        int? numberOfChannels = null, double epsilon = 1e-5,
        GroupNormAffine? affine = null, TensorLayout layout = TensorLayout.ChannelsFirst) =>
        catalog.GroupNormalize(new GroupNormEstimator.ColumnOptions(
            outputColumnName, numberOfGroups, inputColumnName, numberOfChannels, epsilon, affine, layout));

    /// <summary>Creates a <see cref="GroupNormEstimator"/> for several columns, each with options of its own.</summary>
    /// <param name="catalog">The transform's catalog.</param>
    /// <param name="columns">The columns to make; at least one, with names that differ.</param>
    /// <returns>An estimator that learns nothing from data; its <c>Fit</c> only checks the schema.</returns>
    /// <exception cref="ArgumentNullException">
    /// <paramref name="catalog"/> or <paramref name="columns"/> is <see langword="null"/>.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">No column is given, one is null, or two have one name.</exception>
    public static GroupNormEstimator GroupNormalize(this TransformsCatalog catalog,
        params GroupNormEstimator.ColumnOptions[] columns) =>
        new(CatalogUtils.GetEnvironment(catalog), columns);
}
