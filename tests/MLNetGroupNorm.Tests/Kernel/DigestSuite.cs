using System.Runtime.InteropServices;
using System.Security.Cryptography;
using MLNetGroupNorm.Kernel;

namespace MLNetGroupNorm.Tests.Kernel;

/// <summary>
/// Results over a fixed suite of inputs, drawn to a few hex digits. The inputs come of whole numbers and of arithmetic that
/// rounds alike everywhere, not of functions like logarithms.
/// </summary>
internal static class DigestSuite
{
    private static readonly (int Channels, int Groups, int Spatial)[] _shapes =
    [
        (2, 1, 1), (7, 1, 1), (64, 32, 1), (768, 1, 1), (100, 4, 2), (12, 3, 3), (24, 8, 7), (30, 5, 8), (32, 8, 49),
        (3, 1, 1000), (12, 3, 784), (2, 2, 5000), (71, 71, 130), (320, 32, 20),
        (96, 96, 3), (70, 35, 2), (105, 35, 2), (90, 18, 1), (133, 19, 1), (64, 64, 7), (64, 16, 2), (72, 9, 1),
    ];

    public static string Single(TensorLayout layout) => Digest(layout, (x, shape, affine) =>
    {
        float[] values = [.. x.Select(value => (float)value)];
        GroupNormalization.Normalize(values, values, shape.Channels, shape.Groups, 1e-5, affine, layout);
        return values;
    });

    public static string Double(TensorLayout layout) => Digest(layout, (x, shape, affine) =>
    {
        double[] values = [.. x.Select(value => value / 3)];
        GroupNormalization.Normalize(values, values, shape.Channels, shape.Groups, 1e-5, affine, layout);
        return values;
    });

    public static string Byte(TensorLayout layout) => Digest(layout, (x, shape, affine) =>
    {
        byte[] values = [.. x.Select((value, i) => (byte)(BitConverter.DoubleToInt64Bits(value) >> 40 ^ i))];
        var results = new float[values.Length];
        GroupNormKernel.Normalize(values, results,
            new(shape.Channels, shape.Groups, shape.Spatial, layout), 1e-5, affine);
        return results;
    });

    /// <summary>
    /// The sums behind the results, in all their digits: most of what another order of additions would change is gone when
    /// results are rounded to float.
    /// </summary>
    public static string Sums()
    {
        var numbers = new List<double>();
        var random = new Random(5);
        float[] x = [.. Enumerable.Range(0, 20000).Select(_ => (float)(Bell(random) * Math.ScaleB(1, random.Next(-30, 30))))];
        var table = new GroupTable(new double[GroupTable.Size(1)], 1);
        foreach (int length in Enumerable.Range(1, 300).Concat([1000, 4096, 4097, 20000]))
        {
            new GroupStatistics<float>(new SampleShape(1, 1, length, TensorLayout.ChannelsFirst), 1, table, new Parameters(1e-5, null)).Measure(ref x[0]);
            numbers.AddRange([table.Means(0), table.Variances(0)]);
            table.Shifts(0) = 1 / 3.0;
            BlockSums<float>.OfRuns<On>(ref x[0], (nuint)Math.Min(length, BlockSums.Length), 1, table);
            var compensated = Compensated.Sum(ref x[0], 1, 0, (nuint)length);
            numbers.AddRange([table.Sums(0), table.Squares(0), compensated.High, compensated.Low]);
        }

        foreach (int width in new[] { 5, 8, 33, 64, 100 })
        {
            var columns = new ColumnSums<float>(new double[ColumnSums<float>.Size(width)], width);
            table.ResetShifts<float>(1);
            columns.Restart<Off>(table, 1, width);
            columns.Add<Off>(ref x[0], 190, (nuint)width + 3, (nuint)width);
            columns.OfGroups(width, 1, table);
            table.Finish<float>(1, 190 * width, new Parameters(1e-5, null), mayShift: false);
            numbers.AddRange([table.Means(0), table.Variances(0), table.Inverses(0)]);
        }

        return Convert.ToHexString(SHA256.HashData(MemoryMarshal.AsBytes<double>(numbers.ToArray())), 0, 8);
    }

    private static string Digest<T>(TensorLayout layout,
        Func<double[], (int Channels, int Groups, int Spatial), GroupNormAffine?, T[]> normalize)
        where T : unmanaged
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var shape in _shapes)
        {
            var random = new Random(shape.Channels + shape.Spatial);
            float[] Parameters() => [.. Enumerable.Range(0, shape.Channels).Select(_ => (float)Bell(random))];
            var affine = new GroupNormAffine(Parameters(), Parameters());
            foreach (var kind in Kinds(random))
            {
                double[] x = [.. Enumerable.Range(0, shape.Channels * shape.Spatial).Select(kind)];
                digest.AppendData(MemoryMarshal.AsBytes<T>(normalize(x, shape, null)));
                digest.AppendData(MemoryMarshal.AsBytes<T>(normalize(x, shape, affine)));
            }
        }

        return Convert.ToHexString(digest.GetHashAndReset(), 0, 8);
    }

    private static IEnumerable<Func<int, double>> Kinds(Random random) =>
    [
        _ => Bell(random),
        _ => 1e3 + Bell(random),
        _ => 1e30 * Bell(random),
        _ => 1e-40 * Bell(random),
        i => i < 40 ? 7 : Bell(random),
        i => (i % 4) switch { 0 => 1e8, 1 => -1e8, 2 => 1e-8 * (i + 1), _ => 0 },
        i => i == 1 ? double.NaN : Bell(random),
        i => i == 1 ? double.PositiveInfinity : 5,
        _ => 100.1f,
    ];

    private static double Bell(Random random) =>
        random.NextDouble() + random.NextDouble() + random.NextDouble() + random.NextDouble() - 2;
}
