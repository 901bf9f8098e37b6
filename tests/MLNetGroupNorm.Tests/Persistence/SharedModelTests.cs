using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetGroupNorm.Tests.Support;

namespace MLNetGroupNorm.Tests.Persistence;

public sealed class SharedModelTests
{
    private const int Threads = 8;
    private const int Rounds = 150;
    private const int Channels = 6;

    private readonly MLContext _mlContext = new(seed: 1);

    [Fact]
    public void Eight_threads_over_one_loaded_model_get_the_bits_that_one_gets()
    {
        var rows = MixedRows();
        var fitted = _mlContext.Transforms.GroupNormalize(Views.Output, 3, Views.Input, affine: new GroupNormAffine(
            [1f, 2f, -3f, 0.5f, 7f, 0.1f], [3f, 0f, 1f, -1f, 2f, 5f])).Fit(Views.Of(_mlContext, rows));
        var model = SavedModel.Load(_mlContext, SavedModel.Save(_mlContext, fitted, Views.Of(_mlContext, rows).Schema));
        int[][] expected = [.. rows.SelectMany(row => Bits(fitted, [row]))];
        // An error of a thread's own would end the process: each hands on what it found.
        var failures = new Exception?[Threads];

        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(thread => new Thread(() =>
            failures[thread] = Record.Exception(() => RunRounds(model, rows, expected, seed: thread))))];
        foreach (var thread in threads)
            thread.Start();
        foreach (var thread in threads)
            thread.Join();

        Assert.All(failures, Assert.Null);
    }

    /// <summary>Rows of many lengths, dense and sparse, some with NaN, in another order at each round.</summary>
    private void RunRounds(GroupNormTransformer model, VBuffer<float>[] rows, int[][] expected, int seed)
    {
        var random = new Random(seed);
        int[] order = [.. Enumerable.Range(0, rows.Length)];
        for (int round = 0; round < Rounds; round++)
        {
            random.Shuffle(order);
            int[][] found = Bits(model, [.. order.Select(row => rows[row])]);
            for (int i = 0; i < order.Length; i++)
                Assert.Equal(expected[order[i]], found[i]);
        }
    }

    private int[][] Bits(GroupNormTransformer model, VBuffer<float>[] rows) =>
        [.. model.Transform(Views.Of(_mlContext, rows)).Rows<float>()
            .Select(row => row.Select(BitConverter.SingleToInt32Bits).ToArray())];

    private static VBuffer<float>[] MixedRows()
    {
        var rows = new List<VBuffer<float>>();
        foreach (int positions in new[] { 1, 2, 3, 7, 16, 33, 100, 257, 784 })
        {
            float[] values = Values.Single(positions, positions * Channels);
            rows.Add(new VBuffer<float>(values.Length, values));
            rows.Add(new VBuffer<float>(values.Length, 2, [values[0], values[^1]], [1, values.Length - 1]));
            rows.Add(new VBuffer<float>(values.Length, [.. values.Select((value, i) => i == positions ? float.NaN : value)]));
        }

        return [.. rows];
    }
}
