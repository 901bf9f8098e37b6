using MLNetGroupNorm.Samples.Cluster;

namespace MLNetGroupNorm.Samples.Tests.Cluster;

public sealed class ResultFileTests : IDisposable
{
    private static readonly RunIdentity _run = new("0123456789abcdef", "rows", Rows: 10, BatchRows: 2, Classes: 3);

    private readonly TemporaryFolder _folder = new();

    private string Path => _folder.File("scores.bin");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_committed_is_there_again_and_what_was_not_is_to_be_scored()
    {
        using (var results = new ResultFile(Path, _run))
        {
            results.Add(0, Result(0));
            results.Add(3, Result(3, new RowError(6, "damaged")));
            results.Commit();
            results.Add(1, Result(1));
        }

        using var again = new ResultFile(Path, _run);

        Assert.Equal([true, false, false, true, false], Enumerable.Range(0, 5).Select(batch => again.IsFinished(batch)));
        Assert.Equal((2, 5), (again.FinishedBatches, again.Batches));
        Assert.Equal([new RowError(6, "damaged")], again.Errors);
        Assert.Equal(7UL, again.Read(7).Features);
        Assert.Equal([7, 7.5f, -7], again.Read(7).Scores);
    }

    [Fact]
    public void A_batch_has_one_result()
    {
        using var results = new ResultFile(Path, _run);
        results.Add(2, Result(2));

        Assert.Throws<InvalidOperationException>(() => results.Add(2, Result(2)));
    }

    [Fact]
    public void The_checkpoint_names_few_batches_however_many_are_finished()
    {
        const int Batches = 100_000;
        using var results = new ResultFile(Path, _run with { Rows = 2 * Batches });
        for (var batch = 1; batch < Batches; batch++)
            if (batch != 500) results.Add(batch, Result(batch));
        results.Add(0, Result(0));
        Assert.Equal(Batches - 501, results.FinishedAbove.Count);
        results.Add(500, Result(500));

        results.Commit();

        Assert.Equal(Batches, results.FinishedBelow);
        Assert.InRange(new FileInfo(Path + ".checkpoint").Length, 1, 300);
        Assert.False(File.Exists(Path + ".checkpoint.part"));
    }

    [Fact]
    public void Results_of_another_run_are_refused_with_what_to_do()
    {
        using (var results = new ResultFile(Path, _run)) results.Commit();

        var error = Assert.Throws<InvalidDataException>(() => new ResultFile(Path, _run with { ModelHash = "fedcba9876543210" }));

        Assert.Contains("Delete it to start again, or name another file.", error.Message, StringComparison.Ordinal);
        using var same = new ResultFile(Path, _run);
    }

    [Fact]
    public void A_damaged_checkpoint_is_told()
    {
        File.WriteAllText(Path + ".checkpoint", "{ \"Run\": ");

        var error = Assert.Throws<InvalidDataException>(() => new ResultFile(Path, _run));

        Assert.Contains("is no checkpoint", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_clients_cannot_write_the_same_results()
    {
        using var results = new ResultFile(Path, _run);

        Assert.Throws<IOException>(() => new ResultFile(Path, _run));
    }

    [Fact]
    public void Too_many_errors_are_the_wrong_data()
    {
        using var results = new ResultFile(Path, _run);
        var errors = Enumerable.Range(0, ResultFile.MostErrors + 1).Select(row => new RowError(row, "damaged")).ToArray();

        var error = Assert.Throws<InvalidDataException>(() => results.Add(0, Result(0, errors)));

        Assert.Contains("Is this the right data? Row 0: damaged", error.Message, StringComparison.Ordinal);
    }

    private static BatchResult Result(long batch, params RowError[] errors)
    {
        float[] rows = [2 * batch, 2 * batch + 1];
        return new BatchResult(
            "silo", _run.ModelHash, [(ulong)rows[0], (ulong)rows[1]], [.. rows.SelectMany(row => new[] { row, row + 0.5f, -row })], errors);
    }
}
