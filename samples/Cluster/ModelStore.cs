namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>The models of a silo by their hash, the latest few: several clients may score with models of their own.</summary>
internal sealed class ModelStore
{
    public const int Capacity = 4;

    private readonly Lock _lock = new();
    private readonly List<ScoringModel> _models = []; // the one last used is last

    public IReadOnlyList<string> Hashes
    {
        get
        {
            lock (_lock) return [.. _models.Select(model => model.Hash)];
        }
    }

    public ScoringModel? Find(string hash)
    {
        lock (_lock)
        {
            var model = _models.Find(model => model.Hash == hash);
            if (model is not null && _models[^1] != model)
            {
                _models.Remove(model);
                _models.Add(model);
            }
            return model;
        }
    }

    public void Add(ScoringModel model)
    {
        lock (_lock)
        {
            if (_models.Exists(held => held.Hash == model.Hash)) return;
            if (_models.Count == Capacity) _models.RemoveAt(0);
            _models.Add(model);
        }
    }
}
