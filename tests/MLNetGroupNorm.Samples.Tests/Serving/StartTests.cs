using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Microsoft.ML;
using MLNetGroupNorm.Samples.Images;
using MLNetGroupNorm.Samples.Serving;
using MLNetGroupNorm.Samples.Tests.Images;

namespace MLNetGroupNorm.Samples.Tests.Serving;

/// <summary>What keeps the server from starting is told in one line, with what to do.</summary>
public sealed class StartTests
{
    [Fact]
    public void A_model_that_is_damaged_or_of_another_program_is_named()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("model.zip");
        File.WriteAllText(path, "no model");
        AssertRefused(path);

        var mlContext = new MLContext(seed: 1);
        PixelRow[] rows = [Pictures.Random(seed: 1)];
        var foreign = Normalization.Group.Create(mlContext).Fit(mlContext.Data.LoadFromEnumerable(rows));
        Classifier.Save(mlContext, foreign, path);
        AssertRefused(path);
    }

    [Fact]
    public async Task A_port_in_use_and_a_wrong_address_are_named()
    {
        using var listener = new TcpListener(IPAddress.Loopback, port: 0);
        listener.Start();
        var taken = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
        await AssertFails(taken, "address already in use). Stop the program that uses it, or give another address");
        await AssertFails("localhost5080", "Cannot listen on 'localhost5080' (Invalid url: 'localhost5080'). Give another address");
    }

    private static void AssertRefused(string path)
    {
        var exception = Assert.Throws<InvalidDataException>(() => new Scorer(path));
        Assert.StartsWith($"'{path}' is damaged or not a model of this sample", exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', exception.Message);
    }

    private static async Task AssertFails(string url, string message)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Serving.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [program, "--urls", url])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _ = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(1, process.ExitCode);
        Assert.Contains(message, errors, StringComparison.Ordinal);
        Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
