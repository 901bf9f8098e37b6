using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetGroupNorm.Samples.Images.Files;
using MLNetGroupNorm.Samples.Serving;
using MLNetGroupNorm.Samples.Tests.Images;
using SkiaSharp;

namespace MLNetGroupNorm.Samples.Tests.Serving;

[Collection(SharedServer.Name)]
public sealed class ScoreEndpointTests(ServerFixture server) : IDisposable
{
    private readonly HttpClient _client = new() { BaseAddress = server.Address };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string> Files => ["digit.png", "digit.jpg", "transparent.png", "grey.jpg", "wide.png", "exact.png"];

    [Theory]
    [MemberData(nameof(Files))]
    public async Task An_upload_gets_the_bits_of_the_same_file_read_by_the_pipeline_from_disk(string name)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("class", name);
        var bytes = Upload(name);
        await File.WriteAllBytesAsync(path, bytes, Cancellation);
        var row = Assert.Single(Pixels.Read([new ImageFile { Path = path, Label = "class" }], _ => { }));

        var answer = await Answer(await _client.PostAsync("/score?channels=true", Raw(bytes, name), Cancellation));

        var colours = answer.GetProperty("colours").EnumerateArray().ToArray();
        Assert.Equal(["red", "green", "blue"], colours.Select(colour => colour.GetProperty("name").GetString()));
        for (var colour = 0; colour < colours.Length; colour++)
            Assert.Equal(row.Pixels.Where((_, i) => i % PixelRow.Colours == colour), Floats(colours[colour].GetProperty("before")));
        Assert.Equal(Features(row), Enumerable.Range(0, row.Pixels.Length)
            .Select(i => colours[i % PixelRow.Colours].GetProperty("after")[i / PixelRow.Colours].GetSingle()));
    }

    [Fact]
    public async Task A_form_gets_the_answer_of_its_file_and_channels_come_only_where_asked_for()
    {
        var bytes = Pictures.Digit(4, seed: 10);
        using var form = Form(bytes);

        var raw = await Answer(await _client.PostAsync("/score", Raw(bytes), Cancellation));
        var formed = await Answer(await _client.PostAsync("/score", form, Cancellation));

        Assert.Equal(raw.GetRawText(), formed.GetRawText());
        Assert.False(raw.TryGetProperty("colours", out _));
        var probabilities = raw.GetProperty("probabilities").EnumerateObject().ToArray();
        Assert.Equal(Enumerable.Range(0, 10).Select(digit => $"{digit}"), probabilities.Select(p => p.Name).Order());
        Assert.Equal(1, probabilities.Sum(p => p.Value.GetSingle()), tolerance: 1e-4f);
        Assert.Equal(probabilities.MaxBy(p => p.Value.GetSingle()).Name, raw.GetProperty("class").GetString());
    }

    [Fact]
    public async Task Most_digits_are_recognized()
    {
        var right = 0;
        for (var i = 0; i < 50; i++)
        {
            var answer = await Answer(await _client.PostAsync("/score", Raw(Pictures.Digit(i % 10, seed: 100_000 + i)), Cancellation));
            if (answer.GetProperty("class").GetString() == $"{i % 10}") right++;
        }
        Assert.InRange(right, 40, 50);
    }

    [Fact]
    public async Task Sixty_four_requests_at_once_get_the_answers_of_one_after_another()
    {
        const int Requests = 64;
        var uploads = Enumerable.Range(0, Requests)
            .Select(i => Pictures.Digit(i % 10, seed: i, i % 3 == 0 ? SKEncodedImageFormat.Jpeg : SKEncodedImageFormat.Png)).ToArray();
        var alone = new List<string>();
        foreach (var upload in uploads) alone.Add(await Post(upload));

        var together = await Task.WhenAll(uploads.Select(Post));

        Assert.Equal(alone, together);
        Assert.Equal(Requests, alone.Distinct().Count());

        async Task<string> Post(byte[] upload, int i = 0)
        {
            using HttpContent content = i % 2 == 0 ? Raw(upload) : Form(upload);
            return (await Answer(await _client.PostAsync("/score?channels=true", content, Cancellation))).GetRawText();
        }
    }

    public static TheoryData<string, int, string> Refused => new()
    {
        { "empty", 400, "empty" },
        { "text", 415, "not the bytes of a PNG or JPEG" },
        { "gif", 415, "not the bytes of a PNG or JPEG" },
        { "webp", 415, "not the bytes of a PNG or JPEG" },
        { "half a png", 400, "broken or incomplete" },
        { "half a jpeg", 400, "broken or incomplete" },
        { "half a header", 400, "broken or incomplete" },
        { "flipped bits", 400, "broken or incomplete" },
        { "too many pixels", 413, "60000 x 60000 pixels are too many" },
        { "too many bytes", 413, "too large" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Bytes_that_are_no_image_to_score_are_refused_with_a_problem_body(string upload, int status, string detail)
    {
        using var form = Form(Bad(upload));

        await AssertProblem(status, detail, await _client.PostAsync("/score", Raw(Bad(upload)), Cancellation));
        await AssertProblem(status, detail, await _client.PostAsync("/score", form, Cancellation));
    }

    [Theory]
    [InlineData(UploadReader.MostBytes + 1)]
    [InlineData(4 * UploadReader.MostBytes)]
    public async Task A_body_too_large_is_refused_also_where_it_does_not_say_its_length(int length)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/score") { Content = Raw(new byte[length]) };
        request.Headers.TransferEncodingChunked = true;

        await AssertProblem(413, "the limit is 8388608 bytes", await _client.SendAsync(request, Cancellation));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("image/gif")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("nonsense")]
    public async Task Another_content_type_is_refused(string? type)
    {
        using var content = new ByteArrayContent(Pictures.Digit(1, seed: 1));
        if (type is not null) content.Headers.TryAddWithoutValidation("Content-Type", type);

        await AssertProblem(415, $"Content type '{type}' is not taken", await _client.PostAsync("/score", content, Cancellation));
    }

    [Fact]
    public async Task A_form_without_a_file_with_two_or_broken_is_refused()
    {
        using var none = new MultipartFormDataContent { { new StringContent("text"), "field" } };
        using var two = Form(Pictures.Digit(1, seed: 1));
        two.Add(new ByteArrayContent([1]), "other", "b.png");
        using var cut = new ByteArrayContent("--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nabc"u8.ToArray());
        cut.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=x");
        using var unbounded = new ByteArrayContent([1, 2, 3]);
        unbounded.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data");

        await AssertProblem(400, "The form holds 0 files", await _client.PostAsync("/score", none, Cancellation));
        await AssertProblem(400, "The form holds 2 files", await _client.PostAsync("/score", two, Cancellation));
        await AssertProblem(400, "The form is broken", await _client.PostAsync("/score", cut, Cancellation));
        await AssertProblem(400, "The form is broken", await _client.PostAsync("/score", unbounded, Cancellation));
    }

    [Fact]
    public async Task Other_addresses_and_methods_get_a_problem_body()
    {
        await AssertProblem(404, null, await _client.GetAsync(new Uri("/none", UriKind.Relative), Cancellation));
        await AssertProblem(404, null, await _client.GetAsync(new Uri("/digit/10", UriKind.Relative), Cancellation));
        await AssertProblem(405, null, await _client.GetAsync(new Uri("/score", UriKind.Relative), Cancellation));
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_does_no_harm()
    {
        for (var i = 0; i < 20; i++)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(server.Address.Host, server.Address.Port, Cancellation);
            var head = "POST /score HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: 5000\r\n\r\nabc"u8.ToArray();
            await socket.GetStream().WriteAsync(head, Cancellation);
        }

        Assert.Equal("Healthy", await _client.GetStringAsync(new Uri("/healthz", UriKind.Relative), Cancellation));
        Assert.Equal(HttpStatusCode.OK, (await _client.PostAsync("/score", Raw(Pictures.Digit(1, seed: 1)), Cancellation)).StatusCode);
    }

    [Fact]
    public async Task A_digit_to_try_is_an_image_that_the_server_takes()
    {
        var png = await _client.GetByteArrayAsync(new Uri("/digit/8", UriKind.Relative), Cancellation);

        Assert.Equal(HttpStatusCode.OK, (await _client.PostAsync("/score", Raw(png), Cancellation)).StatusCode);
    }

    public void Dispose() => _client.Dispose();

    private static byte[] Upload(string name)
    {
        using var bitmap = name switch
        {
            "grey.jpg" => new SKBitmap(40, 50, SKColorType.Gray8, SKAlphaType.Opaque),
            "transparent.png" => new SKBitmap(40, 50, SKColorType.Bgra8888, SKAlphaType.Unpremul),
            "wide.png" => new SKBitmap(300, 20, isOpaque: true),
            "exact.png" => new SKBitmap(PixelRow.Side, PixelRow.Side, isOpaque: true),
            _ => Samples.Images.Strokes.DigitPainter.Paint(2, new Random(1)),
        };
        var random = new Random(1);
        if (!name.StartsWith("digit", StringComparison.Ordinal))
            for (var i = 0; i < bitmap.Width * bitmap.Height; i++)
                bitmap.SetPixel(i % bitmap.Width, i / bitmap.Width, new SKColor((uint)random.NextInt64(1L << 32)));
        var format = name.EndsWith(".jpg", StringComparison.Ordinal) ? SKEncodedImageFormat.Jpeg : SKEncodedImageFormat.Png;
        return bitmap.Encode(format, quality: 90).ToArray();
    }

    private static byte[] Bad(string upload)
    {
        var png = Pictures.Digit(1, seed: 1);
        switch (upload)
        {
            case "empty": return [];
            case "text": return Encoding.UTF8.GetBytes("These are not the pixels you are looking for.");
            case "gif": return Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");
            case "webp": return Pictures.Plain(20, 20, SKColors.Red, SKEncodedImageFormat.Webp);
            case "half a png": return png[..(png.Length / 2)];
            case "half a jpeg": return [.. Pictures.Digit(1, seed: 1, SKEncodedImageFormat.Jpeg).SkipLast(300)];
            case "half a header": return png[..20];
            case "flipped bits":
                png[png.Length / 2] ^= 0xff;
                return png;
            case "too many pixels":
                PngHeader.SetSize(png, width: 60_000, height: 60_000);
                return png;
            default: return new byte[UploadReader.MostBytes + 1];
        }
    }

    private static ByteArrayContent Raw(byte[] bytes, string name = "a.png") => new(bytes)
    {
        Headers = { ContentType = new MediaTypeHeaderValue(name.EndsWith("jpg", StringComparison.Ordinal) ? "image/jpeg" : "image/png") },
    };

    private static MultipartFormDataContent Form(byte[] bytes) => new() { { new ByteArrayContent(bytes), "file", "a.png" } };

    private static async Task<JsonElement> Answer(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
    }

    private static async Task AssertProblem(int status, string? detail, HttpResponseMessage response)
    {
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.Equal(status, problem.GetProperty("status").GetInt32());
        if (detail is not null) Assert.Contains(detail, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private static IEnumerable<float> Floats(JsonElement array) => array.EnumerateArray().Select(value => value.GetSingle());

    private static float[] Features(PixelRow row)
    {
        var mlContext = new MLContext();
        var view = mlContext.Data.LoadFromEnumerable([row]);
        return Samples.Images.Classifiers.Normalization.Group.Create(mlContext).Fit(view).Transform(view).GetColumn<float[]>("Features").Single();
    }
}
