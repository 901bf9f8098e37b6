namespace MLNetGroupNorm.Kernel;

/// <summary>
/// The shape of one sample: <c>(Channels, SpatialSize)</c> values for channels first, <c>(SpatialSize, Channels)</c> for
/// channels last, in <c>Groups</c> contiguous runs of channels. Groups divide channels; who builds one has checked that.
/// </summary>
internal readonly record struct SampleShape(int Channels, int Groups, int SpatialSize, TensorLayout Layout)
{
    /// <summary>From so many channels on, rows are long enough for vectors as they are.</summary>
    private const int LongRow = 64;

    /// <summary>The number of values of the sample.</summary>
    public int Length => Channels * SpatialSize;

    /// <summary>The number of channels of one group.</summary>
    public int ChannelsPerGroup => Channels / Groups;

    /// <summary>The number of values of one group.</summary>
    public int GroupLength => ChannelsPerGroup * SpatialSize;

    /// <summary>
    /// Channels last: the positions that count as one row, so that vectors are full. 1 for 64 channels and more.
    /// </summary>
    public int PositionsPerRow => Channels >= LongRow ? 1 : MultipleOfWidth(Channels);

    /// <summary>Whether each group's values lie end to end: channels first, or a single position.</summary>
    public bool HasGroupsInRuns => Layout == TensorLayout.ChannelsFirst || SpatialSize == 1;

    /// <summary>
    /// The groups that are taken together by cores that share a sample, from a multiple of that number on. Channels last, rows that are
    /// folded belong to all groups, and otherwise a part is as many groups as fill rows of the widest loop. A sample for each core is
    /// best read whole.
    /// </summary>
    public int GroupsPerUnit(bool aSampleForEachCore)
    {
        if (HasGroupsInRuns)
            return 1;
        return PositionsPerRow == 1 && !aSampleForEachCore ? int.Min(Groups, MultipleOfWidth(ChannelsPerGroup)) : Groups;
    }

    /// <summary>The smallest number, a power of two, that makes a multiple of the values that work at a time.</summary>
    private static int MultipleOfWidth(int channels) => BlockSums.Width / int.Min(BlockSums.Width, channels & -channels);
}
