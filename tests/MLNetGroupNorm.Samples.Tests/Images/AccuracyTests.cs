using System.Globalization;
using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Tests.Images;

public sealed class AccuracyTests
{
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
