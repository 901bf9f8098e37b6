using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace MLNetGroupNorm.Samples.Tests.Serving;

/// <summary>What a client sends, and what it looks for in the answers.</summary>
internal sealed class ServerClient(Uri address)
{
    private static readonly HttpClient _http = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static ByteArrayContent Raw(byte[] bytes, string type = "image/png")
    {
        var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return content;
    }

    public static MultipartFormDataContent Form(byte[] bytes) => new() { { new ByteArrayContent(bytes), "file", "a.png" } };

    public Task<HttpResponseMessage> Get(string path) => _http.GetAsync(new Uri(address, path), Cancellation);

    /// <summary>Sends to be scored, in pieces without a length if asked to.</summary>
    public async Task<HttpResponseMessage> Post(HttpContent content, bool channels = false, bool inPieces = false)
    {
        var path = channels ? "/score?channels=true" : "/score";
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(address, path)) { Content = content };
        request.Headers.TransferEncodingChunked = inPieces;
        return await _http.SendAsync(request, Cancellation);
    }

    public async Task<JsonElement> Score(HttpContent content, bool channels = false)
    {
        using var response = await Post(content, channels);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    public static async Task AssertProblem(int status, string? detail, HttpResponseMessage response)
    {
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        if (detail is not null) Assert.Contains(detail, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }
}
