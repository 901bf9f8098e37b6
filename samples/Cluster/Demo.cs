using System.Diagnostics;
using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>Three silos on this machine, one of which is killed while they score.</summary>
internal static class Demo
{
    private const int Silos = 3;
    private const long WarmUpRows = 10_000;
    private const int MostWarmUps = 10;
    private const int WarmBatches = 5; // of a warm-up's hundred, for each silo
    private const long TimedRows = 50_000;
    private const long Rows = 60_000;
    private const double KillAt = 1 / 3.0;
    private const double WaitAt = 2 / 3.0;
    private const int DecodedPictures = 1000;
    private const double LeastShare = 0.03; // of the batches, for each of the first silos, also the one that is killed

    private static readonly TimeSpan _longestNotice = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan _pollPeriod = TimeSpan.FromSeconds(0.1);

    public static async Task<int> Run(string? redis, Data data, string folder, CancellationToken cancellation)
    {
        var pictureTime = PictureTime(folder);
        await using var cluster = await LocalCluster.Start(redis, folder, cancellation);
        var timed = new List<(ScoringReport Report, TimeSpan SiloTime)>();
        for (var silos = 1; silos <= Silos; silos++)
        {
            if (silos > 1) await cluster.AddSilo(cancellation);
            timed.Add(Steps.Run($"Scoring on {silos} of {Silos} silos", progress =>
            {
                // A silo whose code is not compiled yet finds the others fast, and gets little of a fixed number of rows.
                for (var warmUp = 0; warmUp < MostWarmUps; warmUp++)
                    if (Score(WarmUpRows, (_, _) => Task.CompletedTask).Silos.All(silo => silo.Batches >= WarmBatches)) break;
                var before = cluster.ProcessorTime;
                var report = Score(TimedRows, (share, _) =>
                {
                    progress(share);
                    return Task.CompletedTask;
                });
                return (report, (cluster.ProcessorTime - before) / TimedRows);
            }));
        }

        string? killed = null;
        long killedAt = 0;
        bool HasJoined(SiloLane silo) => killedAt != 0 && silo.Joined > killedAt;
        bool IsLost(SiloLane silo) => silo.Name == killed;
        var loss = Steps.Run("Scoring while a silo is killed", progress => Score(Rows, async (share, run) =>
        {
            progress(share);
            if (share >= KillAt && killed is null)
            {
                killedAt = TimeProvider.System.GetTimestamp();
                killed = cluster.KillOne();
            }
            // A new silo takes seconds to start: the last third waits for it, so that it gets a part of that.
            bool IsWhole() => run.Silos.Any(silo => HasJoined(silo) && silo.Batches > 0) && run.Silos.Any(silo => IsLost(silo) && silo.Left is not null);
            for (var waiting = Stopwatch.StartNew(); share is >= WaitAt and < 1 && !IsWhole() && waiting.Elapsed < _longestWait;)
                await Task.Delay(_pollPeriod, cancellation);
        }));
        var lost = loss.Silos.First(IsLost);
        TimeSpan? noticed = lost.Left is { } left ? TimeProvider.System.GetElapsedTime(killedAt, left) : null;

        Console.WriteLine();
        Console.WriteLine("                           rows a second   processor time a row");
        Console.WriteLine(Line($"one process                              {timed[^1].Report.Check.TimePerRow.TotalMicroseconds,6:N0} µs"));
        foreach (var (report, siloTime) in timed)
        {
            Console.WriteLine(Line($"{report.Silos.Count} silos on {Environment.ProcessorCount} cores {report.RowsPerSecond,24:N0}")
                + Line($"{siloTime.TotalMicroseconds,6:N0} µs in silos, {report.ClientTime.TotalMicroseconds:N0} µs in the client"));
        }
        Console.WriteLine();
        Console.WriteLine(Line($"On the wire: {timed[^1].Report.BytesSent:N0} bytes a row to the silos, {timed[^1].Report.BytesReceived:N0} back"));
        Console.WriteLine(Line($"Reading a picture's file: {pictureTime.TotalMicroseconds:N0} µs of processor time"));
        ScoringReport.WriteMemory();
        Console.WriteLine();
        Console.WriteLine(Line($"{Rows:N0} rows, {killed} killed after a third:"));
        Console.WriteLine();
        loss.WriteSilos(silo => IsLost(silo) ? Line($"killed; noticed after {noticed?.TotalSeconds:N1} s")
            : HasJoined(silo) ? Line($"joined {TimeProvider.System.GetElapsedTime(killedAt, silo.Joined).TotalSeconds:N1} s after that") : "");

        Console.WriteLine();
        var checks = new Checks();
        var all = timed.Select(run => run.Report.Check).Append(loss.Check).ToArray();
        var withoutResult = all.Sum(check => check.WithoutResult);
        checks.That(Line($"Rows with exactly one result: {all.Sum(check => check.Rows) - withoutResult:N0} of {all.Sum(check => check.Rows):N0}"), withoutResult == 0);
        var features = all.Sum(check => check.OtherFeatures);
        checks.That(Line($"Rows whose features differ in a bit from one process's: {features:N0}"), features == 0);
        var scores = all.Sum(check => check.OtherScores);
        checks.That(Line($"Rows whose scores differ in a bit from one process's: {scores:N0}"), scores == 0);
        // Over both runs with three silos: what each gets in one of a few seconds is much the operating system's choice.
        var batches = loss.Silos.Where(silo => !HasJoined(silo))
            .Select(silo => silo.Batches + timed[^1].Report.Silos.Where(other => other.Name == silo.Name).Sum(other => other.Batches))
            .ToArray();
        var shares = batches.Select(count => (double)count / batches.Sum()).ToArray();
        checks.That(Line($"Each of the first {Silos} silos took a part: {string.Join(", ", shares.Select(share => Line($"{100 * share:N0} %")))}"),
            shares.All(share => share >= LeastShare));
        checks.That(Line($"The loss of {killed} was noticed within {_longestNotice.TotalSeconds} s"), noticed <= _longestNotice);
        var joined = loss.Silos.Where(HasJoined).Sum(silo => silo.Batches);
        checks.That(Line($"The silo that joined took a part: {joined:N0} batches"), joined > 0);
        return checks.Summarize();

        ScoringReport Score(long rows, Func<double, ScoringRun, Task> progress)
        {
            var path = Path.Combine(folder, "demo.bin");
            File.Delete(path + ".checkpoint");
            File.Delete(path);
            return ScoringReport.Run(cluster.Grains, data, rows, path, progress, cancellation);
        }
    }

    /// <summary>What it takes to make a row of a PNG file.</summary>
    private static TimeSpan PictureTime(string folder)
    {
        var files = Directory.EnumerateFiles(Data.PicturesIn(folder), "*.png", SearchOption.AllDirectories)
            .Take(DecodedPictures)
            .Select(path => new ImageFile { Path = path, Label = "" })
            .ToArray();
        var before = Environment.CpuUsage.TotalTime;
        Pixels.Read(files, _ => { });
        return (Environment.CpuUsage.TotalTime - before) / files.Length;
    }

    private static string Line(FormattableString text) => ScoringReport.Line(text);
}
