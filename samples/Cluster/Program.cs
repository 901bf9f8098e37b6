using System.Diagnostics;
using MLNetGroupNorm.Samples;
using MLNetGroupNorm.Samples.Cluster;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) => { e.Cancel = true; stop.Cancel(); };
var arguments = Arguments.Parse(args);
if (arguments.Role == Role.Silo) return await SiloRole.Run(arguments.Cluster, arguments.Silo(), arguments.UntilInputEnds, stop.Token);
var folder = SampleFolder.Out("Cluster.csproj");
var data = Data.Make(folder);
var model = new ScoringModel(data.Model.Zip);
using (var rf = new RowFile(data.RowFile))
{
    var b = new Batch(model.Hash, 0, rf.Read(0, 10000));
    model.Score(b, "x");
    var w = Stopwatch.StartNew();
    model.Score(b, "x");
    Console.WriteLine($"local 1 thread {10000 / w.Elapsed.TotalSeconds:F0} rows/s");
}
await using var cluster = await LocalCluster.Start(arguments.Cluster.Redis, folder, stop.Token);
for (var n = 1; n <= 4; n++)
{
    if (n is > 1 and <= 3) await cluster.AddSilo(stop.Token);
    using var rf = new RowFile(data.RowFile, n == 4 ? 600000 : 100000);
    var path = Path.Combine(folder, "scores.bin");
    File.Delete(path); File.Delete(path + ".checkpoint");
    using var results = new ResultFile(path, new RunIdentity(model.Hash, rf.Identity, rf.Rows, ScoringRun.BatchRows, model.Classes));
    using var run = new ScoringRun(cluster.Grains, data.Model, rf, results);
    var w = Stopwatch.StartNew();
    long at = 0;
    string? killed = null;
    await run.Run(s => { if (n == 4 && s > 0.33 && at == 0) { at = TimeProvider.System.GetTimestamp(); killed = cluster.KillOne(); } }, stop.Token);
    Console.WriteLine($"{n} silos {rf.Rows / w.Elapsed.TotalSeconds:F0} rows/s in {w.Elapsed}");
    foreach (var s in run.Silos) Console.WriteLine($"   {s.Name} {s.Batches} {s.Failures} {(s.Left is {} l ? TimeProvider.System.GetElapsedTime(at, l) : null)} {s.LastFailure?.GetType().Name} {s.LastFailure?.Message}");
}
return 0;
