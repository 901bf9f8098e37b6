using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Tests.Images;

public sealed class VerdictTests
{
    private const double Commonest = 0.1;
    private const int Many = 1000;

    [Fact]
    public void Group_normalization_first_is_called_worth_it()
    {
        var verdict = Of(raw: 0.8, contrast: 0.9, group: 0.95);

        Assert.StartsWith(
            "Over all lights GroupNormalize is right most often, in 95.0 %; NormalizeGlobalContrast follows with 90.0 %.", verdict[0],
            StringComparison.Ordinal);
        Assert.Contains(verdict, line => line.StartsWith("GroupNormalize pays here", StringComparison.Ordinal));
    }

    [Fact]
    public void Global_contrast_first_is_called_enough() =>
        Assert.Contains(Of(raw: 0.8, contrast: 0.95, group: 0.9), line => line.Contains("enough and simpler", StringComparison.Ordinal));

    [Fact]
    public void Raw_pixels_first_are_explained() =>
        Assert.Contains(Of(raw: 0.95, contrast: 0.8, group: 0.9), line => line.Contains("brightness", StringComparison.OrdinalIgnoreCase));

    [Fact]
    public void Two_that_are_equal_are_called_equal() =>
        Assert.Contains(Of(raw: 0.8, contrast: 0.955, group: 0.95), line => line.Contains("about equal", StringComparison.Ordinal));

    [Fact]
    public void Classes_that_nobody_learned_are_told_and_nothing_is_concluded()
    {
        var verdict = Of(raw: 0.55, contrast: 0.58, group: 0.57, commonest: 0.5);

        Assert.Equal(3, verdict.Length);
        Assert.Contains("naming the commonest class gets 50.0 %", verdict[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Few_pictures_are_told_what_one_of_them_weighs() =>
        Assert.Contains("With 20 test pictures one of them is 5.0 points", Of(raw: 0.8, contrast: 0.9, group: 0.95, count: 20)[^1],
            StringComparison.Ordinal);

    private static string[] Of(double raw, double contrast, double group, double commonest = Commonest, int count = Many)
    {
        (string Pipeline, double Share)[] shares =
        [
            (Normalization.None.Name, raw), (Normalization.MeanVariance.Name, 0.5),
            (Normalization.GlobalContrast.Name, contrast), (Normalization.Group.Name, group),
        ];
        Accuracy[] accuracies =
        [
            .. LightChange.All.SelectMany(change => change.Strengths, (change, strength) => (change, strength))
                .SelectMany(_ => shares, (light, of) => new Accuracy(light.change.Name, "%", light.strength, of.Pipeline, of.Share)),
        ];
        return [.. Verdict.Of(accuracies, commonest, count)];
    }
}
