namespace MLNetGroupNorm;

public sealed partial class GroupNormEstimator
{
    /// <summary>What is done to one column.</summary>
    public sealed class ColumnOptions
    {
        /// <summary>Describes the normalization of one column.</summary>
        /// <param name="name">The output column. Where it names the input column too, it replaces it.</param>
        /// <param name="numberOfGroups">
        /// The number of groups G; at least 1, and a divisor of the number of channels. 1 is layer normalization, the number
        /// of channels instance normalization.
        /// </param>
        /// <param name="inputColumnName">The column to read; <see langword="null"/> for <paramref name="name"/>.</param>
        /// <param name="numberOfChannels">
        /// The number of channels C. If <see langword="null"/>, it is that of <paramref name="affine"/>, else that of the column's
        /// dimensions: the first for channels first, the last for channels last. Where it or the affine is given, a 1 in front of the
        /// channels is passed over: a network's output of shape (1, C, spatial...).
        /// </param>
        /// <param name="epsilon">What is added to the variance; finite and not negative.</param>
        /// <param name="affine">Weight and bias, one per channel; <see langword="null"/> for none.</param>
        /// <param name="layout">Where the channels stand in the column's vector.</param>
        /// <exception cref="ArgumentException">A name is empty, or the affine does not fit the channels.</exception>
        /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
        public ColumnOptions(string name, int numberOfGroups, string? inputColumnName = null, int? numberOfChannels = null,
            double epsilon = 1e-5, GroupNormAffine? affine = null, TensorLayout layout = TensorLayout.ChannelsFirst)
        {
            if (string.IsNullOrWhiteSpace(name))
                throw Error.Argument(nameof(name), "The output column has no name. Give the name of the column to make.");
            if (inputColumnName is not null && string.IsNullOrWhiteSpace(inputColumnName))
                throw Error.Argument(nameof(inputColumnName),
                    $"The input column of '{name}' is an empty name. Name a column, or pass null to read '{name}' itself.");
            GroupNormArguments.Check(numberOfGroups, epsilon, layout);
            if ((numberOfChannels ?? affine?.NumberOfChannels) is { } channels)
                GroupNormArguments.CheckChannels(channels, numberOfGroups, affine);

            Name = name;
            InputColumnName = inputColumnName ?? name;
            NumberOfGroups = numberOfGroups;
            NumberOfChannels = numberOfChannels;
            Epsilon = epsilon;
            Affine = affine;
            Layout = layout;
        }

        /// <summary>The output column.</summary>
        public string Name { get; }

        /// <summary>The input column.</summary>
        public string InputColumnName { get; }

        /// <summary>The number of groups G.</summary>
        public int NumberOfGroups { get; }

        /// <summary>The number of channels C as given, or <see langword="null"/> where it is taken from affine or column.</summary>
        public int? NumberOfChannels { get; }

        /// <summary>What is added to the variance.</summary>
        public double Epsilon { get; }

        /// <summary>Weight and bias, one per channel, or <see langword="null"/> for none.</summary>
        public GroupNormAffine? Affine { get; }

        /// <summary>Where the channels stand in the column's vector.</summary>
        public TensorLayout Layout { get; }
    }
}
