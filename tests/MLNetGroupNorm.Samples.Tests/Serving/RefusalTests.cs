using MLNetGroupNorm.Samples.Serving;
using MLNetGroupNorm.Samples.Tests.Images;
using static MLNetGroupNorm.Samples.Tests.Serving.ServerClient;

namespace MLNetGroupNorm.Samples.Tests.Serving;

/// <summary>What is not an image to score gets a status and a problem body that says why.</summary>
[Collection(SharedServer.Name)]
public sealed class RefusalTests(ServerFixture server)
{
    private readonly ServerClient _client = new(server.Address);

    [Theory]
    [InlineData("empty", 400, "empty")]
    [InlineData("text", 415, "not the bytes of a PNG or JPEG")]
    [InlineData("gif", 415, "not the bytes of a PNG or JPEG")]
    [InlineData("webp", 415, "not the bytes of a PNG or JPEG")]
    [InlineData("half a png", 400, "broken or incomplete")]
    [InlineData("half a jpeg", 400, "broken or incomplete")]
    [InlineData("half a header", 400, "broken or incomplete")]
    [InlineData("flipped bits", 400, "broken or incomplete")]
    [InlineData("too many pixels", 413, "60000 x 60000 pixels are too many")]
    [InlineData("too many bytes", 413, "too large")]
    public async Task Bytes_that_are_no_image_to_score_are_refused_raw_and_in_a_form(string upload, int status, string detail)
    {
        await AssertProblem(status, detail, await _client.Post(Raw(Uploads.Bad(upload))));
        await AssertProblem(status, detail, await _client.Post(Form(Uploads.Bad(upload))));
    }

    [Theory]
    [InlineData(UploadReader.MostBytes + 1)]
    [InlineData(4 * UploadReader.MostBytes)]
    public async Task A_body_too_large_is_refused_also_where_it_does_not_say_its_length(int length) =>
        await AssertProblem(413, "the limit is 8388608 bytes", await _client.Post(Raw(new byte[length]), inPieces: true));

    [Theory]
    [InlineData(null)]
    [InlineData("text/plain")]
    [InlineData("image/gif")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("nonsense")]
    public async Task Another_content_type_is_refused(string? type) => await AssertProblem(
        415, $"Content type '{type}' is not taken", await _client.Post(Typed(Pictures.Digit(1, seed: 1), type)));

    [Fact]
    public async Task A_form_without_a_file_with_two_or_broken_is_refused()
    {
        var two = Form(Pictures.Digit(1, seed: 1));
        two.Add(new ByteArrayContent([1]), "other", "b.png");
        var cut = "--x\r\nContent-Disposition: form-data; name=\"f\"; filename=\"a\"\r\n\r\nabc"u8.ToArray();

        await AssertProblem(400, "The form holds 0 files",
            await _client.Post(new MultipartFormDataContent { { new StringContent("text"), "field" } }));
        await AssertProblem(400, "The form holds 2 files", await _client.Post(two));
        await AssertProblem(400, "The form is broken", await _client.Post(Typed(cut, "multipart/form-data; boundary=x")));
        await AssertProblem(400, "The form is broken", await _client.Post(Typed([1, 2, 3], "multipart/form-data")));
    }

    [Theory]
    [InlineData("/none", 404)]
    [InlineData("/digit/10", 404)]
    [InlineData("/score", 405)]
    public async Task Other_addresses_and_methods_are_refused(string path, int status) =>
        await AssertProblem(status, detail: null, await _client.Get(path));

    /// <summary>Content of a type that no client library would let pass.</summary>
    private static ByteArrayContent Typed(byte[] bytes, string? type)
    {
        var content = new ByteArrayContent(bytes);
        if (type is not null) content.Headers.TryAddWithoutValidation("Content-Type", type);
        return content;
    }
}
