namespace MLNetGroupNorm;

public sealed partial class GroupNormEstimator
{
    /// <summary>What is done to one column.</summary>
    public sealed class ColumnOptions
    {
        /// <summary>Describes the normalization of one column.</summary>
        /// <param name="name">The output column. Where it names the input column too, it replaces it.</param>
        /// <param name="numberOfGroups">
        /// The number of groups G; at least 1, and a divisor of the number of channels. 1 is layer normalization, the number of
        /// channels instance normalization. Check <paramref name="layout"/> too: whether G divides the number of channels tells
        /// nothing about where they stand.
        /// </param>
        /// <param name="inputColumnName">The column to read; <see langword="null"/> for <paramref name="name"/>.</param>
        /// <param name="numberOfChannels">
        /// The number of channels C. If <see langword="null"/>, it is that of <paramref name="affine"/>, of
        /// <paramref name="dimensions"/>, or of the column's dimensions: the first for channels first, the last for channels last. Those
        /// that are given must agree, but a 1 in front of the channels is passed over where this or an affine gives them: a
        /// network's (1, C, spatial...).
        /// </param>
        /// <param name="epsilon">What is added to the variance; finite and not negative.</param>
        /// <param name="affine">Weight and bias, one per channel; <see langword="null"/> for none.</param>
        /// <param name="layout">
        /// Where the channels stand in a row. Pixels with interleaved colours (<c>interleavePixelColors: true</c>), and tensors
        /// of Keras and TensorFlow, want <see cref="TensorLayout.ChannelsLast"/>. Where the groups happen to divide the height
        /// too, no error can say so: (64, 64, 3) in 2 groups is taken as 64 channels.
        /// </param>
        /// <param name="dimensions">
        /// The shape of every row, (C, spatial...) or (spatial..., C), where the column's type does not tell it: a flat vector, a
        /// DataFrame's vectors, a property without <c>[VectorType]</c>, a network's (1, C, spatial...). Each is positive, and
        /// their product is the number of values of every row. The output has these dimensions and a known size, so that trainers
        /// take it. <see langword="null"/> where the type tells the shape, and where rows differ in size.
        /// </param>
        /// <exception cref="ArgumentException">A name is empty, or affine, channels and dimensions do not agree.</exception>
        /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
        public ColumnOptions(string name, int numberOfGroups, string? inputColumnName = null, int? numberOfChannels = null,
            double epsilon = 1e-5, GroupNormAffine? affine = null, TensorLayout layout = TensorLayout.ChannelsFirst,
            int[]? dimensions = null)
        {
            if (string.IsNullOrWhiteSpace(name))
                throw Error.Argument(nameof(name), "The output column has no name. Give the name of the column to make.");
            if (inputColumnName is not null && string.IsNullOrWhiteSpace(inputColumnName))
                throw Error.Argument(nameof(inputColumnName),
                    $"The input column of '{name}' is an empty name. Name a column, or pass null to read '{name}' itself.");
            GroupNormArguments.Check(numberOfGroups, epsilon, layout);
            GroupNormArguments.CheckChannels(numberOfChannels);
            GroupNormArguments.CheckDimensions(dimensions);

            Channels = GroupNormArguments.FindChannels(numberOfChannels, numberOfGroups, affine, layout, dimensions);
            Name = name;
            InputColumnName = inputColumnName ?? name;
            NumberOfGroups = numberOfGroups;
            NumberOfChannels = numberOfChannels;
            Epsilon = epsilon;
            Affine = affine;
            Layout = layout;
            Dimensions = dimensions is null ? null : Array.AsReadOnly([.. dimensions]);
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

        /// <summary>The shape of every row, or <see langword="null"/> where the column's type tells it.</summary>
        public IReadOnlyList<int>? Dimensions { get; }

        /// <summary>The channels that the options say, or <see langword="null"/> where the column has to.</summary>
        internal ChannelCount? Channels { get; }
    }
}
