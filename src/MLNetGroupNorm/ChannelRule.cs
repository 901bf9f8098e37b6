namespace MLNetGroupNorm;

/// <summary>
/// The one rule of how many channels there are, for arguments, for columns of known and of variable size and for all between:
/// what is given, else what dimensions say. Where both say it they agree, and the groups divide it.
/// </summary>
internal static class ChannelRule
{
    /// <summary>Joins what an argument says with what dimensions say.</summary>
    /// <param name="given">The argument's channels, if one says them.</param>
    /// <param name="dimensions">The dimensions, if there are any.</param>
    /// <param name="length">The number of values of a row, or <see langword="null"/> where rows differ.</param>
    /// <param name="numberOfGroups">The number of groups.</param>
    /// <param name="channels">The channels, or <see langword="null"/> where nothing says them.</param>
    /// <returns>What does not fit, or <see langword="null"/>.</returns>
    public static Fault? Join(ChannelCount? given, RowDimensions? dimensions, int? length, int numberOfGroups,
        out ChannelCount? channels)
    {
        var own = dimensions?.Channels(given);
        channels = given ?? own;
        if (channels is null)
            return null;
        return FindDisagreement(given, own, dimensions, numberOfGroups)
            ?? FindLengthFault(channels, length, dimensions)
            ?? FindGroupsFault(channels, length / channels.Count, given is null ? dimensions : null, numberOfGroups);
    }

    /// <summary>
    /// Rows of which nothing says the channels. Without parameters per channel, each group of a flat row, channels first, may count
    /// as one channel; any other row cannot be normalized.
    /// </summary>
    public static Fault? Divide(RowDimensions type, int numberOfGroups, out int channels)
    {
        channels = numberOfGroups;
        if (type.FlatLength is not { } length)
            return new Fault("numberOfChannels", $"{type.Name} does not tell the number of channels. {type.CureForUnknown()}");
        var values = new ChannelCount(length, nameof(numberOfGroups), $"{length} is the size of {type.Name}");
        return FindGroupsFault(values, spatialSize: 1, null, numberOfGroups);
    }

    /// <summary>Why rows of a shape are not of a column's type, or <see langword="null"/> where their numbers of values agree.</summary>
    public static Fault? FindLengthFault(RowDimensions shape, RowDimensions type)
    {
        long length = shape.KnownProduct;
        long declared = type.KnownProduct;
        if (type.AreKnown ? length == declared : length % declared == 0)
            return null;
        return new Fault("dimensions", $"{shape.Name} is {length} values, but {type.Name} has "
            + $"{(type.AreKnown ? "" : "a multiple of ")}{declared}. The product of dimensions must be the number of values of a row.");
    }

    /// <summary>Why an argument's channels are not those of something else, or <see langword="null"/> where nothing is wrong.</summary>
    /// <param name="given">The argument's.</param>
    /// <param name="other">Those that it must equal.</param>
    /// <param name="dimensions">The dimensions that say those, if any do.</param>
    /// <param name="numberOfGroups">The number of groups, for which an affine may have been made by mistake.</param>
    public static Fault? FindDisagreement(ChannelCount? given, ChannelCount? other, RowDimensions? dimensions, int numberOfGroups)
    {
        if (given is null || other is null || given.Count == other.Count)
            return null;
        string cure = dimensions?.CureForChannels(given, numberOfGroups) ?? "";
        if (given.Parameter == "affine")
            return new Fault(given.Parameter, cure.Length == 0 && given.Count == numberOfGroups
                ? $"affine holds {given.Count} values, one per group, but {other.Says}. Parameters are per channel, not per group: "
                    + $"give {other.Count}, one for each channel."
                : $"affine holds {given.Count} values for {RowDimensions.Count(other.Count)}: {other.Says}. {cure}"
                    + $"Parameters are per channel: {(cure.Length == 0 ? "" : "otherwise ")}give {other.Count}.");

        string rest = "";
        if (cure.Length == 0)
            rest = given.Parameter == "dimensions" ? "Give the column's own shape, or leave dimensions out."
                : $"Leave {given.Parameter} out, or pass {other.Count}.";
        return new Fault(given.Parameter, $"{given.Says}, but {other.Says}. {cure}{rest}".TrimEnd());
    }

    /// <summary>Why groups do not fit the channels, or <see langword="null"/> where they do.</summary>
    /// <param name="channels">The channels.</param>
    /// <param name="spatialSize">The number of values of each, or <see langword="null"/> where it is not known.</param>
    /// <param name="dimensions">The dimensions that say the channels, if no other argument does.</param>
    /// <param name="numberOfGroups">The number of groups.</param>
    public static Fault? FindGroupsFault(ChannelCount channels, int? spatialSize, RowDimensions? dimensions, int numberOfGroups)
    {
        bool isDivided = channels.Count % numberOfGroups == 0;
        if (isDivided && (spatialSize != 1 || channels.Count != numberOfGroups))
            return null;
        if (spatialSize == 1 && channels.Count == 1)
            return Refused($"A row is a single value, which normalizing would erase: {channels.Says}.");

        string given = $"numberOfGroups is {numberOfGroups}";
        string choice = GroupNormArguments.OneOf(channels.Count, allowAll: spatialSize != 1);
        if (isDivided)
            return Refused($"{given}, so each group would hold a single value, which normalizing would erase: {channels.Says}. "
                + $"Use fewer groups: {choice}.");
        if (channels.Parameter == "affine")
            return Refused($"{channels.Says}, and {given}, which does not divide {channels.Count}. If the data has other channels, give "
                + $"the affine of a layer that was trained on such data. Otherwise use {choice} for numberOfGroups.");
        bool areValues = channels.Parameter == nameof(numberOfGroups);
        string cure = dimensions?.CureForGroups(numberOfGroups) ?? "";
        return Refused($"{given}, which does not divide the {(areValues ? $"{channels.Count} values" : RowDimensions.Count(channels.Count))}: "
            + $"{channels.Says}. {cure}{(cure.Length == 0 ? "Use" : "Otherwise use")} {choice} for numberOfGroups.");

        static Fault Refused(string message) => new(nameof(numberOfGroups), message);
    }

    /// <summary>Why a row's number of values is no multiple of its channels, or <see langword="null"/> where it is.</summary>
    private static Fault? FindLengthFault(ChannelCount channels, int? length, RowDimensions? dimensions)
    {
        if (length is not { } values || values % channels.Count == 0)
            return null;
        string choice = GroupNormArguments.OneOf(values);
        return new Fault(channels.Parameter, $"{channels.Says}, but the {values} values of {dimensions?.Name} are no multiple of "
            + $"{channels.Count}. {(channels.Parameter == "affine" ? $"Give the affine of {choice} channels" : $"Pass numberOfChannels: {choice}")}, "
            + "or give the column's type the number of values that rows have.");
    }
}
