using System.Globalization;
using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Tests.Images;

public sealed class AccuracyTests
{
    [Fact]
    public void Means_leave_even_light_out_and_the_best_comes_first() => Assert.Equal(
        [("b", 0.75), ("a", 0.5)],
        Accuracy.Means([new("noise", "%", 0, "a", 1), new("noise", "%", 1, "a", 0.5), new("noise", "%", 1, "b", 1), new("noise", "%", 2, "b", 0.5)]));

    [Fact]
    public void What_is_saved_is_read_in_any_culture()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("accuracy.csv");
        Accuracy[] accuracies = [new("contrast", "% lost", 0.3f, "raw pixels", 1 / 3.0), new("noise", "%", 0, "other", 1)];
        var culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = { NumberDecimalSeparator = "," } };
            Accuracy.Save(path, accuracies);
            Assert.Equal(accuracies, Accuracy.Read(path));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }
}
