using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML;
using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>A model with a pool of engines, for any number of threads: silos score with it, and who checks their results.</summary>
internal sealed class ScoringModel
{
    /// <summary>Bytes of a row: a level for each colour of each pixel.</summary>
    public const int RowBytes = PixelRow.Side * PixelRow.Side * PixelRow.Colours;

    private readonly MLContext _mlContext = new();
    private readonly ITransformer _model;

    // An engine is for one thread at a time; there are never more than threads that score at once.
    private readonly ConcurrentBag<PredictionEngine<PixelRow, Scored>> _engines = [];

    public ScoringModel(byte[] zip)
    {
        Hash = HashOf(zip);
        _model = _mlContext.Model.Load(new MemoryStream(zip), out _);
        Classes = Predict(new byte[RowBytes]).Score.Length;
    }

    /// <summary>What names a model everywhere: no path, which another machine need not have.</summary>
    public string Hash { get; }

    /// <summary>The number of scores of a row.</summary>
    public int Classes { get; }

    public static string HashOf(byte[] zip) => Convert.ToHexStringLower(SHA256.HashData(zip));

    /// <summary>As much of a hash as a message needs.</summary>
    public static string Short(string hash) => hash[..8];

    public BatchResult Score(Batch batch, string siloName)
    {
        var features = new ulong[batch.Rows.Length];
        var scores = new float[batch.Rows.Length * Classes];
        var errors = new List<RowError>();
        for (var i = 0; i < batch.Rows.Length; i++)
        {
            try
            {
                var scored = Predict(batch.Rows[i]);
                features[i] = XxHash3.HashToUInt64(MemoryMarshal.AsBytes<float>(scored.Features));
                scored.Score.CopyTo(scores, i * Classes);
            }
            catch (Exception exception) // whatever is wrong with a row, the others are scored
            {
                scores.AsSpan(i * Classes, Classes).Fill(float.NaN);
                errors.Add(new RowError(batch.FirstRow + i, exception.Message));
            }
        }
        return new BatchResult(siloName, Hash, features, scores, [.. errors]);
    }

    private Scored Predict(byte[] levels)
    {
        if (levels.Length != RowBytes)
        {
            throw new InvalidDataException($"{levels.Length} bytes, but a row has {RowBytes}: "
                + $"{PixelRow.Side} x {PixelRow.Side} pixels of {PixelRow.Colours} colours.");
        }
        if (!_engines.TryTake(out var engine))
            engine = _mlContext.Model.CreatePredictionEngine<PixelRow, Scored>(_model);
        var scored = engine.Predict(new PixelRow { Pixels = Array.ConvertAll(levels, level => level * (1 / 255f)) });
        _engines.Add(engine); // not after an exception: who knows what state it is in
        return scored;
    }
}
