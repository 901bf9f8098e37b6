using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Serving;

/// <summary><c>POST /score</c>: an image in, its class out.</summary>
/// <param name="scorer">The model that answers.</param>
/// <param name="rawPixels">The same classifier without normalization, to compare with.</param>
/// <param name="logger">Told of uploads that end early.</param>
internal sealed class ScoreEndpoint(Scorer scorer, Scorer rawPixels, ILogger<ScoreEndpoint> logger) : IDisposable
{
    /// <summary>Decoding and scoring keep a core busy and an image in memory: more at once would take no less time.</summary>
    private readonly SemaphoreSlim _cores = new(Environment.ProcessorCount);

    /// <param name="request">An image, or a form with one.</param>
    /// <param name="channels">Whether to answer with the colours before and after normalization too.</param>
    /// <param name="compare">Whether to answer with what the classifier of raw pixels says too.</param>
    /// <param name="cancellation">The client has gone.</param>
    public async Task<Ok<Answer>> HandleAsync(
        HttpRequest request, bool channels = false, bool compare = false, CancellationToken cancellation = default)
    {
        var bytes = await UploadReader.ReadAsync(request, logger, cancellation);
        await _cores.WaitAsync(cancellation);
        try
        {
            using var image = ImageDecoder.Decode(bytes);
            var prediction = scorer.Score(image);
            return TypedResults.Ok(Answer.Of(scorer, prediction) with
            {
                Colours = channels ? ColourPlane.Of(prediction) : null,
                RawPixels = compare ? Answer.Of(rawPixels, rawPixels.Score(image)) : null,
            });
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
internal sealed record Answer(string Class, IReadOnlyDictionary<string, float> Probabilities)
{
    /// <summary>What the model saw, where it was asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ColourPlane>? Colours { get; init; }

    /// <summary>What the classifier of raw pixels says, where it was asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public Answer? RawPixels { get; init; }

    public static Answer Of(Scorer scorer, Prediction prediction) => new(
        prediction.PredictedLabel,
        scorer.Classes.Zip(prediction.Score).ToDictionary(pair => pair.First, pair => pair.Second));
}

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
