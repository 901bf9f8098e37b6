namespace MLNetGroupNorm;

/// <summary>The rules that hold for the arguments of a group normalization wherever they are given.</summary>
internal static class GroupNormArguments
{
    /// <summary>Checks what is known without a number of channels.</summary>
    public static void Check(int numberOfGroups, double epsilon, TensorLayout layout)
    {
        if (numberOfGroups < 1)
            throw Error.OutOfRange(nameof(numberOfGroups), numberOfGroups,
                "It must be at least 1: 1 for layer normalization, the number of channels for instance normalization.");
        if (!(epsilon >= 0) || double.IsInfinity(epsilon))
            throw Error.OutOfRange(nameof(epsilon), epsilon, "It must be finite and not negative; the usual value is 1e-5.");
        if (layout is not (TensorLayout.ChannelsFirst or TensorLayout.ChannelsLast))
            throw Error.OutOfRange(nameof(layout), layout, "It must be ChannelsFirst or ChannelsLast.");
    }

    /// <summary>Checks groups and parameters against a number of channels.</summary>
    public static void CheckChannels(int numberOfChannels, int numberOfGroups, GroupNormAffine? affine)
    {
        CheckChannels(numberOfChannels);
        // Nothing is allocated where nothing is wrong.
        if (numberOfChannels % numberOfGroups == 0 && (affine is null || affine.NumberOfChannels == numberOfChannels))
            return;
        var channels = ChannelCount.OfNumber(numberOfChannels);
        Throw(ChannelRule.FindDisagreement(ChannelCount.Of(affine), channels, null, numberOfGroups)
            ?? ChannelRule.FindGroupsFault(channels, null, null, numberOfGroups), numberOfGroups);
    }

    /// <summary>Checks a number of channels that may be left out.</summary>
    public static void CheckChannels(int? numberOfChannels)
    {
        if (numberOfChannels < 1)
            throw Error.OutOfRange(nameof(numberOfChannels), numberOfChannels, "It must be at least 1.");
    }

    /// <summary>Checks the shape of a row that may be left out.</summary>
    public static void CheckDimensions(int[]? dimensions)
    {
        if (dimensions is null)
            return;
        string shape = $"[{string.Join(", ", dimensions)}]";
        if (dimensions.Length == 0)
            throw Error.Argument(nameof(dimensions),
                "It is empty. Give the shape of a row, or null where the column's type tells it.");
        if (Array.Exists(dimensions, size => size < 1))
            throw Error.Argument(nameof(dimensions), $"In {shape} every dimension must be at least 1. "
                + "Where rows differ in size, leave dimensions out and pass numberOfChannels.");
        if (Product(dimensions) > int.MaxValue)
            throw Error.Argument(nameof(dimensions),
                $"{shape} is more values than a row can hold: the product must be at most {int.MaxValue}.");
    }

    /// <summary>The product of sizes, or some number greater than an int holds where it is that.</summary>
    public static long Product(IEnumerable<int> sizes) =>
        sizes.Aggregate(1L, (product, size) => product > int.MaxValue ? product : product * size);

    /// <summary>The channels that arguments say, which must agree with each other and with the groups.</summary>
    public static ChannelCount? FindChannels(int? numberOfChannels, int numberOfGroups, GroupNormAffine? affine,
        TensorLayout layout, int[]? dimensions)
    {
        var ofNumber = ChannelCount.OfNumber(numberOfChannels);
        var ofAffine = ChannelCount.Of(affine);
        Throw(ChannelRule.FindDisagreement(ofAffine, ofNumber, null, numberOfGroups), numberOfGroups);
        var shape = dimensions is null ? null : RowDimensions.OfArgument(dimensions, layout);
        int? length = (int?)shape?.KnownProduct;
        Throw(ChannelRule.Join(ofNumber ?? ofAffine, shape, length, numberOfGroups, out var channels), numberOfGroups);
        return channels;
    }

    private static void Throw(Fault? fault, int numberOfGroups)
    {
        if (fault is not null)
            throw fault.Parameter == nameof(numberOfGroups)
                ? Error.OutOfRange(fault.Parameter, numberOfGroups, fault.Message)
                : Error.Argument(fault.Parameter, fault.Message);
    }

    /// <summary>The numbers of groups that divide a number, in words: "one of 1, 2, 3, 6".</summary>
    /// <param name="number">At least 1.</param>
    /// <param name="allowAll">Whether the number itself is among them, as it is unless groups of one value would come of it.</param>
    public static string OneOf(int number, bool allowAll = true)
    {
        int[] choice = [.. Divisors(number).Where(divisor => allowAll || divisor < number)];
        return choice.Length == 1 ? $"{choice[0]}" : $"one of {string.Join(", ", choice)}";
    }

    /// <summary>All divisors of a positive number, in order.</summary>
    private static IEnumerable<int> Divisors(int number)
    {
        var large = new Stack<int>();
        for (int d = 1; (long)d * d <= number; d++)
        {
            if (number % d != 0)
                continue;
            yield return d;
            if (d != number / d)
                large.Push(number / d);
        }

        foreach (int d in large)
            yield return d;
    }
}
