using MLNetGroupNorm.Kernel;
using MLNetGroupNorm.Tests.Reference;

namespace MLNetGroupNorm.Tests.Kernel;

/// <summary>Bytes are normalized as floats of the same values are.</summary>
public sealed class ByteTests
{
    public static TheoryData<int, int, int, TensorLayout> Shapes()
    {
        var shapes = new TheoryData<int, int, int, TensorLayout>();
        foreach (var layout in Enum.GetValues<TensorLayout>())
            foreach (var (channels, groups, spatial) in new[]
                {
                    (3, 1, 1000), (2, 2, 4), (4, 2, 1), (7, 1, 1), (40, 4, 1), (66, 3, 13), (9, 1, 4097),
                    (64, 32, 1), (70, 10, 1), (64, 64, 5), (64, 32, 3), (96, 32, 2), (64, 16, 2),
                })
                shapes.Add(channels, groups, spatial, layout);
        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Bytes_get_the_bits_of_floats(int channels, int groups, int spatial, TensorLayout layout)
    {
        var x = new byte[channels * spatial];
        new Random(channels).NextBytes(x);
        var affine = new GroupNormAffine(
            Inputs.Single("N(0, 1)", channels, seed: 1), Inputs.Single("N(0, 1)", channels, seed: 2));
        var shape = new SampleShape(channels, groups, spatial, layout);
        var fromBytes = new float[x.Length];
        var fromFloats = new float[x.Length];

        GroupNormKernel.Normalize(x, fromBytes, shape, 1e-5, affine);
        GroupNormKernel.Normalize(Array.ConvertAll(x, value => (float)value), fromFloats, shape, 1e-5, affine);

        Assert.Equal(fromFloats, fromBytes);
        Accuracy.AssertSingle(Array.ConvertAll(x, value => (double)value), fromBytes, channels, groups, 1e-5, affine, layout);
    }
}
