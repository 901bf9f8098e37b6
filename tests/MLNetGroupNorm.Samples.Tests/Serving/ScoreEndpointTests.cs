using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetGroupNorm.Samples.Images;
using MLNetGroupNorm.Samples.Tests.Images;
using SkiaSharp;
using static MLNetGroupNorm.Samples.Tests.Serving.ServerClient;

namespace MLNetGroupNorm.Samples.Tests.Serving;

[Collection(SharedServer.Name)]
public sealed class ScoreEndpointTests(ServerFixture server)
{
    private readonly ServerClient _client = new(server.Address);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("digit.png")]
    [InlineData("digit.jpg")]
    [InlineData("transparent.png")]
    [InlineData("grey.jpg")]
    [InlineData("wide.png")]
    [InlineData("exact.png")]
    public async Task An_upload_gets_the_bits_of_the_same_file_read_by_the_pipeline_from_disk(string name)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("class", name);
        var bytes = Uploads.Good(name);
        await File.WriteAllBytesAsync(path, bytes, Cancellation);
        var row = Assert.Single(Pixels.Read([new ImageFile { Path = path, Label = "class" }], _ => { }));

        // Twice, as an engine of the pool may keep something of the first.
        for (var time = 0; time < 2; time++)
        {
            using var upload = Raw(bytes, name.EndsWith("png", StringComparison.Ordinal) ? "image/png" : "image/jpeg");
            var answer = await _client.Score(upload, channels: true);

            var colours = answer.GetProperty("colours").EnumerateArray().ToArray();
            Assert.Equal(["red", "green", "blue"], colours.Select(colour => colour.GetProperty("name").GetString()));
            Assert.Equal(row.Pixels, Interleave(colours, "before"));
            Assert.Equal(Normalize(row), Interleave(colours, "after"));
        }
    }

    [Fact]
    public async Task A_form_gets_the_answer_of_its_file_and_channels_come_only_where_asked_for()
    {
        var bytes = Pictures.Digit(4, seed: 10);

        var raw = await _client.Score(Raw(bytes));
        var form = await _client.Score(Form(bytes));

        Assert.Equal(raw.GetRawText(), form.GetRawText());
        Assert.False(raw.TryGetProperty("colours", out _));
        var probabilities = raw.GetProperty("probabilities").EnumerateObject().ToArray();
        Assert.Equal("0123456789", string.Concat(probabilities.Select(p => p.Name).Order()));
        Assert.Equal(1, probabilities.Sum(p => p.Value.GetSingle()), tolerance: 1e-4f);
        Assert.Equal(probabilities.MaxBy(p => p.Value.GetSingle()).Name, raw.GetProperty("class").GetString());
    }

    [Fact]
    public async Task Most_digits_are_recognized()
    {
        var right = 0;
        for (var i = 0; i < 50; i++)
        {
            var answer = await _client.Score(Raw(Pictures.Digit(i % 10, seed: 100_000 + i)));
            if (answer.GetProperty("class").GetString() == $"{i % 10}") right++;
        }
        Assert.InRange(right, 40, 50);
    }

    [Fact]
    public async Task Sixty_four_requests_at_once_get_the_answers_of_one_after_another()
    {
        var uploads = Enumerable.Range(0, 64).Select(i =>
            Pictures.Digit(i % 10, seed: i, i % 3 == 0 ? SKEncodedImageFormat.Jpeg : SKEncodedImageFormat.Png)).ToArray();
        var alone = new List<string>();
        foreach (var upload in uploads) alone.Add(await Post(Raw(upload)));

        var together = await Task.WhenAll(uploads.Select((upload, i) => Post(i % 2 == 0 ? Raw(upload) : Form(upload))));

        Assert.Equal(alone, together);
        Assert.Equal(uploads.Length, alone.Distinct().Count());

        async Task<string> Post(HttpContent content) => (await _client.Score(content, channels: true)).GetRawText();
    }

    [Fact]
    public async Task A_client_that_leaves_in_the_middle_does_no_harm()
    {
        for (var i = 0; i < 20; i++)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(server.Address.Host, server.Address.Port, Cancellation);
            var begun = "POST /score HTTP/1.1\r\nHost: a\r\nContent-Type: image/png\r\nContent-Length: 5000\r\n\r\nabc"u8;
            await socket.GetStream().WriteAsync(begun.ToArray(), Cancellation);
        }

        using var health = await _client.Get("/healthz");
        Assert.Equal("Healthy", await health.Content.ReadAsStringAsync(Cancellation));
        await _client.Score(Raw(Pictures.Digit(1, seed: 1)));
    }

    [Fact]
    public async Task A_digit_to_try_is_an_image_that_the_server_takes()
    {
        using var digit = await _client.Get("/digit/8");

        Assert.Equal(HttpStatusCode.OK, digit.StatusCode);
        await _client.Score(Raw(await digit.Content.ReadAsByteArrayAsync(Cancellation)));
    }

    private static IEnumerable<float> Interleave(JsonElement[] colours, string time) =>
        Enumerable.Range(0, PixelRow.Side * PixelRow.Side)
            .SelectMany(_ => colours, (pixel, colour) => colour.GetProperty(time)[pixel].GetSingle());

    private static float[] Normalize(PixelRow row)
    {
        var mlContext = new MLContext();
        var view = mlContext.Data.LoadFromEnumerable([row]);
        return Normalization.Group.Create(mlContext).Fit(view).Transform(view).GetColumn<float[]>("Features").Single();
    }
}
