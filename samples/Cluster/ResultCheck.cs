using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>Results compared with the same rows scored in this process.</summary>
/// <param name="Rows">How many there are.</param>
/// <param name="WithoutResult">Rows that have neither a result nor an error.</param>
/// <param name="OtherFeatures">Rows whose normalized features differ in a bit.</param>
/// <param name="OtherScores">Rows whose scores differ in a bit.</param>
/// <param name="LargestDifference">The largest difference of two scores.</param>
/// <param name="TimePerRow">The processor time that a row took in this process.</param>
internal sealed record ResultCheck(
    long Rows, long WithoutResult, long OtherFeatures, long OtherScores, float LargestDifference, TimeSpan TimePerRow)
{
    public static ResultCheck Run(ResultFile results, RowFile rows, ScoringModel model)
    {
        var check = new ResultCheck(rows.Rows, 0, 0, 0, 0, TimeSpan.Zero);
        var damaged = results.Errors.Select(error => error.Row).ToHashSet();
        var scoring = TimeSpan.Zero;
        var distinct = Math.Min(rows.Rows, rows.RowsInFile);
        for (long first = 0; first < distinct; first += ScoringRun.BatchRows)
        {
            var batch = new Batch(model.Hash, first, rows.Read(first, (int)Math.Min(ScoringRun.BatchRows, distinct - first)));
            var before = Environment.CpuUsage.TotalTime;
            var expected = model.Score(batch, "this process");
            scoring += Environment.CpuUsage.TotalTime - before;
            for (var i = 0; i < batch.Rows.Length; i++)
            {
                var scores = expected.Scores.AsSpan(i * model.Classes, model.Classes);
                for (var row = first + i; row < rows.Rows; row += rows.RowsInFile) // the same row, over and over
                    check = check.Add(results.Read(row), expected.Features[i], scores, damaged.Contains(row));
            }
        }
        return check with { TimePerRow = scoring / distinct };
    }

    private ResultCheck Add((ulong Features, float[] Scores) found, ulong features, ReadOnlySpan<float> scores, bool isDamaged)
    {
        if (found.Features == 0 && !isDamaged) return this with { WithoutResult = WithoutResult + 1 };
        var difference = LargestDifference;
        for (var i = 0; i < scores.Length; i++) difference = MathF.Max(difference, MathF.Abs(found.Scores[i] - scores[i]));
        return this with
        {
            OtherFeatures = OtherFeatures + (found.Features == features ? 0 : 1),
            OtherScores = OtherScores + (SameBits(found.Scores, scores) ? 0 : 1),
            LargestDifference = isDamaged ? LargestDifference : difference,
        };
    }

    private static bool SameBits(ReadOnlySpan<float> a, ReadOnlySpan<float> b) =>
        MemoryMarshal.AsBytes(a).SequenceEqual(MemoryMarshal.AsBytes(b));
}
