using System.Runtime.InteropServices;
using Microsoft.ML;

namespace MLNetGroupNorm.Samples.Images;

/// <summary>Classifiers trained on even light, one for each normalization, and what becomes of them in other light.</summary>
internal sealed class Experiment
{
    private const double TestShare = 0.25;
    private const int SheetStrength = 3; // the fourth of each change's five

    private readonly MLContext _mlContext = new(seed: 1);
    private readonly IReadOnlyList<PixelRow> _test;
    private readonly (Normalization Normalization, ITransformer Model)[] _pipelines;

    /// <summary>Sets a quarter of each class aside for testing, and trains on the rest.</summary>
    public Experiment(IReadOnlyList<PixelRow> rows, Action<double> progress)
    {
        var random = new Random(1);
        var classes = rows.GroupBy(row => row.Label).Select(rows => rows.OrderBy(_ => random.Next()).ToArray()).ToArray();
        _test = [.. classes.SelectMany(rows => rows.Take(TestShareOf(rows)))];
        PixelRow[] training = [.. classes.SelectMany(rows => rows.Skip(TestShareOf(rows)))];

        var trained = new List<(Normalization, ITransformer)>();
        foreach (var normalization in Normalization.All)
        {
            trained.Add((normalization, Classifier.Train(_mlContext, training, normalization)));
            progress((double)trained.Count / Normalization.All.Count);
        }
        _pipelines = [.. trained];

        static int TestShareOf(PixelRow[] rows) => (int)Math.Ceiling(TestShare * rows.Length);
    }

    public int TestCount => _test.Count;

    /// <summary>The share of the class with the most test pictures: what naming it always would get right.</summary>
    public double CommonestShare => (double)_test.CountBy(row => row.Label).Max(count => count.Value) / _test.Count;

    /// <summary>The test pictures under every light at every strength, scored by every pipeline.</summary>
    public IReadOnlyList<Accuracy> Score(Action<double> progress)
    {
        var lights = LightChange.All.SelectMany(change => change.Strengths, (change, strength) => (change, strength)).ToArray();
        var accuracies = new List<Accuracy>();
        foreach (var (change, strength) in lights)
        {
            var changed = _test.Select((row, i) => change.Apply(row, strength, seed: i)).ToArray();
            foreach (var (normalization, model) in _pipelines)
            {
                var right = Classifier.Score(_mlContext, model, changed).Count(row => row.PredictedLabel == row.Label);
                var share = (double)right / changed.Length;
                accuracies.Add(new Accuracy(change.Name, change.Unit, strength, normalization.Name, share));
                progress((double)accuracies.Count / (lights.Length * _pipelines.Length));
            }
        }
        return accuracies;
    }

    /// <summary>Counts the features and scores whose bits depend on whether rows are scored alone or together.</summary>
    public (int Differing, int Compared) CompareOneByOneWithAllAtOnce(Action<double> progress)
    {
        var (differing, compared) = (0, 0);
        for (var p = 0; p < _pipelines.Length; p++)
        {
            using var engine = _mlContext.Model.CreatePredictionEngine<PixelRow, Scored>(_pipelines[p].Model);
            foreach (var (row, together) in _test.Zip(Classifier.Score(_mlContext, _pipelines[p].Model, _test)))
            {
                var alone = engine.Predict(row);
                var bits = Bits(alone).Zip(Bits(together), (a, b) => a == b).ToArray();
                differing += bits.Count(same => !same);
                compared += bits.Length;
            }
            progress((p + 1.0) / _pipelines.Length);
        }
        return (differing, compared);

        static uint[] Bits(Scored row) => MemoryMarshal.Cast<float, uint>([.. row.Features, .. row.Score]).ToArray();
    }

    /// <summary>A picture under each light as each pipeline hands it to its classifier, with the accuracy in that light.</summary>
    public void SaveContactSheet(string path, IReadOnlyList<Accuracy> accuracies)
    {
        var row = _test[_test.Count / 2];
        (LightChange Change, float Strength)[] lights =
            [(LightChange.All[0], 0), .. LightChange.All.Select(change => (change, change.Strengths[SheetStrength]))];
        var changed = lights.Select(light => light.Change.Apply(row, light.Strength, seed: 0)).ToArray();
        var means = Accuracy.Means(accuracies).ToDictionary(mean => mean.Pipeline, mean => mean.Share);
        ContactSheet.Save(
            path,
            [.. lights.Select(light => light.Strength == 0 ? "even light" : $"{light.Change.Name} {100 * light.Strength:0} %"), "all lights"],
            [.. _pipelines.Select(pipeline => (pipeline.Normalization.Name, Tiles(pipeline.Normalization, pipeline.Model)))]);

        IReadOnlyList<(float[]?, double)> Tiles(Normalization normalization, ITransformer model) =>
        [
            .. Classifier.Score(_mlContext, model, changed).Zip(lights, (scored, light) => (
                Picture(normalization, scored.Features),
                accuracies.First(a => (a.Pipeline, a.Change, a.Strength) == (normalization.Name, light.Change.Name, light.Strength)).Share)),
            (null, means[normalization.Name]),
        ];

        // Raw pixels as they are; normalized ones from black, three standard deviations below the mean, to white.
        static float[]? Picture(Normalization normalization, float[] features) =>
            normalization == Normalization.None ? features : Array.ConvertAll(features, value => 0.5f + value / 6);
    }
}
