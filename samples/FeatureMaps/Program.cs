using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetGroupNorm;
using MLNetGroupNorm.Samples;
using MLNetGroupNorm.Samples.FeatureMaps;

// Both ways run the same convolution, so on ordinary pictures they differ by ONNX Runtime's normalization in single precision:
// by about 5e-6 in the maps, and less in the scores, which come from means over maps. Twenty times that is allowed.
const float MapTolerance = 1e-4f;
const float ScoreTolerance = 1e-5f;

var ml = new MLContext(seed: 1);
var random = new Random(1);
var checks = new Checks();

// The network's files, as training elsewhere leaves them: what comes before the normalization and after it as ONNX models,
// the normalization's parameters as safetensors.
string folder = Directory.CreateDirectory(Path.Combine("out", "FeatureMaps")).FullName;
string convolutionFile = Path.Combine(folder, "convolution.onnx");
string poolingFile = Path.Combine(folder, "pooling.onnx");
string wholeFile = Path.Combine(folder, "whole.onnx");
string parametersFile = Path.Combine(folder, "normalization.safetensors");
var network = new Network(random);
File.WriteAllBytes(convolutionFile, network.Convolution());
File.WriteAllBytes(poolingFile, Network.Pooling());
SafetensorsFile.Write(parametersFile, ("norm1.weight", network.Weight), ("norm1.bias", network.Bias));

// The pipeline. The maps come as (1, channels, height, width); the parameters say how many channels there are.
var parameters = GroupNormAffine.FromSafetensors(parametersFile, "norm1");
var pipeline = ml.Transforms.ApplyOnnxModel("maps", "pixels", convolutionFile)
    .Append(ml.Transforms.GroupNormalize("normalized", Network.Groups, "maps", epsilon: Network.Epsilon, affine: parameters))
    .Append(ml.Transforms.ApplyOnnxModel("features", "normalized", poolingFile))
    .AppendCacheCheckpoint(ml) // the trainer reads its rows many times, the networks need to run once
    .Append(ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(featureColumnName: "features"));

Texture[] Draw(int count) => [.. Enumerable.Range(0, count).Select(_ => Texture.Draw(random))];
Texture[] training = Draw(600);
Texture[] pictures = Draw(400);
using var model = Steps.Run("Training the head", _ => pipeline.Fit(ml.Data.LoadFromEnumerable(training)));

// The same network whole, the trained head in it, in ONNX Runtime.
var head = model.LastTransformer.Model;
VBuffer<float>[]? headWeight = null;
head.GetWeights(ref headWeight, out _);
File.WriteAllBytes(wholeFile, network.Whole([.. headWeight.SelectMany(row => row.DenseValues())], [.. head.GetBiases()]));
using var whole = ml.Transforms.ApplyOnnxModel(["whole.normalized", "whole.scores"], ["pixels"], wholeFile)
    .Fit(ml.Data.LoadFromEnumerable(pictures));

Scored[] Score(ITransformer pipeline, float brighter)
{
    var data = ml.Data.LoadFromEnumerable(pictures.Select(picture => picture.Brighter(brighter)));
    return [.. ml.Data.CreateEnumerable<Scored>(whole.Transform(pipeline.Transform(data)), reuseRowObject: false)];
}

Scored[] ordinary = Steps.Run("Scoring both ways", _ => Score(model, brighter: 0));
int right = ordinary.Count(picture => picture.PredictedLabel == picture.Label);
float mapDifference = Scored.Largest(ordinary, picture => Scored.Difference(picture.Maps, picture.WholeMaps));
float scoreDifference = Scored.Largest(ordinary, picture => Scored.Difference(picture.Score, picture.WholeScore));
Console.WriteLine($"Largest difference: {mapDifference:0.0E+0} in the normalized maps, {scoreDifference:0.0E+0} in the scores");
checks.That($"the pipeline tells {right} of {pictures.Length} pictures right", right > 0.85 * pictures.Length);
checks.That("ONNX Runtime sees the same class in all of them",
    ordinary.All(picture => picture.PredictedLabel == picture.WholeLabel()));
checks.That($"maps agree within {MapTolerance}, scores within {ScoreTolerance}",
    mapDifference < MapTolerance && scoreDifference < ScoreTolerance);

// Networks, parameters and head are saved together.
string modelFile = Path.Combine(folder, "model.zip");
ml.Model.Save(model, ml.Data.LoadFromEnumerable(pictures).Schema, modelFile);
var loaded = Score(ml.Model.Load(modelFile, out _), brighter: 0);
checks.That("the pipeline, saved as one file and loaded, gives the same scores",
    loaded.Zip(ordinary, (now, before) => now.Score.SequenceEqual(before.Score)).All(same => same));

// The same added to all pixels, as a sensor's offset is: the normalization takes it out, and no class should change.
Console.WriteLine("""

    added to      classes kept by             largest difference
    each pixel    pipeline   ONNX Runtime     in the maps
    """);
int leastKept = pictures.Length;
foreach (float offset in new[] { 1f, 10f, 100f, 1000f })
{
    var shifted = Score(model, offset);
    int kept = shifted.Zip(ordinary, (now, before) => now.PredictedLabel == before.PredictedLabel).Count(same => same);
    int wholeKept = shifted.Zip(ordinary, (now, before) => now.WholeLabel() == before.WholeLabel()).Count(same => same);
    float difference = Scored.Largest(shifted, picture => Scored.Difference(picture.Maps, picture.WholeMaps));
    Console.WriteLine($"{offset,10}    {kept,8}   {wholeKept,12}     {difference:0.0E+0}");
    leastKept = Math.Min(leastKept, kept);
}

checks.That("the pipeline keeps its classes", leastKept >= 0.99 * pictures.Length);
return checks.Summarize();
