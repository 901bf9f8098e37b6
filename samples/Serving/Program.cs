using MLNetGroupNorm.Samples;
using MLNetGroupNorm.Samples.Serving;

const int Pictures = 1500;

var output = SampleFolder.Out("Serving.csproj");
var model = Path.Combine(output, "model.zip");
if (!File.Exists(model))
{
    Console.WriteLine("Making the model, at the first start only.");
    ModelFile.Train(model, Path.Combine(output, "digits"), Pictures);
}
await ServingApp.Build(args, new Scorer(model)).RunAsync();
