using Microsoft.ML;
using MLNetGroupNorm.Samples.Cluster;
using MLNetGroupNorm.Samples.Images;
using Orleans.TestingHost;

namespace MLNetGroupNorm.Samples.Tests.Cluster;

/// <summary>Runs on a cluster of three silos in this process.</summary>
[Collection(SharedClusterData.Name)]
public sealed class ScoringTests(ClusterData shared) : IAsyncLifetime
{
    private const short Silos = 3;
    private const long Rows = 20_000;

    private readonly TemporaryFolder _folder = new();
    private readonly InProcessTestCluster _cluster = new InProcessTestClusterBuilder(Silos)
        .ConfigureSilo((_, silo) => ClusterSettings.ConfigureScoring(silo))
        .ConfigureClient(ClusterSettings.ConfigureScoring)
        .Build();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _cluster.DeployAsync();

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_silo_killed_midway_costs_no_row_and_no_bit()
    {
        using var run = Open("scores.bin", shared.Data.Model, Rows);
        var killed = _cluster.Silos[1];
        var isKilled = false;

        await run.Scoring.Run(async share =>
        {
            if (share < 1 / 3.0 || isKilled) return;
            isKilled = true;
            await _cluster.KillSiloAsync(killed);
        }, Cancellation);

        Assert.True(isKilled);
        AssertComplete(run);
        Assert.Equal(Silos, run.Scoring.Silos.Count(silo => silo.Batches > 0));
        Assert.Equal(run.Results.Batches, run.Scoring.Silos.Sum(silo => silo.Batches));
    }

    [Fact]
    public async Task A_silo_that_joins_gets_a_part()
    {
        using var run = Open("scores.bin", shared.Data.Model, Rows);
        var (isJoined, deadline) = (false, DateTime.UtcNow + TimeSpan.FromMinutes(1));

        await run.Scoring.Run(async share =>
        {
            if (!isJoined) await _cluster.StartAdditionalSiloAsync();
            isJoined = true;
            while (share is > 0.5 and < 1 && run.Scoring.Silos.Count(silo => silo.Batches > 0) <= Silos && DateTime.UtcNow < deadline)
                await Task.Delay(50, Cancellation);
        }, Cancellation);

        AssertComplete(run);
        Assert.Equal(Silos + 1, run.Scoring.Silos.Count(silo => silo.Batches > 0));
    }

    [Fact]
    public async Task A_damaged_row_is_named_and_the_others_are_scored()
    {
        var rows = _folder.File("damaged.rows");
        File.Copy(shared.Data.RowFile, rows);
        using (var file = File.OpenWrite(rows)) file.SetLength(250 * ScoringModel.RowBytes - 1000);
        using var run = Open("scores.bin", shared.Data.Model, rowCount: null, rows);

        await run.Scoring.Run(_ => Task.CompletedTask, Cancellation);

        var error = Assert.Single(run.Results.Errors);
        Assert.Equal(249, error.Row);
        Assert.Contains("1352 bytes, but a row has 2352", error.Message, StringComparison.Ordinal);
        Assert.All(run.Results.Read(249).Scores, score => Assert.True(float.IsNaN(score)));
        AssertComplete(run);
    }

    [Fact]
    public async Task A_damaged_row_does_not_take_the_others_of_its_batch_with_it()
    {
        var scorer = await Scorer();
        await scorer.AddModel(shared.Data.Model);
        using var file = new RowFile(shared.Data.RowFile);
        var rows = file.Read(0, 5);
        var whole = await scorer.Score(new Batch(shared.Model.Hash, 0, [.. rows]));
        rows[2] = rows[2][..7];

        var result = await scorer.Score(new Batch(shared.Model.Hash, FirstRow: 1000, rows));

        Assert.Equal(1002, Assert.Single(result.Errors).Row);
        foreach (var i in new[] { 0, 1, 3, 4 })
        {
            Assert.Equal(whole.Features[i], result.Features[i]);
            Assert.Equal(Scores(whole, i), Scores(result, i));
        }

        float[] Scores(BatchResult result, int row) => result.Scores[(row * shared.Model.Classes)..((row + 1) * shared.Model.Classes)];
    }

    [Fact]
    public async Task A_silo_with_another_model_answers_with_an_error()
    {
        var (scorer, other) = (await Scorer(), OtherModel());
        await scorer.AddModel(shared.Data.Model);
        using var file = new RowFile(shared.Data.RowFile);

        var error = await Assert.ThrowsAsync<WrongModelException>(() => scorer.Score(new Batch(other.Hash, 0, file.Read(0, 1))));

        Assert.Contains($"does not have model {other.Hash[..8]}: it has {shared.Model.Hash[..8]}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_damaged_on_the_way_is_refused()
    {
        var scorer = await Scorer();
        var zip = shared.Data.Model.Zip.ToArray();
        zip[^1]++;

        await Assert.ThrowsAsync<InvalidDataException>(() => scorer.AddModel(new ModelBytes(shared.Model.Hash, zip)));

        Assert.Empty((await scorer.Describe()).ModelHashes);
    }

    [Fact]
    public async Task Two_clients_at_once_get_the_scores_of_their_own_models()
    {
        using var one = Open("one.bin", shared.Data.Model, Rows);
        using var two = Open("two.bin", OtherModel(), Rows);

        await Task.WhenAll(
            one.Scoring.Run(_ => Task.CompletedTask, Cancellation),
            two.Scoring.Run(_ => Task.CompletedTask, Cancellation));

        AssertComplete(one);
        AssertComplete(two);
        Assert.NotEqual(one.Results.Read(0).Scores, two.Results.Read(0).Scores);
    }

    [Fact]
    public async Task A_client_started_again_goes_on_from_its_checkpoint()
    {
        long finished;
        using (var first = Open("scores.bin", shared.Data.Model, Rows))
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.Scoring.Run(async share =>
            {
                if (share > 0.4) await stop.CancelAsync();
            }, stop.Token));
            finished = first.Results.FinishedBatches;
            Assert.InRange(finished, 1, first.Results.Batches - 1);
        }

        using var second = Open("scores.bin", shared.Data.Model, Rows);
        Assert.Equal(finished, second.Results.FinishedBatches);
        await second.Scoring.Run(_ => Task.CompletedTask, Cancellation);

        Assert.Equal(second.Results.Batches - finished, second.Scoring.Silos.Sum(silo => silo.Batches));
        AssertComplete(second);
    }

    [Fact]
    public async Task A_run_that_gets_nowhere_ends_with_an_error_that_says_why()
    {
        var damaged = shared.Data.Model with { Hash = new string('0', 64) };
        using var run = Open("scores.bin", damaged, Rows, patience: TimeSpan.FromSeconds(2));

        var error = await Assert.ThrowsAsync<TimeoutException>(() => run.Scoring.Run(_ => Task.CompletedTask, Cancellation));

        Assert.Contains("Nothing was scored for 2 seconds", error.Message, StringComparison.Ordinal);
        Assert.Contains("damaged on the way", error.Message, StringComparison.Ordinal);
    }

    private static void AssertComplete(OpenRun run)
    {
        var check = ResultCheck.Run(run.Results, run.Rows, run.Model);
        Assert.Equal(run.Results.Batches, run.Results.FinishedBatches);
        Assert.Equal((0, 0, 0), (check.WithoutResult, check.OtherFeatures, check.OtherScores));
    }

    private async Task<IScorerGrain> Scorer()
    {
        var silos = await new LiveSilos(_cluster.Client).Read(Cancellation);
        return _cluster.Client.GetGrain<IScorerGrain>(silos.Keys.First().ToParsableString());
    }

    private ModelBytes OtherModel()
    {
        var (mlContext, path) = (new MLContext(seed: 1), _folder.File("other.zip"));
        var rows = Images.Pictures.Rows(100);
        Classifier.Save(mlContext, Classifier.Train(mlContext, rows, Normalization.Group), path);
        var zip = File.ReadAllBytes(path);
        return new ModelBytes(ScoringModel.HashOf(zip), zip);
    }

    private OpenRun Open(string name, ModelBytes model, long? rowCount, string? rowFile = null, TimeSpan? patience = null)
    {
        var rows = new RowFile(rowFile ?? shared.Data.RowFile, rowCount);
        var loaded = new ScoringModel(model.Zip);
        var results = new ResultFile(
            _folder.File(name), new RunIdentity(model.Hash, rows.Identity, rows.Rows, ScoringRun.BatchRows, loaded.Classes));
        var run = new ScoringRun(_cluster.Client, model, rows, results) { Patience = patience ?? TimeSpan.FromMinutes(1) };
        return new OpenRun(run, rows, results, loaded);
    }

    private sealed record OpenRun(ScoringRun Scoring, RowFile Rows, ResultFile Results, ScoringModel Model) : IDisposable
    {
        public void Dispose()
        {
            Scoring.Dispose();
            Results.Dispose();
            Rows.Dispose();
        }
    }
}
