using MLNetGroupNorm.Tests.Reference;

namespace MLNetGroupNorm.Tests;

public sealed class GroupNormalizationTests
{
    public static TheoryData<int, int, int, TensorLayout> Shapes()
    {
        var shapes = new TheoryData<int, int, int, TensorLayout>();
        foreach (var (channels, groups) in new[] { (1, 1), (2, 2), (3, 1), (12, 3), (6, 2), (64, 32), (65, 5), (96, 96) })
            foreach (int spatial in new[] { 1, 2, 3, 7, 8, 9, 49 })
                foreach (var layout in Enum.GetValues<TensorLayout>())
                    if (channels / groups * spatial > 1)
                        shapes.Add(channels, groups, spatial, layout);
        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Single_and_double_are_as_exact_as_promised(int channels, int groups, int spatial, TensorLayout layout)
    {
        var random = new Random(channels + (100 * groups) + spatial);
        float[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => (random.NextSingle() * 2) - 0.9f)];
        var affine = new GroupNormAffine(Draw(channels), Draw(channels));
        float[] x = Draw(channels * spatial);
        double[] wide = [.. x.Select(v => v * Math.PI)];

        var y = new float[x.Length];
        GroupNormalization.Normalize(x, y, channels, groups, affine: affine, layout: layout);
        GroupNormalization.Normalize(wide, wide, channels, groups, affine: affine, layout: layout);

        Accuracy.AssertSingle([.. x.Select(v => (double)v)], y, channels, groups, 1e-5, affine, layout);
        Accuracy.AssertDouble([.. x.Select(v => v * Math.PI)], wide, channels, groups, 1e-5, affine, layout);
    }
}
