using MLNetGroupNorm.Safetensors;

namespace MLNetGroupNorm.Tests.Safetensors;

public sealed class SafetensorsErrorTests
{
    private const int Longest = 120;
    private const int MostNames = 10;

    [Theory]
    [InlineData(Longest - 1)]
    [InlineData(Longest)]
    public void Names_of_up_to_120_characters_are_quoted_whole(int length) =>
        Assert.Equal($"'{new string('n', length)}'", SafetensorsError.Quote(new string('n', length)));

    [Fact]
    public void Longer_names_are_cut() =>
        Assert.Equal($"'{new string('n', Longest)}...'", SafetensorsError.Quote(new string('n', Longest + 1)));

    [Fact]
    public void Up_to_ten_names_are_quoted_and_the_others_counted()
    {
        string[] names = [.. Enumerable.Range(0, MostNames + 1).Select(i => $"n{i}")];

        Assert.EndsWith("'n8', 'n9'", SafetensorsError.Quote(names[..MostNames]));
        Assert.EndsWith("'n9' and 1 more", SafetensorsError.Quote(names));
        Assert.Equal("'n0'", SafetensorsError.Quote(names[..1]));
    }
}
