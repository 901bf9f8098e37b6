using Microsoft.Extensions.DependencyInjection;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>Scores on the silos that it finds by the membership table in Redis.</summary>
internal static class ClientRole
{
    /// <summary>ML.NET's linear scorer adds in the order that suits a processor's vectors; probabilities differ by no more between two.</summary>
    private const float ScoreTolerance = 1e-5f;

    public static async Task<int> Run(ClusterSettings cluster, Data data, long? rows, string results, CancellationToken cancellation)
    {
        using var host = Hosts.Client(cluster);
        Console.WriteLine($"Looking for silos by {cluster.RedisName}");
        await host.StartAsync(cancellation);
        var grains = host.Services.GetRequiredService<IGrainFactory>();
        var report = Steps.Run("Scoring", progress =>
            ScoringReport.Run(grains, data, rows, results, (share, _) =>
            {
                progress(share);
                return Task.CompletedTask;
            }, cancellation));
        await host.StopAsync(CancellationToken.None);

        Console.WriteLine();
        report.WriteErrors();
        if (report.Silos.Count == 0)
        {
            Console.WriteLine("All rows were finished before.");
        }
        else
        {
            Console.WriteLine(ScoringReport.Line($"{report.RowsPerSecond:N0} rows a second"));
            report.WriteSilos(_ => "");
        }
        ScoringReport.WriteMemory();
        Console.WriteLine($"Wrote {Path.GetRelativePath(Environment.CurrentDirectory, results)}");

        Console.WriteLine();
        var (check, checks) = (report.Check, new Checks());
        checks.That(ScoringReport.Line($"Rows with a result or an error: {check.Rows - check.WithoutResult:N0} of {check.Rows:N0}"), check.WithoutResult == 0);
        checks.That(ScoringReport.Line($"Rows whose features differ in a bit from this machine's: {check.OtherFeatures:N0}"), check.OtherFeatures == 0);
        checks.That(ScoringReport.Line($"Rows whose scores differ in a bit: {check.OtherScores:N0}, by at most {check.LargestDifference:G3}"),
            check.LargestDifference <= ScoreTolerance);
        return checks.Summarize();
    }
}
