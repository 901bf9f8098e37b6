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
    /// The column to make: a vector of the input's dimensions, or of <paramref name="dimensions"/>, of <see cref="double"/> for a
    /// <see cref="double"/> input, else of <see cref="float"/>. Where it is the input column too, it replaces it.
    /// </param>
    /// <param name="numberOfGroups">
    /// The number of groups G; at least 1, and a divisor of the number of channels. 1 is layer normalization, the number of
    /// channels instance normalization. Check <paramref name="layout"/> too: whether G divides the number of channels tells
    /// nothing about where they stand.
    /// </param>
    /// <param name="inputColumnName">
    /// The column to read: a vector of <see cref="float"/>, <see cref="double"/> or <see cref="byte"/>. If
    /// <see langword="null"/>, <paramref name="outputColumnName"/>.
    /// </param>
    /// <param name="numberOfChannels">
    /// The number of channels C. If <see langword="null"/>, it is that of <paramref name="affine"/>, of
    /// <paramref name="dimensions"/>, or of the column's dimensions, known in part or whole: the first for channels first, the last for
    /// channels last. Those that are given must agree, but a 1 in front of the channels is passed over where this or an affine
    /// gives them: a network's output of shape (1, C, spatial...). A flat vector of n values, channels first, with nothing given
    /// is taken as G groups of n / G values. A flat column of variable size, as of rows that differ in size, needs this, an
    /// affine or dimensions.
    /// </param>
    /// <param name="epsilon">What is added to the variance; finite and not negative.</param>
    /// <param name="affine">Weight and bias, one per channel; <see langword="null"/> for none.</param>
    /// <param name="layout">
    /// Where the channels stand in a row. Pixels with interleaved colours (<c>interleavePixelColors: true</c>), and tensors of
    /// Keras and TensorFlow, want <see cref="TensorLayout.ChannelsLast"/>. Where the groups happen to divide the height too, no
    /// error can say so: (64, 64, 3) in 2 groups is taken as 64 channels.
    /// </param>
    /// <param name="dimensions">
    /// The shape of every row, (C, spatial...) or (spatial..., C), where the column's type does not tell it: a flat vector, a
    /// DataFrame's vectors, a property without <c>[VectorType]</c>, a network's (1, C, spatial...). Each is positive, and their
    /// product is the number of values of every row. The output has these dimensions and a known size, so that trainers take it.
    /// <see langword="null"/> where the type tells the shape, and where rows differ in size.
    /// </param>
    /// <returns>An estimator that learns nothing from data; its <c>Fit</c> only checks the schema.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="catalog"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">A name is empty, or affine, channels and dimensions do not agree.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static GroupNormEstimator GroupNormalize(this TransformsCatalog catalog,
        string outputColumnName, int numberOfGroups, string? inputColumnName = null,
        int? numberOfChannels = null, double epsilon = 1e-5,
        GroupNormAffine? affine = null, TensorLayout layout = TensorLayout.ChannelsFirst,
        int[]? dimensions = null) =>
        catalog.GroupNormalize(new GroupNormEstimator.ColumnOptions(
            outputColumnName, numberOfGroups, inputColumnName, numberOfChannels, epsilon, affine, layout, dimensions));

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
