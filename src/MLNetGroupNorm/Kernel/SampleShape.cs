namespace MLNetGroupNorm.Kernel;

/// <summary>
/// The shape of one sample: <c>(Channels, SpatialSize)</c> values for channels first, <c>(SpatialSize, Channels)</c> for
/// channels last, in <c>Groups</c> contiguous runs of channels. The caller has checked that Groups divides Channels.
/// </summary>
internal readonly record struct SampleShape(int Channels, int Groups, int SpatialSize, TensorLayout Layout)
{
    /// <summary>With this many channels or more, a row fills vectors as it is.</summary>
    private const int LongRow = 64;

    /// <summary>The number of values of the sample.</summary>
    public int Length => Channels * SpatialSize;

    /// <summary>The number of channels of one group.</summary>
    public int ChannelsPerGroup => Channels / Groups;

    /// <summary>The number of values of one group.</summary>
    public int GroupLength => ChannelsPerGroup * SpatialSize;

    /// <summary>
    /// Channels last: how many positions count as one row. 1 for 32 channels and from 64 on; otherwise such that a row is a multiple of
    /// 32 values, so that vectors are full.
    /// </summary>
    public int PositionsPerRow => Channels >= LongRow ? 1 : FactorToWidth(Channels);

    /// <summary>Whether each group's values lie end to end: channels first, or a single position.</summary>
    public bool HasGroupsInRuns => Layout == TensorLayout.ChannelsFirst || SpatialSize == 1;

    /// <summary>
    /// Cores that share a sample split it only at multiples of this many groups. Channels last, folded rows cannot be split; otherwise
    /// the channels of a unit are a multiple of 32. With a sample for each core, a unit is all groups.
    /// </summary>
    public int GroupsPerUnit(bool oneSamplePerCore)
    {
        if (HasGroupsInRuns)
            return 1;
        return PositionsPerRow == 1 && !oneSamplePerCore ? int.Min(Groups, FactorToWidth(ChannelsPerGroup)) : Groups;
    }

    /// <summary>The smallest power of two that makes <paramref name="channels"/> a multiple of <see cref="BlockSums.Width"/>.</summary>
    private static int FactorToWidth(int channels) => BlockSums.Width / int.Min(BlockSums.Width, channels & -channels);
}
