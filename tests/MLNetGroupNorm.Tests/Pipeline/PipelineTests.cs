using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Trainers.FastTree;
using MLNetGroupNorm.Tests.Support;

namespace MLNetGroupNorm.Tests.Pipeline;

/// <summary>Pipelines as people build them: trainers, which read sets of cursors, cross-validation, engines on threads.</summary>
public sealed class PipelineTests
{
    private const int Channels = 4;
    private const int Length = 16;

    private static readonly (string Name, Func<MLContext, IEstimator<ITransformer>> Create)[] _trainers =
    [
        ("LbfgsMaximumEntropy", mlContext => mlContext.MulticlassClassification.Trainers.LbfgsMaximumEntropy(
            new LbfgsMaximumEntropyMulticlassTrainer.Options { NumberOfThreads = 1, MaximumNumberOfIterations = 20 })),
        ("SdcaMaximumEntropy", mlContext => mlContext.MulticlassClassification.Trainers.SdcaMaximumEntropy(
            new SdcaMaximumEntropyMulticlassTrainer.Options { NumberOfThreads = 1, MaximumNumberOfIterations = 20 })),
        ("FastTree", mlContext => mlContext.MulticlassClassification.Trainers.OneVersusAll(
            mlContext.BinaryClassification.Trainers.FastTree(
                new FastTreeBinaryTrainer.Options { NumberOfThreads = 1, NumberOfTrees = 10 }))),
    ];

    private readonly MLContext _mlContext = new(seed: 1);

    [Fact]
    public void Trainers_that_read_cursor_sets_see_the_rows_that_a_single_cursor_sees()
    {
        var data = Labelled(400);
        var normalized = _mlContext.Transforms.GroupNormalize("Features", 2).Fit(data).Transform(data);
        // The same rows, made before: what a trainer learns from them is what it should learn from the view.
        var copied = Labelled(normalized.Rows<float>("Features"), [.. normalized.GetColumn<string>("Label")]);

        foreach (var (name, trainer) in _trainers)
        {
            var fromView = Scores(trainer, normalized);
            var fromCopy = Scores(trainer, copied);
            Assert.True(fromCopy.Zip(fromView).All(pair => pair.First.SequenceEqual(pair.Second)), $"{name} learned something else.");
        }
    }

    [Fact]
    public void A_trainer_learns_from_normalized_rows_what_light_had_hidden()
    {
        var data = Labelled(400);
        var split = _mlContext.Data.TrainTestSplit(data, 0.25, seed: 2);
        var pipeline = _mlContext.Transforms.GroupNormalize("Features", 2)
            .Append(_mlContext.Transforms.Conversion.MapValueToKey("Label"))
            .AppendCacheCheckpoint(_mlContext)
            .Append(_mlContext.MulticlassClassification.Trainers.LbfgsMaximumEntropy());

        var metrics = _mlContext.MulticlassClassification.Evaluate(pipeline.Fit(split.TrainSet).Transform(split.TestSet));

        Assert.True(metrics.MicroAccuracy > 0.9, $"{metrics.MicroAccuracy}");
    }

    [Fact]
    public void Cross_validation_runs_over_it()
    {
        var pipeline = _mlContext.Transforms.GroupNormalize("Features", 2)
            .Append(_mlContext.Transforms.Conversion.MapValueToKey("Label"))
            .Append(_mlContext.MulticlassClassification.Trainers.SdcaMaximumEntropy(
                new SdcaMaximumEntropyMulticlassTrainer.Options { NumberOfThreads = 1, MaximumNumberOfIterations = 10 }));

        var folds = _mlContext.MulticlassClassification.CrossValidate(Labelled(240), pipeline, numberOfFolds: 3);

        Assert.Equal(3, folds.Count);
        Assert.All(folds, fold => Assert.True(fold.Metrics.MicroAccuracy > 0.8, $"{fold.Metrics.MicroAccuracy}"));
    }

    [Fact]
    public void Engines_on_many_threads_share_a_transformer_and_give_its_bits()
    {
        float[][] rows = [.. Enumerable.Range(0, 200).Select(seed => Values.Single(seed, Length))];
        var data = _mlContext.Data.LoadFromEnumerable(rows.Select(row => new Sample { Features = row }));
        var model = _mlContext.Transforms.GroupNormalize("Features", 2).Fit(data);
        float[][] expected = model.Transform(data).Rows<float>("Features");

        var outputs = new float[8][][];
        var threads = Enumerable.Range(0, 8).Select(i => new Thread(() =>
        {
            using var engine = _mlContext.Model.CreatePredictionEngine<Sample, Sample>(model);
            outputs[i] = Array.ConvertAll(rows, row => engine.Predict(new Sample { Features = row }).Features);
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.All(outputs, output => Assert.Equal(expected, output));
    }

    private static float[][] Scores(Func<MLContext, IEstimator<ITransformer>> trainer, IDataView data)
    {
        // Each in a context of its own, whose random numbers start anew.
        var mlContext = new MLContext(seed: 3);
        var keyed = mlContext.Transforms.Conversion.MapValueToKey("Label").Fit(data).Transform(data);
        return trainer(mlContext).Fit(keyed).Transform(keyed).Rows<float>("Score");
    }

    /// <summary>Three patterns under light of random brightness and contrast.</summary>
    private IDataView Labelled(int count)
    {
        var random = new Random(11);
        var rows = new float[count][];
        var labels = new string[count];
        for (int i = 0; i < count; i++)
        {
            int kind = i % 3;
            double light = 100 * random.NextDouble(), contrast = 1 + 20 * random.NextDouble();
            labels[i] = $"pattern {kind}";
            rows[i] = [.. Enumerable.Range(0, Length).Select(j => (float)(light + contrast
                * ((kind == 0 ? j % 4 : kind == 1 ? j % 4 / 2 * 2 : j / 4 % 2 * 2) + 0.2 * random.NextDouble())))];
        }

        return Labelled(rows, labels);
    }

    private IDataView Labelled(float[][] rows, string[] labels) => _mlContext.Data.LoadFromEnumerable(
        rows.Zip(labels, (row, label) => new Sample { Features = row, Label = label }).ToArray());

    private sealed class Sample
    {
        [VectorType(Channels, Length / Channels)]
        public float[] Features { get; set; } = [];

        public string Label { get; set; } = "";
    }
}
