using MLNetGroupNorm.Kernel;

namespace MLNetGroupNorm.Tests.Kernel;

/// <summary>Sizes near what a span can hold: their arithmetic, without memory of that size.</summary>
public sealed class SizesTests
{
    public static TheoryData<int, int, int> Shapes => new()
    {
        { 306_783_380, 1, 2 },
        { 306_783_380, 306_783_380, 2 },
        { 1_073_741_823, 1, 2 },
        { 1_073_741_823, 1_073_741_823, 2 },
        { 195_000_000, 195_000_000, 11 },
        { 715_827_882, 3, 3 },
        { 3, 1, 715_827_882 },
        { 63, 63, 34_087_042 },
    };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Working_memory_has_room_for_all_sums_scales_and_groups(int channels, int groups, int spatial)
    {
        var shape = new SampleShape(channels, groups, spatial, TensorLayout.ChannelsLast);
        AssertRoom<float, float>(shape);
        AssertRoom<double, double>(shape);
    }

    [Fact]
    public void Many_small_groups_share_a_bounded_memory()
    {
        var shape = new SampleShape(1_073_741_823, 357_913_941, 2, TensorLayout.ChannelsLast);
        int groups = ChannelsLast<float, float>.GroupsAtOnce(shape);
        var (total, _, _) = ChannelsLast<float, float>.WorkingMemory(shape, 0, groups);
        Assert.InRange(groups * (long)shape.ChannelsPerGroup, 1, 1 << 16);
        Assert.InRange(total, 1, 1 << 20);
    }

    [Theory]
    [InlineData(7L * 306_783_380)]
    [InlineData(7L * int.MaxValue)]
    [InlineData(long.MaxValue / 2)]
    public void What_no_array_can_hold_is_a_clear_error(long length)
    {
        var exception = Assert.Throws<InsufficientMemoryException>(() =>
        {
            using var memory = new Scratch(length);
        });
        Assert.Contains($"{length} doubles", exception.Message, StringComparison.Ordinal);
        Assert.Contains("channels first", exception.Message, StringComparison.Ordinal);
    }

    private static void AssertRoom<T, TResult>(in SampleShape shape)
        where T : unmanaged
        where TResult : unmanaged
    {
        int groups = ChannelsLast<T, TResult>.GroupsAtOnce(shape);
        Assert.InRange(groups, 1, shape.Groups);
        long channels = groups * (long)shape.ChannelsPerGroup, row = shape.PositionsPerRow * channels;
        var (total, scales, sums) = ChannelsLast<T, TResult>.WorkingMemory(shape, 0, groups);
        Assert.InRange(scales, channels, long.MaxValue);
        Assert.InRange(sums, Math.Max(7 * row, ScaleTable.Size<T>(scales)), 8 * (row + 576));
        Assert.InRange(total, sums + (5L * groups), 2 * (sums + (5L * groups) + 640));
    }
}
