using System.Diagnostics;
using System.Reflection;

namespace MLNetGroupNorm.Samples.Tests;

/// <summary>What a run of <c>dotnet</c> printed, and how it ended.</summary>
internal sealed record DotnetProcess(int ExitCode, string Output, string Error)
{
    // A hang must fail the test; no program here takes a fifth of it on a slow machine.
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(5);

    private static readonly string _configuration =
        typeof(DotnetProcess).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>Runs a sample by its README's command, in the repository's root; it is built with the tests.</summary>
    public static Task<DotnetProcess> RunSample(string sample, params string[] arguments) => Run(Repository.Root,
        ["run", "--no-build", "--configuration", _configuration, "--project", $"samples/{sample}", "--", .. arguments]);

    /// <summary>Runs <c>dotnet</c> in a folder until it ends.</summary>
    public static async Task<DotnetProcess> Run(string folder, params string[] arguments)
    {
        using var process = Start(folder, arguments);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(_limit);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Starts <c>dotnet</c> in a folder, for a program that does not end by itself.</summary>
    public static Process Start(string folder, params string[] arguments) => Process.Start(
        new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
}
