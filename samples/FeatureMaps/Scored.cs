using Microsoft.ML.Data;

namespace MLNetGroupNorm.Samples.FeatureMaps;

/// <summary>One picture's results: those of the pipeline, and those of the whole network in ONNX Runtime.</summary>
internal sealed class Scored
{
    public uint Label { get; set; }

    public uint PredictedLabel { get; set; }

    public float[] Score { get; set; } = [];

    [ColumnName("normalized")]
    public float[] Maps { get; set; } = [];

    [ColumnName("whole.scores")]
    public float[] WholeScore { get; set; } = [];

    [ColumnName("whole.normalized")]
    public float[] WholeMaps { get; set; } = [];

    /// <summary>The class of the highest score, counted from 1 as keys are.</summary>
    public uint WholeLabel() => (uint)Array.IndexOf(WholeScore, WholeScore.Max()) + 1;

    /// <summary>The largest difference of two vectors.</summary>
    public static float Difference(float[] left, float[] right) =>
        Largest(left.Zip(right), pair => MathF.Abs(pair.First - pair.Second));

    /// <summary>The largest value; NaN if there is one, unlike LINQ's Max.</summary>
    public static float Largest<T>(IEnumerable<T> items, Func<T, float> value) => items.Select(value).Aggregate(MathF.Max);
}
