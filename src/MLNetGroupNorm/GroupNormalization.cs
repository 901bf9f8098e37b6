using MLNetGroupNorm.Kernel;

namespace MLNetGroupNorm;

// RS0026: the two overloads of Normalize differ in their element type, which no optional argument can blur.
#pragma warning disable RS0026

/// <summary>Group normalization of values in memory, with no pipeline around it.</summary>
/// <remarks>
/// <para>
/// The formula is that of <see cref="GroupNormEstimator"/>: the channels of a sample fall into groups of neighbours, each
/// group's values are centred and divided by <c>sqrt(variance + epsilon)</c>, and each channel's results are multiplied by its
/// weight and added to its bias.
/// </para>
/// <para>
/// With a = weight / sqrt(variance + epsilon): results of Single are within 0.51 ulp of the formula's exact value, plus
/// 1e-15 · ((|x| + |mean| + 16 · standard deviation) · |a| + |bias|), which only shows where a result is nearly 0. Results of Double
/// are within 4 ulp, plus 1e-15 · ((|x| + |mean|) · |a| + |bias|), while |mean| is at most 1e8 standard deviations, at every magnitude;
/// beyond, the error grows with that ratio, but values that differ are never taken for equal ones. All have the same bits on every
/// machine, however many samples and cores there are.
/// </para>
/// <para>
/// A group of equal values becomes exactly its bias, 0 without one, where epsilon is greater than 0, and NaN where it is 0. A
/// group that holds NaN or an infinity becomes NaN; other groups are not touched by it.
/// </para>
/// </remarks>
public static class GroupNormalization
{
    /// <summary>Normalizes one sample.</summary>
    /// <param name="input">
    /// C · spatial values, (C, spatial...) or (spatial..., C) as <paramref name="layout"/> says; may be empty.
    /// </param>
    /// <param name="output">
    /// As many values as <paramref name="input"/>, in its layout. May be the very memory of the input, but not overlap it
    /// otherwise.
    /// </param>
    /// <param name="numberOfChannels">C, at least 1; the input's length is a multiple of it.</param>
    /// <param name="numberOfGroups">G, at least 1; divides C. A group holds at least two values.</param>
    /// <param name="epsilon">Added to each group's variance; finite and not negative.</param>
    /// <param name="affine">Weight and bias of each of the C channels, or <see langword="null"/> for ones and zeros.</param>
    /// <param name="layout">Whether channels or positions vary slowest.</param>
    /// <exception cref="ArgumentException">
    /// A length, the affine parameters' number, or an overlap is not as said above; the message names what was found and
    /// expected.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of the range said above.</exception>
    /// <exception cref="InsufficientMemoryException">
    /// Channels last, a single group has more than some 300 million channels, whose sums no array can hold.
    /// </exception>
    public static void Normalize(ReadOnlySpan<float> input, Span<float> output, int numberOfChannels, int numberOfGroups,
        double epsilon = 1e-5, GroupNormAffine? affine = null, TensorLayout layout = TensorLayout.ChannelsFirst)
    {
        var shape = Check<float>(input, output, 1, numberOfChannels, numberOfGroups, epsilon, affine, layout);
        GroupNormKernel.Normalize(input, output, shape, epsilon, affine);
    }

    /// <inheritdoc cref="Normalize(ReadOnlySpan{float}, Span{float}, int, int, double, GroupNormAffine?, TensorLayout)"/>
    public static void Normalize(ReadOnlySpan<double> input, Span<double> output, int numberOfChannels, int numberOfGroups,
        double epsilon = 1e-5, GroupNormAffine? affine = null, TensorLayout layout = TensorLayout.ChannelsFirst)
    {
        var shape = Check<double>(input, output, 1, numberOfChannels, numberOfGroups, epsilon, affine, layout);
        GroupNormKernel.Normalize(input, output, shape, epsilon, affine);
    }

    /// <summary>
    /// Normalizes samples of one shape that lie end to end, on several cores. Every sample gets the bits that
    /// <see cref="Normalize(ReadOnlySpan{float}, Span{float}, int, int, double, GroupNormAffine?, TensorLayout)"/> gives it
    /// alone.
    /// </summary>
    /// <param name="input"><paramref name="batchSize"/> samples of equal length; may be empty.</param>
    /// <param name="output">
    /// As many values as <paramref name="input"/>. May be the very memory of the input, but not overlap it otherwise.
    /// </param>
    /// <param name="batchSize">The number of samples; at least 0, and 0 for an empty input only.</param>
    /// <param name="numberOfChannels">C, at least 1; each sample's length is a multiple of it.</param>
    /// <param name="numberOfGroups">G, at least 1; divides C. A group holds at least two values.</param>
    /// <param name="epsilon">Added to each group's variance; finite and not negative.</param>
    /// <param name="affine">Weight and bias of each of the C channels, or <see langword="null"/> for ones and zeros.</param>
    /// <param name="layout">Whether channels or positions vary slowest.</param>
    /// <param name="maxDegreeOfParallelism">The most cores to use; -1 for all. With 1, nothing is allocated.</param>
    /// <exception cref="ArgumentException">
    /// A length, the affine parameters' number, or an overlap is not as said above; the message names what was found and
    /// expected.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of the range said above.</exception>
    /// <exception cref="InsufficientMemoryException">
    /// Channels last, a single group has more than some 300 million channels, whose sums no array can hold.
    /// </exception>
    public static void NormalizeBatch(ReadOnlyMemory<float> input, Memory<float> output, int batchSize,
        int numberOfChannels, int numberOfGroups, double epsilon = 1e-5, GroupNormAffine? affine = null,
        TensorLayout layout = TensorLayout.ChannelsFirst, int maxDegreeOfParallelism = -1)
    {
        if (batchSize < 0)
            throw Error.OutOfRange(nameof(batchSize), batchSize, "It must not be negative.");
        if (maxDegreeOfParallelism is 0 or < -1)
            throw Error.OutOfRange(nameof(maxDegreeOfParallelism), maxDegreeOfParallelism,
                "It must be -1 for all cores, or at least 1.");
        var shape = Check<float>(input.Span, output.Span, batchSize, numberOfChannels, numberOfGroups, epsilon, affine, layout);
        int cores = maxDegreeOfParallelism == -1 ? Environment.ProcessorCount : maxDegreeOfParallelism;
        cores = int.Min(cores, Environment.ProcessorCount);
        if (!input.IsEmpty)
            new BatchKernel(shape, batchSize, epsilon, affine, cores).Normalize(input, output);
    }

    /// <summary>Checks all arguments; the shape of one sample.</summary>
    private static SampleShape Check<T>(ReadOnlySpan<T> input, Span<T> output, int batchSize, int numberOfChannels,
        int numberOfGroups, double epsilon, GroupNormAffine? affine, TensorLayout layout)
    {
        GroupNormArguments.Check(numberOfGroups, epsilon, layout);
        GroupNormArguments.CheckChannels(numberOfChannels, numberOfGroups, affine);
        if (output.Length != input.Length)
            throw Error.Argument(nameof(output), $"It has {output.Length} values for an input of {input.Length}. "
                + "Output and input must have the same length.");
        if (input.Overlaps(output, out int offset) && offset != 0)
            throw Error.Argument(nameof(output), $"It begins {offset} values from the input and overlaps it. "
                + "Output must be the input itself, or memory apart from it.");
        if (input.IsEmpty)
            return new SampleShape(numberOfChannels, numberOfGroups, 0, layout);

        if (batchSize == 0 || input.Length % batchSize != 0)
            throw Error.Argument(nameof(batchSize),
                $"The input's {input.Length} values are no {batchSize} samples of one length. "
                + "Its length must be a multiple of the batch size.");
        int length = input.Length / batchSize;
        if (length % numberOfChannels != 0)
            throw Error.Argument(nameof(input), $"A sample of {length} values is no multiple of {numberOfChannels} channels. "
                + $"Its length must be {numberOfChannels} times the number of positions of a channel.");
        var shape = new SampleShape(numberOfChannels, numberOfGroups, length / numberOfChannels, layout);
        if (shape.GroupLength == 1)
            throw Error.OutOfRange(nameof(numberOfGroups), numberOfGroups,
                $"With {numberOfChannels} channels of one value, each group would hold "
                + "a single value, and normalizing would erase the data. A group must hold at least two values.");
        return shape;
    }
}
