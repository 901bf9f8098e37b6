using System.Diagnostics;

namespace MLNetGroupNorm.Tests.Support;

/// <summary>Runs <c>dotnet</c> as someone at a shell would.</summary>
internal static class DotnetCommand
{
    // A hang must fail the test; no command here takes a tenth of it on a machine that does nothing else.
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(10);

    /// <summary>The dotnet that runs these tests.</summary>
    public static string Program { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>The folder of the solution, found from where the tests run.</summary>
    public static string RepositoryRoot { get; } = FindRepositoryRoot();

    /// <summary>What the command writes; an exception with all of it where the command fails.</summary>
    public static string Run(string directory, params string[] arguments)
    {
        var (exitCode, output, error) = Try(directory, Program, arguments);
        Assert.True(exitCode == 0, $"dotnet {string.Join(' ', arguments)} ended with {exitCode}.\n{output}{error}");
        return output;
    }

    /// <summary>What a program writes, and how it ends.</summary>
    public static (int ExitCode, string Output, string Error) Try(string directory, string program, params string[] arguments)
    {
        using var process = Start(directory, program, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(_limit))
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        return (process.ExitCode, output.Result, error.Result);
    }

    /// <summary>Starts a program and leaves it running, for one that does not end by itself.</summary>
    public static Process Start(string directory, string program, params string[] arguments)
    {
        EmulatedMachine.SkipTestOfAnotherProcess();
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = directory,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // What a build that runs these tests sets for itself would send another build to the wrong tools.
        foreach (string name in start.Environment.Keys.Where(IsOfABuild))
            start.Environment.Remove(name);
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        return Process.Start(start)!;
    }

    private static bool IsOfABuild(string variable) => variable.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase);

    private static string FindRepositoryRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "MLNetGroupNorm.sln")))
            directory = directory.Parent ?? throw new DirectoryNotFoundException($"No .sln above {AppContext.BaseDirectory}.");
        return directory.FullName;
    }
}
