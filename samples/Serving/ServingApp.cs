using Microsoft.Extensions.Diagnostics.HealthChecks;
using MLNetGroupNorm.Samples.Images.Strokes;
using SkiaSharp;

namespace MLNetGroupNorm.Samples.Serving;

/// <summary>The web application around a <see cref="Scorer"/>.</summary>
internal static class ServingApp
{
    /// <summary>
    /// What follows of an upload that is too large is read and dropped, as many clients see the answer only when they have sent
    /// all of it; beyond this the connection is cut.
    /// </summary>
    private const int MostDroppedBytes = 8 * UploadReader.MostBytes;

    public const string DefaultUrl = "http://127.0.0.1:5080";

    /// <summary>An application that listens on <c>--urls</c>, else on <see cref="DefaultUrl"/>.</summary>
    /// <param name="args">The program's arguments.</param>
    /// <param name="scorer">The model that answers.</param>
    /// <param name="rawPixels">The same classifier without normalization, to compare with.</param>
    public static WebApplication Build(string[] args, Scorer scorer, Scorer rawPixels)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        builder.WebHost.UseUrls(builder.Configuration["urls"] ?? DefaultUrl);
        builder.WebHost.ConfigureKestrel(options => options.Limits.MaxRequestBodySize = MostDroppedBytes);
        builder.Logging.AddSimpleConsole(options => options.SingleLine = true)
            .AddFilter("Microsoft", LogLevel.Warning) // not four lines for each request
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // what keeps it from starting is Program's to tell
        builder.Services.AddSingleton(services =>
            new ScoreEndpoint(scorer, rawPixels, services.GetRequiredService<ILogger<ScoreEndpoint>>()));
        builder.Services.AddHealthChecks().AddCheck("model", () => Check(scorer));
        builder.Services.AddProblemDetails(options => options.CustomizeProblemDetails = context =>
        {
            if (context.Exception is BadHttpRequestException exception) context.ProblemDetails.Detail = exception.Message;
        });

        var app = builder.Build();
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = exception =>
                (exception as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status500InternalServerError,
            SuppressDiagnosticsCallback = context => context.Exception is BadHttpRequestException, // the client's fault, not ours
        });
        app.UseStatusCodePages();
        app.MapGet("/", () => Results.Stream(typeof(ServingApp).Assembly.GetManifestResourceStream("index.html")!, "text/html"));
        app.MapGet("/digit/{digit:int:range(0,9)}", PaintDigit);
        app.MapPost("/score", app.Services.GetRequiredService<ScoreEndpoint>().HandleAsync);
        app.MapHealthChecks("/healthz");
        app.Lifetime.ApplicationStarted.Register(() => Console.WriteLine($"Open {string.Join(" or ", app.Urls)} in a browser. Ctrl+C ends this program."));
        return app;
    }

    /// <summary>A digit to try, for those with no picture at hand.</summary>
    private static IResult PaintDigit(int digit)
    {
        using var bitmap = DigitPainter.Paint(digit, Random.Shared);
        return Results.Bytes(bitmap.Encode(SKEncodedImageFormat.Png, quality: 100).ToArray(), "image/png");
    }

    /// <summary>Healthy is who can score.</summary>
    private static HealthCheckResult Check(Scorer scorer)
    {
        scorer.Try();
        return HealthCheckResult.Healthy();
    }
}
