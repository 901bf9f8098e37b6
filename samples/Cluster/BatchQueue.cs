using System.Threading.Channels;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>Which batch is next: one that failed elsewhere, else one that nobody has had. Its size does not depend on their number.</summary>
internal sealed class BatchQueue
{
    /// <summary>A batch that fails this often has something about it, or the cluster has: no reason to go on for ever.</summary>
    public const int MostAttempts = 10;

    private readonly long _count;
    private readonly HashSet<long> _finished;
    private readonly Channel<Attempt> _again = Channel.CreateUnbounded<Attempt>(); // no more than were in flight
    private readonly Lock _lock = new();
    private long _next;
    private long _remaining;

    /// <param name="count">Batches in all.</param>
    /// <param name="finishedBelow">Batches of lower numbers are finished.</param>
    /// <param name="finishedAbove">So are these.</param>
    public BatchQueue(long count, long finishedBelow, IEnumerable<long> finishedAbove)
    {
        (_count, _next, _finished) = (count, finishedBelow, [.. finishedAbove]);
        _remaining = count - finishedBelow - _finished.Count;
        if (_remaining == 0) _again.Writer.Complete();
    }

    /// <summary>Waits for a batch to try. Null when all are finished.</summary>
    public async ValueTask<Attempt?> Take(CancellationToken cancellation)
    {
        do
        {
            if (_again.Reader.TryRead(out var failed)) return failed with { Number = failed.Number + 1 };
            lock (_lock)
            {
                while (_next < _count && _finished.Contains(_next)) _next++;
                if (_next < _count) return new Attempt(_next++, Number: 1);
            }
        }
        while (await _again.Reader.WaitToReadAsync(cancellation)); // the last ones may yet fail elsewhere
        return null;
    }

    /// <summary>Hands a batch back that could not be scored.</summary>
    /// <exception cref="InvalidOperationException">It was tried often enough.</exception>
    public void Return(Attempt attempt, Exception reason, string siloName)
    {
        if (attempt.Number == MostAttempts)
        {
            throw new InvalidOperationException($"Batch {attempt.Batch} was tried {MostAttempts} times and never scored, "
                + $"the last time by {siloName}: {reason.Message}", reason);
        }
        _again.Writer.TryWrite(attempt);
    }

    public void Finish()
    {
        if (Interlocked.Decrement(ref _remaining) == 0) _again.Writer.Complete();
    }
}

/// <summary>A batch that is tried for the first, second, ... time.</summary>
internal sealed record Attempt(long Batch, int Number);
