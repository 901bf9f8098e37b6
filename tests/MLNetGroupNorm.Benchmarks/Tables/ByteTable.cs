using MLNetGroupNorm.Benchmarks.Contenders;
using MLNetGroupNorm.Benchmarks.Measuring;
using MLNetGroupNorm.Kernel;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>Rows of bytes, which the kernel converts as it reads them.</summary>
internal static class ByteTable
{
    private const byte Level = 128;
    private static readonly TensorShape[] _shapes = [new(3, 224, 224, 1), new(12, 28, 28, 3)];
    private static readonly TimeSpan _duration = TimeSpan.FromSeconds(2);

    public static void Run(Report report)
    {
        report.Section("Rows of bytes", $"""
            One sample in the cache, time as a multiple of that of the same values as floats: the kernel on bytes, and, as it would be
            with a pass of its own, the bytes converted to floats first. Random bytes, and flat images of {Level} everywhere.
            """);
        var table = new MarkdownTable("C x H x W / G", "layout", "values", "bytes", "converted, then floats");
        var goals = new List<Goal>();
        foreach (var shape in _shapes)
            foreach (var layout in Enum.GetValues<TensorLayout>())
                foreach (var (values, pixels) in new[] { ("random", shape.RandomPixels()), ("flat", FlatPixels(shape)) })
                {
                    var (bytes, converted) = Measure(shape, layout, pixels);
                    table.Add(shape.ToString(), layout.ToString(), values, Report.Number(bytes), Report.Number(converted));
                    goals.Add(new Goal($"{shape}, {layout}, {values}: bytes against bytes converted first", bytes / converted, 1));
                }

        report.Write(table);
        Goal.Write(report, goals);
    }

    private static byte[] FlatPixels(TensorShape shape)
    {
        var pixels = new byte[shape.Length];
        Array.Fill(pixels, Level);
        return pixels;
    }

    private static (double Bytes, double Converted) Measure(TensorShape shape, TensorLayout layout, byte[] pixels)
    {
        var floats = new Workload<float>(shape, layout, 1);
        var bytes = AlignedMemory.Copy<byte>(pixels);
        Convert();
        var sample = new SampleShape(shape.Channels, shape.Groups, shape.SpatialSize, layout);
        var ours = new Ours<float>(floats);
        ours.Run();
        float[] expected = floats.Output.ToArray();
        NormalizeBytes();
        if (!expected.AsSpan().SequenceEqual(floats.Output.Span))
            throw new InvalidOperationException("Bytes and floats of the same values give different results.");

        double[] seconds = Race.InCache(_duration, ours.Run, NormalizeBytes, () =>
        {
            Convert();
            ours.Run();
        });
        return (seconds[1] / seconds[0], seconds[2] / seconds[0]);

        void NormalizeBytes() =>
            GroupNormKernel.Normalize(bytes.Span, floats.Output.Span, sample, Sample.Epsilon, floats.Affine);

        void Convert() => System.Numerics.Tensors.TensorPrimitives.ConvertTruncating<byte, float>(bytes.Span, floats.Input.Span);
    }
}
