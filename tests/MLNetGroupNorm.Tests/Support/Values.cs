namespace MLNetGroupNorm.Tests.Support;

/// <summary>Asymmetric values with a mean far from 0: what symmetric data would hide shows on them.</summary>
internal static class Values
{
    public static float[] Single(int seed, int length)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(i => (float)(3 + i % 5 + 2 * random.NextDouble() * random.NextDouble()))];
    }

    public static double[] Double(int seed, int length)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(i => 3 + i % 5 + 2 * random.NextDouble() * random.NextDouble())];
    }

    public static byte[] Byte(int seed, int length)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, length).Select(_ => (byte)random.Next(40, 256))];
    }
}
