using System.Diagnostics;
using System.Globalization;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>What came of a run.</summary>
/// <param name="RowsPerSecond">Of those that were not finished before.</param>
/// <param name="ClientTime">Processor time of this process, for each of them.</param>
/// <param name="BytesSent">From this process, for each of them.</param>
/// <param name="BytesReceived">By this process, for each of them.</param>
/// <param name="Silos">Who scored.</param>
/// <param name="Errors">The rows that could not be scored.</param>
/// <param name="Check">The results beside this process's own.</param>
internal sealed record ScoringReport(
    double RowsPerSecond,
    TimeSpan ClientTime,
    double BytesSent,
    double BytesReceived,
    IReadOnlyList<SiloLane> Silos,
    IReadOnlyList<RowError> Errors,
    ResultCheck Check)
{
    private const int NameWidth = 24;

    /// <summary>Scores rows on all silos that there are, and compares the results with this process's own.</summary>
    /// <param name="grains">The cluster.</param>
    /// <param name="data">The rows and the model.</param>
    /// <param name="rowCount">How many rows. Null: each of the file once.</param>
    /// <param name="path">The file of the results. What its checkpoint says is finished is not scored again.</param>
    /// <param name="progress">Told the share that is finished, and of which run.</param>
    /// <param name="cancellation">Gives up.</param>
    public static ScoringReport Run(
        IGrainFactory grains, Data data, long? rowCount, string path, Func<double, ScoringRun, Task> progress, CancellationToken cancellation)
    {
        var model = new ScoringModel(data.Model.Zip);
        using var rows = new RowFile(data.RowFile, rowCount);
        using var results = new ResultFile(
            path, new RunIdentity(model.Hash, rows.Identity, rows.Rows, ScoringRun.BatchRows, model.Classes));
        var rowsLeft = (results.Batches - results.FinishedBatches) * ScoringRun.BatchRows;

        using var wire = new WireBytes();
        using var run = new ScoringRun(grains, data.Model, rows, results);
        var watch = Stopwatch.StartNew();
        var before = Environment.CpuUsage.TotalTime;
        run.Run(share => progress(share, run), cancellation).GetAwaiter().GetResult();
        var (elapsed, time) = (watch.Elapsed, Environment.CpuUsage.TotalTime - before);
        return new ScoringReport(
            rowsLeft / elapsed.TotalSeconds,
            time / Math.Max(1, rowsLeft),
            (double)wire.Sent / rowsLeft,
            (double)wire.Received / rowsLeft,
            run.Silos,
            results.Errors,
            ResultCheck.Run(results, rows, model));
    }

    /// <summary>A line for each silo.</summary>
    public void WriteSilos(Func<SiloLane, string> remark)
    {
        Console.WriteLine($"{"silo",-NameWidth} batches  tried again");
        foreach (var silo in Silos)
            Console.WriteLine(Line($"{silo.Name,-NameWidth} {silo.Batches,7:N0}  {silo.Failures,11:N0}  {remark(silo)}").TrimEnd());
    }

    public void WriteErrors()
    {
        foreach (var error in Errors) Console.WriteLine($"Row {error.Row} was not scored: {error.Message}");
    }

    public static void WriteMemory()
    {
        using var process = Process.GetCurrentProcess();
        Console.WriteLine(Line($"Memory of this process at its highest: {process.PeakWorkingSet64 >> 20:N0} MB"));
    }

    public static string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
