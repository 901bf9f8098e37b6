namespace MLNetGroupNorm.Kernel;

/// <summary>
/// The shape of one sample: <c>(Channels, SpatialSize)</c> values for channels first, <c>(SpatialSize, Channels)</c> for
/// channels last, in <c>Groups</c> contiguous runs of channels. Groups divide channels; who builds one has checked that.
/// </summary>
internal readonly record struct SampleShape(int Channels, int Groups, int SpatialSize, TensorLayout Layout)
{
    /// <summary>The number of values of the sample.</summary>
    public int Length => Channels * SpatialSize;

    /// <summary>The number of channels of one group.</summary>
    public int ChannelsPerGroup => Channels / Groups;

    /// <summary>The number of values of one group.</summary>
    public int GroupLength => ChannelsPerGroup * SpatialSize;
}
