namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>Scores batches on one silo: the one that its key names.</summary>
internal interface IScorerGrain : IGrainWithStringKey
{
    Task<SiloState> Describe();

    /// <summary>Hands the silo a model. Bytes that do not have this hash are refused.</summary>
    Task AddModel(ModelBytes model);

    /// <summary>Scores every row that can be scored, and tells of the others why not.</summary>
    /// <exception cref="WrongModelException">The silo does not have the batch's model.</exception>
    Task<BatchResult> Score(Batch batch);
}

/// <summary>How many batches a silo can score at once, and with which models.</summary>
[GenerateSerializer, Immutable]
internal sealed record SiloState(int Cores, string[] ModelHashes);

/// <summary>A saved model as it travels: its zip file's bytes, and their SHA-256.</summary>
[GenerateSerializer, Immutable]
internal sealed record ModelBytes(string Hash, byte[] Zip);

/// <summary>Rows to score, the bytes of the pixels of each. One array for all of them would land on the large object heap.</summary>
[GenerateSerializer, Immutable]
internal sealed record Batch(string ModelHash, long FirstRow, byte[][] Rows);

/// <summary>What came of a batch.</summary>
/// <param name="SiloName">Who scored it.</param>
/// <param name="ModelHash">With which model.</param>
/// <param name="Features">A hash of the bits of each row's normalized features; 0 for a row with an error.</param>
/// <param name="Scores">The scores of all rows, end to end; NaN for a row with an error.</param>
/// <param name="Errors">The rows that could not be scored.</param>
[GenerateSerializer, Immutable]
internal sealed record BatchResult(string SiloName, string ModelHash, ulong[] Features, float[] Scores, RowError[] Errors);

/// <summary>Why a row could not be scored.</summary>
[GenerateSerializer, Immutable]
internal sealed record RowError(long Row, string Message);
