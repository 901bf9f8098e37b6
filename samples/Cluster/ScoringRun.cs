using System.Threading.Channels;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>
/// Scores all rows of a file on whatever silos there are. What a silo had when it was lost, another gets; a silo that joins is
/// given work. Memory holds the batches in flight, two for each core of the silos, and no more.
/// </summary>
internal sealed class ScoringRun(IGrainFactory grains, ModelBytes model, RowFile rows, ResultFile results) : IDisposable
{
    /// <summary>Some milliseconds of work, a quarter of a megabyte.</summary>
    public const int BatchRows = 100;

    private const int BatchesPerCore = 2; // one is scored while the next one travels
    private const int MostPerCommit = 64;

    private static readonly TimeSpan _firstPause = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _readPeriod = TimeSpan.FromSeconds(0.25);

    private readonly BatchQueue _queue = new(results.Batches, results.FinishedBelow, results.FinishedAbove);
    private readonly Channel<(long Batch, BatchResult Result)> _scored =
        Channel.CreateBounded<(long, BatchResult)>(MostPerCommit);
    private readonly LiveSilos _liveSilos = new(grains);
    private readonly List<SiloLane> _lanes = [];
    private long _lastResult = TimeProvider.System.GetTimestamp();

    /// <summary>How long to go on while nothing is scored, for want of silos or whatever else.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Every silo that was seen, also those that are gone.</summary>
    public IReadOnlyList<SiloLane> Silos
    {
        get
        {
            lock (_lanes) return [.. _lanes];
        }
    }

    /// <summary>Scores what is not finished.</summary>
    /// <param name="progress">Told the share that is finished, 0 to 1. While it waits, nothing goes on but what is in flight.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidOperationException">A batch failed too often.</exception>
    /// <exception cref="TimeoutException">Nothing was scored for as long as <see cref="Patience"/> says.</exception>
    public async Task Run(Func<double, Task> progress, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var watching = Watch(stop.Token);
        try
        {
            await Write(progress, stop.Token);
        }
        finally
        {
            await stop.CancelAsync();
            await watching;
        }
    }

    public void Dispose() => _lanes.ForEach(lane => lane.Dispose());

    private async Task Write(Func<double, Task> progress, CancellationToken cancellation)
    {
        while (results.FinishedBatches < results.Batches)
        {
            await _scored.Reader.WaitToReadAsync(cancellation); // throws what ended a worker
            for (var count = 0; count < MostPerCommit && _scored.Reader.TryRead(out var scored); count++)
            {
                results.Add(scored.Batch, scored.Result);
                _queue.Finish();
            }
            results.Commit();
            _lastResult = TimeProvider.System.GetTimestamp();
            await progress((double)results.FinishedBatches / results.Batches);
        }
    }

    /// <summary>Starts with each silo that joins, and gives up those that are gone.</summary>
    private async Task Watch(CancellationToken stop)
    {
        var silos = new Dictionary<SiloAddress, (SiloLane Lane, CancellationTokenSource Left, Task Serving)>();
        Exception? failure = null;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var live = await _liveSilos.Read(stop);
                foreach (var (address, silo) in silos.Where(silo => !live.ContainsKey(silo.Key)).ToArray())
                {
                    silo.Lane.Left = TimeProvider.System.GetTimestamp();
                    await silo.Left.CancelAsync();
                    silos.Remove(address);
                }
                foreach (var (address, name) in live.Where(silo => !silos.ContainsKey(silo.Key)))
                {
                    var lane = new SiloLane(name, grains.GetGrain<IScorerGrain>(address.ToParsableString()), model);
                    lock (_lanes) _lanes.Add(lane);
                    var left = CancellationTokenSource.CreateLinkedTokenSource(stop);
                    silos.Add(address, (lane, left, Serve(lane, left.Token, stop)));
                }
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                failure = exception; // the silo that was asked may be the one that is lost: the next one answers
            }
            catch (OperationCanceledException)
            {
                break;
            }
            if (TimeProvider.System.GetElapsedTime(_lastResult) > Patience)
            {
                failure = silos.Values.Select(silo => silo.Lane.LastFailure).FirstOrDefault(f => f is not null) ?? failure;
                var seen = silos.Count == 0 ? "no silo" : string.Join(", ", silos.Values.Select(silo => silo.Lane.Name));
                _scored.Writer.TryComplete(new TimeoutException($"Nothing was scored for {Patience.TotalSeconds} seconds. In the "
                    + $"cluster: {seen}. {failure?.Message}", failure));
            }
            await Task.Delay(_readPeriod, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await Task.WhenAll(silos.Values.Select(silo => silo.Serving));
    }

    private async Task Serve(SiloLane lane, CancellationToken left, CancellationToken stop)
    {
        try
        {
            await lane.Prepare(left);
            await Task.WhenAll(Enumerable.Range(0, BatchesPerCore * lane.Cores).Select(_ => Work(lane, left, stop)));
        }
        catch (OperationCanceledException) when (left.IsCancellationRequested)
        {
            // lost, or all is done
        }
        catch (Exception exception)
        {
            _scored.Writer.TryComplete(exception);
        }
    }

    private async Task Work(SiloLane lane, CancellationToken left, CancellationToken stop)
    {
        while (true)
        {
            await lane.Prepare(left);
            if (await _queue.Take(left) is not { } attempt) return;
            var firstRow = attempt.Batch * BatchRows;
            var batch = new Batch(model.Hash, firstRow, rows.Read(firstRow, (int)Math.Min(BatchRows, rows.Rows - firstRow)));
            try
            {
                var result = await lane.Score(batch, left);
                await _scored.Writer.WriteAsync((attempt.Batch, result), stop);
            }
            catch (Exception exception) when (!stop.IsCancellationRequested)
            {
                var pause = _firstPause * (1 << attempt.Number);
                if (!left.IsCancellationRequested) await Task.Delay(pause < _longestPause ? pause : _longestPause, stop);
                _queue.Return(attempt, exception, lane.Name);
            }
        }
    }
}
