using MLNetGroupNorm.Safetensors;

namespace MLNetGroupNorm.Tests.Safetensors;

public sealed class LikenessTests
{
    private const int Most = 5;

    [Theory]
    [InlineData(0)]
    [InlineData(Most - 1)]
    [InlineData(Most)]
    [InlineData(Most + 1)]
    public void Up_to_five_names_are_given_the_nearest_first(int count)
    {
        // "layer", "laye", "lay", ...: each as like as it is long, in an order that is not theirs.
        string[] names = [.. Enumerable.Range(0, count).Select(i => "layers"[..(6 - i)])];

        Assert.Equal(names.Take(Most), Likeness.Nearest("layers", names.Reverse()));
        Assert.Equal(names.Take(Most), Likeness.Nearest("layers", names));
    }

    [Theory]
    // As many letters in common: the shorter one.
    [InlineData("norm", "norm1", "norm12")]
    [InlineData("norm", "no", "noxyz")]
    // Letters count at both ends.
    [InlineData("down.norm1.weight", "dxxx.norm1.weight", "downxxxxxxxxxxxxx")]
    [InlineData("down.norm1.weight", "down.norm2.weight", "down.norm1.xxxxxx")]
    // No letter counts twice: "aa" has two in common with either.
    [InlineData("aa", "aax", "aaaa")]
    // Separators and capitals are alike; other characters are not.
    [InlineData("a/B_c", "A.b.C", "a/B")]
    [InlineData("a.b", "a_x", "a-b-")]
    public void The_nearer_of_two_names_comes_first(string name, string nearer, string other)
    {
        Assert.Equal([nearer, other], Likeness.Nearest(name, [nearer, other]));
        Assert.Equal([nearer, other], Likeness.Nearest(name, [other, nearer]));
    }
}
