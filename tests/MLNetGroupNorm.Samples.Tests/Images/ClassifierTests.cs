using Microsoft.ML;
using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Tests.Images;

public sealed class ClassifierTests
{
    [Fact]
    public void Training_learns_the_digits_and_gives_the_same_bits_again()
    {
        var rows = Pictures.Rows(400);
        var training = rows.Where((_, i) => i % 4 != 0).ToArray();
        var test = rows.Where((_, i) => i % 4 == 0).ToArray();

        var first = Score();
        var second = Score();

        // A tenth would be guessing; the sample's own 3000 pictures give more than 0.95.
        Assert.True(first.Count(row => row.Label == row.PredictedLabel) > 0.8 * test.Length);
        Assert.Equal(first.SelectMany(row => row.Score), second.SelectMany(row => row.Score));

        IReadOnlyList<Scored> Score()
        {
            var mlContext = new MLContext(seed: 1);
            return Classifier.Score(mlContext, Classifier.Train(mlContext, training, Normalization.Group), test);
        }
    }
}
