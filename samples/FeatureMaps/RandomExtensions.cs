namespace MLNetGroupNorm.Samples.FeatureMaps;

internal static class RandomExtensions
{
    public static double Between(this Random random, double low, double high) => low + (high - low) * random.NextDouble();

    public static float[] Between(this Random random, double low, double high, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (float)random.Between(low, high))];
}
