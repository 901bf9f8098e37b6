using System.Runtime.InteropServices;
using MLNetGroupNorm.Kernel;
using MLNetGroupNorm.Tests.Reference;

namespace MLNetGroupNorm.Tests.Kernel;

/// <summary>Groups of few values, which are taken four at a time, and some of more.</summary>
public sealed class SmallGroupsTests
{
    /// <summary>Fours and a rest, and as many channels as columns take.</summary>
    private const int Groups = 67;

    /// <summary>Channels and positions of a group, in all forms that it may have.</summary>
    private static readonly (int Channels, int Spatial)[] _forms =
        [.. from channels in Enumerable.Range(1, 8)
            from spatial in Enumerable.Range(1, 8)
            where channels * spatial is >= 2 and <= 8
            select (channels, spatial), (5, 13), (64, 1), (9, 200)];

    /// <summary>What eight values of a group may be.</summary>
    private static readonly float[][] _kinds =
    [
        .. new[] { "N(0, 1)", "N(1e5, 1)", "constant 100.1", "cancelling but for crumbs", "1e-20", "constant 0" }
            .Select(input => Inputs.Single(input, 8, seed: 3)),
        [1, float.NaN, 2, 3, 4, 5, 6, 7],
        [float.NegativeInfinity, float.PositiveInfinity, 0, 0, 0, 0, 0, 0],
        [-0f, 0, -0f, 0, -0f, 0, -0f, 0],
        [3, -3, 3, -3, 3, -3, 3, -3],
        [float.MaxValue, 1, 1, 1, 1, 1, 1, 1],
    ];

    private static readonly float[] _signs = [-2, -0f, 0, 2];

    public static TheoryData<string, TensorLayout, bool> Cases => Inputs.Cases;

    public static TheoryData<TensorLayout> Layouts => [.. Enum.GetValues<TensorLayout>()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Four_at_a_time_have_the_bits_that_each_has_alone(string input, TensorLayout layout, bool hasAffine)
    {
        foreach (var (channels, spatial) in _forms)
            AssertBitsOfEachAlone(Inputs.Single(input, Groups * channels * spatial, seed: channels), channels, spatial, layout,
                hasAffine ? Inputs.Affine(Groups * channels) : null);
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Neighbours_of_every_kind_have_the_bits_that_each_has_alone(TensorLayout layout)
    {
        foreach (var (channels, spatial) in _forms)
            foreach (int first in Enumerable.Range(0, _kinds.Length))
            {
                var x = new float[Groups * channels * spatial];
                for (int i = 0; i < x.Length; i++)
                {
                    var (group, place) = Place(i, channels, spatial, layout);
                    x[i] = _kinds[(first + (group * group)) % _kinds.Length][place % 8];
                }

                AssertBitsOfEachAlone(x, channels, spatial, layout, null);
                AssertBitsOfEachAlone(x, channels, spatial, layout, Inputs.Affine(Groups * channels));
            }
    }

    /// <summary>Of few values and of many.</summary>
    [Theory]
    [MemberData(nameof(Layouts))]
    public void Equal_values_become_a_bias_of_minus_zero(TensorLayout layout)
    {
        foreach (var (channels, spatial) in _forms.Concat([(16, 1), (1, 50), (3, 2000)]))
            foreach (float value in _signs)
            {
                float[] x = [.. Enumerable.Repeat(value, Groups * channels * spatial)];
                var affine = new GroupNormAffine(null, [.. Enumerable.Repeat(-0f, Groups * channels)]);
                GroupNormalization.Normalize(x, x, Groups * channels, Groups, 1e-5, affine, layout);
                Assert.All(x, y => Assert.True(y == 0 && float.IsNegative(y)));
            }
    }

    private static (int Group, int Place) Place(int index, int channels, int spatial, TensorLayout layout)
    {
        if (layout == TensorLayout.ChannelsFirst)
            return Math.DivRem(index, channels * spatial);
        (int position, int channel) = Math.DivRem(index, Groups * channels);
        return (channel / channels, (channel % channels * spatial) + position);
    }

    private static void AssertBitsOfEachAlone(float[] x, int channels, int spatial, TensorLayout layout, GroupNormAffine? affine)
    {
        var shape = new SampleShape(Groups * channels, Groups, spatial, layout);
        AssertBitsOfEachAlone<float>(x, shape, affine);
        AssertBitsOfEachAlone<double>([.. x.Select(value => value / 3.0)], shape, affine);
    }

    private static void AssertBitsOfEachAlone<T>(T[] x, in SampleShape shape, GroupNormAffine? affine)
        where T : unmanaged
    {
        foreach (double epsilon in new[] { 1e-5, 0 })
        {
            var together = new T[x.Length];
            GroupNormKernel.NormalizeGroups<T, T>(x, together, shape, 0, Groups, epsilon, affine);
            var inParts = new T[x.Length];
            GroupNormKernel.NormalizeGroups<T, T>(x, inParts, shape, 0, 29, epsilon, affine);
            GroupNormKernel.NormalizeGroups<T, T>(x, inParts, shape, 29, Groups, epsilon, affine);
            var alone = new T[x.Length];
            for (int group = 0; group < Groups; group++)
                GroupNormKernel.NormalizeGroups<T, T>(x, alone, shape, group, group + 1, epsilon, affine);
            foreach (T[] y in new[] { together, inParts })
                Assert.True(MemoryMarshal.AsBytes<T>(alone).SequenceEqual(MemoryMarshal.AsBytes<T>(y)),
                    $"{shape}, epsilon {epsilon}, {typeof(T)}");
        }
    }
}
