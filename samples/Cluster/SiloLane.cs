namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>One silo as a client sees it: what it is sent, and what came of that.</summary>
internal sealed class SiloLane(string name, IScorerGrain grain, ModelBytes model) : IDisposable
{
    private static readonly TimeSpan _firstPause = TimeSpan.FromSeconds(0.25);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _preparing = new(1);
    private volatile bool _ready;
    private int _batches;
    private int _failures;

    public string Name => name;

    public int Cores { get; private set; }

    /// <summary>The batches that it scored.</summary>
    public int Batches => _batches;

    /// <summary>The batches that it was sent and did not score, to be tried again.</summary>
    public int Failures => _failures;

    /// <summary>When the client saw it, as <see cref="TimeProvider.GetTimestamp"/> has it.</summary>
    public long Joined { get; } = TimeProvider.System.GetTimestamp();

    /// <summary>When the client saw that it was gone, as <see cref="TimeProvider.GetTimestamp"/> has it.</summary>
    public long? Left { get; set; }

    public Exception? LastFailure { get; private set; }

    /// <summary>Waits until the silo answers and has the model, which it is sent if it has not. A silo that failed gets no batch before.</summary>
    public async Task Prepare(CancellationToken cancellation)
    {
        if (_ready) return;
        await _preparing.WaitAsync(cancellation);
        try
        {
            for (var pause = _firstPause; !_ready; pause = pause * 2 < _longestPause ? pause * 2 : _longestPause)
            {
                try
                {
                    var state = await grain.Describe().WaitAsync(cancellation);
                    if (!state.ModelHashes.Contains(model.Hash)) await grain.AddModel(model).WaitAsync(cancellation);
                    Cores = state.Cores;
                    _ready = true;
                }
                catch (Exception exception) when (!cancellation.IsCancellationRequested)
                {
                    LastFailure = exception;
                    await Task.Delay(pause, cancellation);
                }
            }
        }
        finally
        {
            _preparing.Release();
        }
    }

    public async Task<BatchResult> Score(Batch batch, CancellationToken cancellation)
    {
        try
        {
            var result = await grain.Score(batch).WaitAsync(cancellation);
            if (result.ModelHash != batch.ModelHash || result.Features.Length != batch.Rows.Length)
                throw new InvalidDataException($"{name} answered for another model or for {result.Features.Length} of {batch.Rows.Length} rows.");
            Interlocked.Increment(ref _batches);
            return result;
        }
        catch (Exception exception)
        {
            Interlocked.Increment(ref _failures);
            LastFailure = exception;
            _ready = false;
            throw;
        }
    }

    public void Dispose() => _preparing.Dispose();
}
