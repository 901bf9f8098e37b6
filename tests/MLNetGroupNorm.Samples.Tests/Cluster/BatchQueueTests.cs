using MLNetGroupNorm.Samples.Cluster;

namespace MLNetGroupNorm.Samples.Tests.Cluster;

public sealed class BatchQueueTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Finished_batches_are_left_out_and_failed_ones_come_first()
    {
        var queue = new BatchQueue(count: 6, finishedBelow: 2, finishedAbove: [3, 4]);

        var first = await queue.Take(Cancellation);
        queue.Return(first!, new IOException(), "silo");

        Assert.Equal(new Attempt(2, Number: 1), first);
        Assert.Equal(new Attempt(2, Number: 2), await queue.Take(Cancellation));
        Assert.Equal(new Attempt(5, Number: 1), await queue.Take(Cancellation));
    }

    [Fact]
    public async Task The_end_is_told_when_the_last_batch_is_finished_not_when_it_is_taken()
    {
        var queue = new BatchQueue(count: 1, finishedBelow: 0, finishedAbove: []);
        var only = await queue.Take(Cancellation);

        var next = queue.Take(Cancellation).AsTask();
        Assert.False(next.IsCompleted);
        queue.Return(only!, new IOException(), "silo");
        Assert.Equal(new Attempt(0, Number: 2), await next);
        var last = queue.Take(Cancellation).AsTask();
        queue.Finish();

        Assert.Null(await last);
        Assert.Null(await new BatchQueue(count: 3, finishedBelow: 3, finishedAbove: []).Take(Cancellation));
    }

    [Fact]
    public void A_batch_is_given_up_after_the_last_attempt_with_its_reason()
    {
        var queue = new BatchQueue(count: 20, finishedBelow: 0, finishedAbove: []);

        var error = Assert.Throws<InvalidOperationException>(() =>
            queue.Return(new Attempt(17, BatchQueue.MostAttempts), new IOException("connection reset"), "silo 3"));

        Assert.Equal("Batch 17 was tried 10 times and never scored, the last time by silo 3: connection reset", error.Message);
    }
}
