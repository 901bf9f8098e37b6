using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Tests.Images;

public sealed class NormalizationTests
{
    [Fact]
    public void Group_brings_each_strip_of_rows_to_mean_0_and_variance_1()
    {
        const int StripLength = PixelRow.Side * PixelRow.Side * PixelRow.Colours / Normalization.Strips;
        var mlContext = new MLContext();
        var view = mlContext.Data.LoadFromEnumerable([Pictures.Random(seed: 1)]);

        var features = Normalization.Group.Create(mlContext).Fit(view).Transform(view).GetColumn<float[]>("Features").Single();

        Assert.All(features.Chunk(StripLength), strip =>
        {
            Assert.Equal(0, strip.Average(), tolerance: 1e-6f);
            // Uniform levels have a variance of 1/12, beside which epsilon takes its part.
            Assert.Equal(1 / (1 + 12 * Normalization.Epsilon), strip.Average(value => (double)value * value), tolerance: 2e-3);
        });
    }

    [Fact]
    public void None_hands_the_pixels_on()
    {
        var mlContext = new MLContext();
        var row = Pictures.Random(seed: 1);
        var view = mlContext.Data.LoadFromEnumerable([row]);

        var features = Normalization.None.Create(mlContext).Fit(view).Transform(view).GetColumn<float[]>("Features").Single();

        Assert.Equal(row.Pixels, features);
    }
}
