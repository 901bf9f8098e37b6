using MLNetGroupNorm.Samples;
using MLNetGroupNorm.Samples.Serving;

const int Pictures = 1500;

var place = AppContext.BaseDirectory;
try
{
    place = SampleFolder.Out("Serving.csproj");
    var (model, rawPixels) = (Path.Combine(place, "model.zip"), Path.Combine(place, "raw-pixels.zip"));
    if (!File.Exists(model) || !File.Exists(rawPixels))
    {
        Console.WriteLine("Making the models, at the first start only.");
        ModelFile.Train(model, rawPixels, Path.Combine(place, "digits"), Pictures);
    }
    await using var app = ServingApp.Build(args, new Scorer(model), new Scorer(rawPixels));
    place = app.Configuration["urls"] ?? ServingApp.DefaultUrl;
    return await Serve(app, place);
}
catch (InvalidDataException exception)
{
    return Fail(exception.Message);
}
catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
{
    return Fail($"Cannot write to '{place}' ({exception.Message}). Make it writable, or copy the program to where it may write.");
}

static async Task<int> Serve(WebApplication app, string url)
{
    try
    {
        await app.StartAsync();
    }
    catch (Exception exception) when (exception is not OperationCanceledException) // addresses are wrong in many ways
    {
        var remedy = exception is IOException ? "Stop the program that uses it, or give another address" : "Give another address";
        return Fail($"Cannot listen on '{url}' ({exception.Message.TrimEnd('.')}). {remedy}: "
            + "dotnet run --project samples/Serving -- --urls http://127.0.0.1:5081");
    }
    await app.WaitForShutdownAsync();
    return 0;
}

static int Fail(string problem)
{
    Console.Error.WriteLine(problem);
    return 1;
}
