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
        if (numberOfChannels < 1)
            throw Error.OutOfRange(nameof(numberOfChannels), numberOfChannels, "It must be at least 1.");
        if (FindFault(numberOfChannels, numberOfGroups, affine) is { } fault)
            throw fault.Parameter == nameof(numberOfGroups)
                ? Error.OutOfRange(fault.Parameter, numberOfGroups, fault.Message)
                : Error.Argument(fault.Parameter, fault.Message);
    }

    /// <summary>Which of groups and affine does not fit a positive number of channels, and why; else <see langword="null"/>.</summary>
    public static (string Parameter, string Message)? FindFault(int numberOfChannels, int numberOfGroups, GroupNormAffine? affine)
    {
        if (numberOfChannels % numberOfGroups != 0)
            return (nameof(numberOfGroups), $"numberOfGroups is {numberOfGroups}, which does not divide the {numberOfChannels} channels. "
                + $"Use one of {string.Join(", ", Divisors(numberOfChannels))}.");
        if (affine is null || affine.NumberOfChannels == numberOfChannels)
            return null;
        return (nameof(affine), affine.NumberOfChannels == numberOfGroups
            ? $"affine holds {numberOfGroups} values, one per group. Parameters are per channel, not per group: "
                + $"give {numberOfChannels}, one for each channel."
            : $"affine holds {affine.NumberOfChannels} values for {numberOfChannels} channels. Parameters are per channel: "
                + $"give {numberOfChannels}.");
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
