using System.Globalization;

namespace MLNetGroupNorm.Samples.Images;

/// <summary>What the accuracies mean for whoever has such pictures, whichever pipeline came first.</summary>
internal static class Verdict
{
    /// <summary>Means less than this apart, in shares, are called equal: the same pictures drawn anew differ as much.</summary>
    private const double Even = 0.01;

    /// <summary>Of what guessing gets wrong, a pipeline that has learned something gets at least this share right.</summary>
    private const double Learned = 0.25;

    private static readonly string _group = Normalization.Group.Name;
    private static readonly string _contrast = Normalization.GlobalContrast.Name;

    /// <param name="accuracies">Of every pipeline under every light.</param>
    /// <param name="commonest">The share of the class with the most test pictures: what naming it always would get right.</param>
    /// <param name="testCount">How many test pictures there are.</param>
    public static IEnumerable<string> Of(IReadOnlyList<Accuracy> accuracies, double commonest, int testCount)
    {
        var means = Accuracy.Means(accuracies);
        var (best, next) = (means[0], means[1]);
        var group = means.Single(mean => mean.Pipeline == _group);
        yield return $"Over all lights {best.Pipeline} is right most often, in {Accuracy.Percent(best.Share)} %; "
            + $"{next.Pipeline} follows with {Accuracy.Percent(next.Share)} %.";

        if (accuracies.Where(a => a.Strength == 0).Max(a => a.Share) < commonest + Learned * (1 - commonest))
        {
            yield return $"But none learned much: always naming the commonest class gets {Accuracy.Percent(commonest)} %.";
            yield return $"A linear classifier of {PixelRow.Side} x {PixelRow.Side} pixels cannot tell these classes apart: "
                + "this says little about normalizing.";
            yield break;
        }

        if (best.Share - group.Share >= Even)
            yield return best.Pipeline == _contrast
                ? $"Most of these changes leave the light even across a picture, for which {_contrast} is enough and simpler."
                : "That is so where brightness or contrast itself tells classes apart: normalizing each picture takes it away.";
        else if (best.Pipeline == _group && best.Share - next.Share >= Even)
            yield return $"{_group} pays here: it keeps what it learned in even light better than the others.";
        else
            yield return "The first two are about equal: of the two take the one that is better in the light that you expect.";

        var gradient = Accuracy.Means(accuracies.Where(a => a.Change == LightChange.Gradient.Name));
        yield return gradient[0].Pipeline == _group
            ? $"Light from one side alone: {_group} is first with {Accuracy.Percent(gradient[0].Share)} %, then {gradient[1].Pipeline} with "
                + $"{Accuracy.Percent(gradient[1].Share)} %."
            : $"Light from one side alone: {gradient[0].Pipeline} is first with {Accuracy.Percent(gradient[0].Share)} %, {_group} has "
                + $"{Accuracy.Percent(gradient.Single(mean => mean.Pipeline == _group).Share)} %.";

        if (testCount < 1 / Even)
            yield return string.Create(CultureInfo.InvariantCulture,
                $"With {testCount} test pictures one of them is {100.0 / testCount:F1} points: smaller differences are chance.");
    }
}
