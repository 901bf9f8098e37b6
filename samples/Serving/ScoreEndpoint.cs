using Microsoft.AspNetCore.Http.HttpResults;

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
