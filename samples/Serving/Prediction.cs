namespace MLNetGroupNorm.Samples.Serving;

/// <summary>What the model gives.</summary>
internal sealed class Prediction
{
    public string PredictedLabel { get; set; } = "";

    /// <summary>The probability of each class.</summary>
    public float[] Score { get; set; } = [];

    /// <summary>Before normalization.</summary>
    public float[] Pixels { get; set; } = [];

    /// <summary>After normalization.</summary>
    public float[] Features { get; set; } = [];
}
