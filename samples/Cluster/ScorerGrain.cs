using Orleans.Concurrency;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>
/// Takes several calls at once, and scores on the thread pool, one batch on each core: the threads that run grains stay free
/// to answer the probes by which silos watch each other.
/// </summary>
[SiloPlacement, Reentrant]
internal sealed class ScorerGrain(ModelStore models, ILocalSiloDetails silo) : Grain, IScorerGrain, IDisposable
{
    private readonly SemaphoreSlim _cores = new(Environment.ProcessorCount);

    public Task<SiloState> Describe() => Task.FromResult(new SiloState(Environment.ProcessorCount, [.. models.Hashes]));

    public async Task AddModel(ModelBytes model)
    {
        var hash = ScoringModel.HashOf(model.Zip);
        if (hash != model.Hash)
            throw new InvalidDataException($"The model's bytes have hash {hash}, not {model.Hash}: they were damaged on the way.");
        models.Add(await Task.Run(() => new ScoringModel(model.Zip)));
    }

    public async Task<BatchResult> Score(Batch batch)
    {
        var model = models.Find(batch.ModelHash) ?? throw new WrongModelException(silo.Name, batch.ModelHash, models.Hashes);
        await _cores.WaitAsync();
        try
        {
            return await Task.Run(() => model.Score(batch, silo.Name));
        }
        finally
        {
            _cores.Release();
        }
    }

    public void Dispose() => _cores.Dispose();
}
