namespace MLNetGroupNorm.Samples.Images.Classifiers;

/// <summary>A row as a classifier answers it.</summary>
public sealed class Scored
{
    public string Label { get; set; } = "";

    public string PredictedLabel { get; set; } = "";

    public float[] Features { get; set; } = [];

    public float[] Score { get; set; } = [];
}
