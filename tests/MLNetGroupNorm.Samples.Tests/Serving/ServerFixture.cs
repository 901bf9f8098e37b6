using Microsoft.AspNetCore.Builder;
using MLNetGroupNorm.Samples.Serving;

namespace MLNetGroupNorm.Samples.Tests.Serving;

/// <summary>The server at a free port of this machine, with a model of a few hundred digits.</summary>
public sealed class ServerFixture : IAsyncLifetime
{
    private const int Digits = 300;

    private readonly TemporaryFolder _folder = new();
    private WebApplication? _app;

    public Uri Address { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        var (model, rawPixels) = (_folder.File("model.zip"), _folder.File("raw-pixels.zip"));
        ModelFile.Train(model, rawPixels, _folder.File("digits"), Digits);
        _app = ServingApp.Build(["--urls", "http://127.0.0.1:0"], new Scorer(model), new Scorer(rawPixels));
        await _app.StartAsync();
        Address = new Uri(_app.Urls.Single());
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
        _folder.Dispose();
    }
}
