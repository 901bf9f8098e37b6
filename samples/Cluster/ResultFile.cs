using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>
/// The results on disk. Every row has a place of its own, its number times the size of a record, so that it cannot have two; a
/// record is the hash of its features (8 bytes) and its scores (4 bytes each).
/// </summary>
internal sealed class ResultFile : IDisposable
{
    /// <summary>More damaged rows than this are the wrong data, not damage.</summary>
    public const int MostErrors = 1000;

    private const int HashBytes = sizeof(ulong);

    private readonly FileStream _file;
    private readonly string _checkpoint;
    private readonly RunIdentity _run;
    private readonly SortedSet<long> _finishedAbove;
    private readonly List<RowError> _errors;
    private long _finishedBelow;

    /// <summary>Opens results, and goes on from their checkpoint, <c>path.checkpoint</c>, where there is one.</summary>
    /// <exception cref="InvalidDataException">The checkpoint belongs to another run.</exception>
    /// <exception cref="IOException">Another client has the file open.</exception>
    public ResultFile(string path, RunIdentity run)
    {
        (_run, _checkpoint) = (run, path + ".checkpoint");
        _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        var checkpoint = Checkpoint.Load(_checkpoint);
        if (checkpoint is not null && checkpoint.Run != run)
        {
            _file.Dispose();
            throw new InvalidDataException(
                $"{_checkpoint} belongs to another run ({checkpoint.Run}), not to this one ({run}). Delete it to start again, or name another file.");
        }
        _finishedBelow = checkpoint?.FinishedBelow ?? 0;
        _finishedAbove = [.. checkpoint?.FinishedAbove ?? []];
        _errors = [.. checkpoint?.Errors ?? []];
    }

    public long Batches => (_run.Rows + _run.BatchRows - 1) / _run.BatchRows;

    public long FinishedBelow => _finishedBelow;

    public IReadOnlyCollection<long> FinishedAbove => _finishedAbove;

    public long FinishedBatches => _finishedBelow + _finishedAbove.Count;

    public IReadOnlyList<RowError> Errors => _errors;

    private int RecordBytes => HashBytes + sizeof(float) * _run.Classes;

    public bool IsFinished(long batch) => batch < _finishedBelow || _finishedAbove.Contains(batch);

    /// <summary>Writes the results of a batch. They count from the next <see cref="Commit"/> on.</summary>
    public void Add(long batch, BatchResult result)
    {
        if (IsFinished(batch)) throw new InvalidOperationException($"Batch {batch} has a result already.");
        var records = new byte[result.Features.Length * RecordBytes];
        for (var i = 0; i < result.Features.Length; i++)
        {
            var record = records.AsSpan(i * RecordBytes, RecordBytes);
            MemoryMarshal.Write(record, result.Features[i]);
            MemoryMarshal.AsBytes(result.Scores.AsSpan(i * _run.Classes, _run.Classes)).CopyTo(record[HashBytes..]);
        }
        RandomAccess.Write(_file.SafeFileHandle, records, batch * _run.BatchRows * RecordBytes);
        _errors.AddRange(result.Errors);
        if (_errors.Count > MostErrors)
        {
            throw new InvalidDataException($"More than {MostErrors} rows could not be scored. Is this the right data? "
                + $"Row {_errors[0].Row}: {_errors[0].Message}");
        }
        _finishedAbove.Add(batch);
        while (_finishedAbove.Remove(_finishedBelow)) _finishedBelow++;
    }

    /// <summary>Makes sure that the results are on the disk, then that the checkpoint says so.</summary>
    public void Commit()
    {
        RandomAccess.FlushToDisk(_file.SafeFileHandle);
        new Checkpoint(_run, _finishedBelow, [.. _finishedAbove], [.. _errors]).Save(_checkpoint);
    }

    /// <summary>The results of a row as they are on the disk.</summary>
    public (ulong Features, float[] Scores) Read(long row)
    {
        var record = new byte[RecordBytes];
        if (RandomAccess.Read(_file.SafeFileHandle, record, row * RecordBytes) != RecordBytes)
            throw new EndOfStreamException($"There is no result of row {row}.");
        return (MemoryMarshal.Read<ulong>(record), MemoryMarshal.Cast<byte, float>(record.AsSpan(HashBytes)).ToArray());
    }

    public void Dispose() => _file.Dispose();
}
