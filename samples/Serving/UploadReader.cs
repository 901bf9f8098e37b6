using Microsoft.Net.Http.Headers;

namespace MLNetGroupNorm.Samples.Serving;

/// <summary>The uploaded file of a request: its body, or the one file of a form.</summary>
internal static partial class UploadReader
{
    public const int MostBytes = 8 * 1024 * 1024;

    private static readonly string[] _imageTypes = ["image/png", "image/jpeg"];

    public static async Task<byte[]> ReadAsync(HttpRequest request, ILogger logger, CancellationToken cancellation)
    {
        _ = MediaTypeHeaderValue.TryParse(request.ContentType, out var type);
        var mediaType = type?.MediaType.Value ?? "";
        var isForm = string.Equals(mediaType, "multipart/form-data", StringComparison.OrdinalIgnoreCase);
        if (!isForm && !_imageTypes.Contains(mediaType, StringComparer.OrdinalIgnoreCase))
            throw new BadHttpRequestException(
                $"Content type '{request.ContentType}' is not taken: send image/png, image/jpeg, or a multipart/form-data file.",
                StatusCodes.Status415UnsupportedMediaType);

        var body = await ReadBody(request, logger, cancellation);
        return isForm ? await FileOf(request, body, cancellation) : body;
    }

    private static async Task<byte[]> ReadBody(HttpRequest request, ILogger logger, CancellationToken cancellation)
    {
        if (request.ContentLength > MostBytes) throw TooLarge();
        using var body = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await ReadPiece() is var read and > 0)
        {
            if (body.Length + read > MostBytes) throw TooLarge(); // sent in pieces, with no length declared
            body.Write(buffer, 0, read);
        }
        return body.ToArray();

        async ValueTask<int> ReadPiece()
        {
            try
            {
                return await request.Body.ReadAsync(buffer, cancellation);
            }
            catch (Exception exception) when (exception is OperationCanceledException or IOException
                && exception is not BadHttpRequestException { StatusCode: not StatusCodes.Status400BadRequest })
            {
                UploadEnded(logger, body.Length);
                throw new BadHttpRequestException("The upload ended early.", exception);
            }
        }
    }

    private static async Task<byte[]> FileOf(HttpRequest request, byte[] body, CancellationToken cancellation)
    {
        request.Body = new MemoryStream(body);
        IFormCollection form;
        try
        {
            form = await request.ReadFormAsync(cancellation);
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            throw new BadHttpRequestException("The form is broken or incomplete.", exception);
        }
        if (form.Files is not [var file])
            throw new BadHttpRequestException($"The form holds {form.Files.Count} files: send one.");

        var bytes = new byte[file.Length];
        await using var stream = file.OpenReadStream();
        await stream.ReadExactlyAsync(bytes, cancellation);
        return bytes;
    }

    [LoggerMessage(LogLevel.Information, "An upload ended early, after {Received} bytes: the client left, or its HTTP is broken.")]
    private static partial void UploadEnded(ILogger logger, long received);

    private static BadHttpRequestException TooLarge() =>
        new($"The body is too large: the limit is {MostBytes} bytes.", StatusCodes.Status413PayloadTooLarge);
}
