namespace MLNetGroupNorm.Benchmarks.Contenders;

/// <summary>The shape of one sample, and its number of groups.</summary>
internal sealed record TensorShape(int Channels, int Height, int Width, int Groups)
{
    public int SpatialSize => Height * Width;

    public int Length => Channels * SpatialSize;

    public int GroupLength => Length / Groups;

    /// <summary>Where a channel has one position, both layouts are one.</summary>
    public bool HasLayouts => SpatialSize > 1;

    public override string ToString() => $"{Channels}x{Height}x{Width}/{Groups}";

    /// <summary>A byte for each value of a sample, the same ones every time.</summary>
    public byte[] RandomPixels()
    {
        var pixels = new byte[Length];
        new Random(1).NextBytes(pixels);
        return pixels;
    }

    /// <summary>The values of a sample in another order: channels first to channels last.</summary>
    public T[] ToChannelsLast<T>(ReadOnlySpan<T> channelsFirst)
    {
        var result = new T[Length];
        for (int i = 0; i < Length; i++)
            result[i % SpatialSize * Channels + i / SpatialSize] = channelsFirst[i];
        return result;
    }
}
