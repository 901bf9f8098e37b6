using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Serving;

/// <summary><c>POST /score</c>: an image in, its class out.</summary>
internal sealed class ScoreEndpoint(Scorer scorer) : IDisposable
{
    /// <summary>Decoding and scoring keep a core busy and an image in memory: more at once would take no less time.</summary>
    private readonly SemaphoreSlim _cores = new(Environment.ProcessorCount);

    /// <param name="request">An image, or a form with one.</param>
    /// <param name="channels">Whether to answer with the colours before and after normalization too.</param>
    /// <param name="cancellation">The client has gone.</param>
    public async Task<Ok<Answer>> HandleAsync(
        HttpRequest request, bool channels = false, CancellationToken cancellation = default)
    {
        var bytes = await UploadReader.ReadAsync(request, cancellation);
        await _cores.WaitAsync(cancellation);
        try
        {
            using var image = ImageDecoder.Decode(bytes);
            var prediction = scorer.Score(image);
            var probabilities = scorer.Classes.Zip(prediction.Score).ToDictionary(pair => pair.First, pair => pair.Second);
            var colours = channels ? ColourPlane.Of(prediction) : null;
            return TypedResults.Ok(new Answer(prediction.PredictedLabel, probabilities, colours));
        }
        finally
        {
            _cores.Release();
        }
    }

    public void Dispose() => _cores.Dispose();
}

/// <summary>The answer to an upload.</summary>
/// <param name="Class">The most probable class.</param>
/// <param name="Probabilities">Of every class, by its name.</param>
/// <param name="Colours">What the model saw, where it was asked for.</param>
internal sealed record Answer(
    string Class,
    IReadOnlyDictionary<string, float> Probabilities,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ColourPlane>? Colours);

/// <summary>One colour of the resized picture, row by row, before and after normalization.</summary>
internal sealed record ColourPlane(string Name, int Width, float[] Before, float[] After)
{
    private static readonly string[] _names = ["red", "green", "blue"];

    public static IReadOnlyList<ColourPlane> Of(Prediction prediction) =>
    [
        .. _names.Select((name, colour) =>
            new ColourPlane(name, PixelRow.Side, Take(prediction.Pixels, colour), Take(prediction.Features, colour))),
    ];

    private static float[] Take(float[] interleaved, int colour) =>
        [.. interleaved.Where((_, i) => i % PixelRow.Colours == colour)];
}
