using System.Text.RegularExpressions;
using MLNetGroupNorm.Samples.Cluster;

namespace MLNetGroupNorm.Samples.Tests.Cluster;

/// <summary>The sample as one runs it: processes, signals and Redis.</summary>
[Collection(SharedClusterData.Name)]
public sealed partial class ProgramTests(ClusterData shared) : IDisposable
{
    private const int Stopped = 130;

    private static readonly TimeSpan _endTimeout = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task On_Redis_the_demonstration_holds_its_claims_and_prints_what_the_README_shows()
    {
        using var redis = new RedisServer();
        using var demo = new ClusterProgram("--redis", redis.Address);

        Assert.True(await demo.ExitCode() == 0, demo.Output);

        var output = demo.Output.Split('\n').Select(Shape).ToHashSet();
        var readme = File.ReadAllText(FindUpwards(Path.Combine("samples", "Cluster", "README.md")));
        var expected = readme.Split("```")[Array.FindIndex(readme.Split("```"), block => block.Contains("claims held"))];
        foreach (var line in expected.Split('\n').Skip(1).Where(line => line.Length > 0)) // the first tells what block it is
            Assert.True(output.Contains(Shape(line)), $"\"{line}\" is not in: {demo.Output}");
    }

    [Fact]
    public async Task On_Redis_silos_killed_and_frozen_and_a_client_killed_cost_nothing()
    {
        const int Rows = 60_000;
        using var redis = new RedisServer();
        var results = _folder.File("scores.bin");
        string[] client = ["--client", "--redis", redis.Address, "--rows", $"{Rows}", "--results", results];
        using var killed = Silo("killed");
        using var frozen = Silo("frozen");
        using var kept = Silo("kept");
        using var first = new ClusterProgram(client);

        await Finished(0.1);
        killed.Kill();
        await Finished(0.3);
        frozen.Signal("STOP");
        using var joined = Silo("joined");
        await Finished(0.5);
        first.Kill();
        await first.ExitCode();
        var before = Checkpoint.Load(results + ".checkpoint")!;
        using var second = new ClusterProgram(client);

        Assert.True(await second.ExitCode() == 0, second.Output);
        Assert.Contains($"Rows with a result or an error: {Rows:N0} of {Rows:N0}", second.Output, StringComparison.Ordinal);
        var scored = SiloLine().Matches(second.Output).Sum(line => int.Parse(line.Groups[1].Value.Replace(",", "")));
        Assert.Equal(Rows / ScoringRun.BatchRows - before.FinishedBelow - before.FinishedAbove.Length, scored);

        // The others have given it up by then, whatever the client did: their probes fail for 12 s.
        await Task.Delay(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        frozen.Signal("CONT");
        Assert.NotEqual(0, await frozen.ExitCode());

        ClusterProgram Silo(string name) => new("--silo", "--redis", redis.Address, "--port", "0", "--name", name);

        Task Finished(double share) => first.WaitFor(
            () => Checkpoint.Load(results + ".checkpoint") is { } checkpoint && checkpoint.FinishedBelow * ScoringRun.BatchRows > share * Rows,
            $"{share} of the rows");
    }

    [Theory]
    [InlineData("INT", Stopped)]
    [InlineData("TERM", Stopped)]
    [InlineData("KILL", 128 + 9)]
    public async Task All_processes_end_with_the_first(string signal, int exitCode)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Looks for processes in /proc.");
        Assert.True(File.Exists(shared.Data.RowFile));
        using var demo = new ClusterProgram();
        await demo.WaitForOutput("Scoring on 2 of 3 silos");
        var silos = demo.Children();
        Assert.Equal(2, silos.Count);

        demo.Signal(signal);

        Assert.Equal(exitCode, await demo.ExitCode());
        var cancellation = TestContext.Current.CancellationToken;
        foreach (var silo in silos) await silo.WaitForExitAsync(cancellation).WaitAsync(_endTimeout, cancellation);
    }

    [Fact]
    public async Task Wrong_arguments_are_told_with_exit_code_2()
    {
        using var program = new ClusterProgram("--silo");

        Assert.Equal(2, await program.ExitCode());
        Assert.Contains("--silo needs --redis HOST:PORT", program.Output, StringComparison.Ordinal);
        Assert.Contains("Usage: Cluster", program.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_Redis_that_is_not_there_is_told_in_one_line()
    {
        using var program = new ClusterProgram("--silo", "--redis", "127.0.0.1:1");

        Assert.Equal(1, await program.ExitCode());
        Assert.Contains("127.0.0.1:1", program.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", program.Output, StringComparison.Ordinal);
    }

    /// <summary>A line without its numbers and the width of its columns, which differ from run to run.</summary>
    private static string Shape(string line) => Spaces().Replace(Numbers().Replace(line, "#"), " ").Trim();

    private static string FindUpwards(string path)
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, path))) folder = Path.GetDirectoryName(folder)!;
        return Path.Combine(folder, path);
    }

    [GeneratedRegex(@"\d[\d,.]*")]
    private static partial Regex Numbers();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex(@"^(?:killed|frozen|kept|joined) +([\d,]+) +[\d,]+", RegexOptions.Multiline)]
    private static partial Regex SiloLine();
}
