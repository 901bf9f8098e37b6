using Microsoft.ML;
using Microsoft.ML.Data;

var mlContext = new MLContext(seed: 1);
var random = new Random(1);
var rows = Enumerable.Range(0, 4000).Select(i => Measure(worn: i % 2 == 1)).ToList();
var data = mlContext.Data.TrainTestSplit(mlContext.Data.LoadFromEnumerable(rows), testFraction: 0.25);
Evaluate("raw readings", mlContext.Transforms.CopyColumns("Features", "Readings"));
Evaluate("NormalizeMeanVariance", mlContext.Transforms.NormalizeMeanVariance("Features", "Readings"));
Evaluate("NormalizeGlobalContrast", mlContext.Transforms.NormalizeGlobalContrast("Features", "Readings"));
Evaluate("GroupNormalize", mlContext.Transforms.GroupNormalize("Features", numberOfGroups: 3, "Readings"));

void Evaluate(string name, IEstimator<ITransformer> normalization)
{
    var model = normalization.Append(mlContext.BinaryClassification.Trainers.FastTree()).Fit(data.TrainSet);
    var metrics = mlContext.BinaryClassification.Evaluate(model.Transform(data.TestSet));
    Console.WriteLine($"{name,-23}  AUC {metrics.AreaUnderRocCurve:F2}");
}
Row Measure(bool worn) => new() { Label = worn, Readings = [.. Sensor(worn), .. Sensor(worn), .. Sensor(worn)] };
IEnumerable<float> Sensor(bool worn)
{
    float offset = random.Next(30_000), gain = random.Next(1, 50);
    return Enumerable.Range(0, 8).Select(i => offset + gain * (MathF.Sin(worn ? 1.1f * i : i) + random.NextSingle()));
}

internal sealed class Row
{
    public bool Label { get; set; }
    [VectorType(24)] public float[] Readings { get; set; } = [];
}
