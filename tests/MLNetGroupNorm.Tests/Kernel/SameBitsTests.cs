using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Microsoft.ML;
using MLNetGroupNorm.Kernel;
using MLNetGroupNorm.Tests.Reference;
using MLNetGroupNorm.Tests.Support;

namespace MLNetGroupNorm.Tests.Kernel;

/// <summary>A result's bits depend on its sample's values, shape and arguments, and on nothing else.</summary>
public sealed class SameBitsTests
{
    /// <summary>
    /// Tells a child process how wide its vectors may be, in bits, after a switch of the runtime narrowed them.
    /// </summary>
    private const string WidestVector = "MLNETGROUPNORM_TESTS_WIDEST_VECTOR";

    /// <summary>
    /// Single, Byte and Double, channels first and last, and sums. A change of the kernel that changes bits shows here, and in
    /// the change log.
    /// </summary>
    private const string Digests =
        "96A5C7AA57C732F6 3A6CBFFCCC2DE358 D67358228D08C36C 862A8476E687C285 56851832930D66E0 D9F72E558407EF33 B6B5770B62FEF41E";

    /// <summary>
    /// Longer than any child takes that has not hung: software arithmetic is a hundred times as slow as vectors.
    /// </summary>
    private static readonly TimeSpan _patience = TimeSpan.FromMinutes(3);

    public static TheoryData<TensorLayout> Layouts => [.. Enum.GetValues<TensorLayout>()];

    private static int VectorWidth =>
        Vector512.IsHardwareAccelerated ? 512
        : Vector256.IsHardwareAccelerated ? 256
        : Vector128.IsHardwareAccelerated ? 128
        : 0;

    [Fact]
    public void Digests_are_those_of_every_other_machine()
    {
        string? widest = Environment.GetEnvironmentVariable(WidestVector);
        if (widest is not null)
            Assert.InRange(VectorWidth, 0, int.Parse(widest, CultureInfo.InvariantCulture));

        var results =
            from layout in Enum.GetValues<TensorLayout>()
            from digest in new[] { DigestSuite.Single(layout), DigestSuite.Byte(layout), DigestSuite.Double(layout) }
            select digest;
        Assert.Equal(Digests, string.Join(' ', [.. results, DigestSuite.Sums()]));
    }

    [Theory]
    [InlineData("DOTNET_EnableAVX512", 256)]
    [InlineData("DOTNET_EnableAVX2", 128)]
    [InlineData("DOTNET_EnableHWIntrinsic", 0)]
    public async Task Digests_stay_with_instruction_sets_switched_off(string instructionSet, int widestVector)
    {
        EmulatedMachine.SkipTestOfAnotherProcess();
        Assert.SkipWhen(VectorWidth <= widestVector, $"Vectors are {VectorWidth} bits wide here without a switch.");

        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(typeof(SameBitsTests).Assembly.Location);
        start.ArgumentList.Add("-method");
        start.ArgumentList.Add($"{typeof(SameBitsTests).FullName}.{nameof(Digests_are_those_of_every_other_machine)}");
        start.Environment[instructionSet] = "0";
        start.Environment[WidestVector] = widestVector.ToString(CultureInfo.InvariantCulture);
        using var child = Process.Start(start)!;
        using var timeout = new CancellationTokenSource(_patience);
        string output = await child.StandardOutput.ReadToEndAsync(timeout.Token);
        await child.WaitForExitAsync(timeout.Token);

        Assert.True(child.ExitCode == 0, output);
        Assert.Contains("Total: 1,", output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Layouts))]
    public void A_sample_does_not_depend_on_where_it_lies(TensorLayout layout)
    {
        var affine = Inputs.Affine(30);
        float[] x = Inputs.Single("N(0, 1)", 30 * 77, seed: 1);
        float[] expected = Normalized(x, 30, 5, affine, layout);

        for (int offset = 1; offset <= 16; offset++)
        {
            var moved = new float[x.Length + offset];
            x.CopyTo(moved, offset);
            GroupNormalization.Normalize(moved.AsSpan(offset), moved.AsSpan(offset), 30, 5, 1e-5, affine, layout);
            AssertSameBits(expected, moved.AsSpan(offset));
        }
    }

    [Theory]
    [InlineData(320, 32, 400, 3)]
    [InlineData(12, 3, 784, 20)]
    [InlineData(65, 5, 301, 4)]
    [InlineData(72, 24, 500, 2)]
    [InlineData(768, 1, 1, 100)]
    [InlineData(2048, 32, 1, 40)]
    [InlineData(2, 1, 50000, 1)]
    public void A_sample_does_not_depend_on_its_batch_nor_on_the_number_of_cores(int channels, int groups, int spatial,
        int batchSize)
    {
        foreach (var layout in Enum.GetValues<TensorLayout>())
        {
            var affine = Inputs.Affine(channels);
            int length = channels * spatial;
            float[] x = [.. Enumerable.Range(0, batchSize)
                .SelectMany(sample => Inputs.Single(sample % 2 == 0 ? "N(0, 1)" : "N(1e3, 1)", length, sample))];
            foreach (int degree in new[] { 1, 2, 3, 64, -1 })
            {
                var y = new float[x.Length];
                GroupNormalization.NormalizeBatch(x, y, batchSize, channels, groups, 1e-5, affine, layout, degree);
                for (int start = 0; start < x.Length; start += length)
                    AssertSameBits(Normalized(x[start..(start + length)], channels, groups, affine, layout),
                        y.AsSpan(start, length));
            }
        }
    }

    /// <summary>Large batches are stored past the caches, by vectors whose places are multiples of their size.</summary>
    [Theory]
    [InlineData(64, 8, 196, 0)]
    [InlineData(64, 8, 196, 3)]
    [InlineData(12, 3, 1001, 7)]
    [InlineData(100, 10, 50, 1)]
    [InlineData(321, 3, 20, 2)]
    [InlineData(512, 32, 1, 5)]
    public void A_sample_does_not_depend_on_how_large_its_batch_is(int channels, int groups, int spatial, int offset)
    {
        const int LargeBatch = 1 << 21; // values, of 8 MB
        int length = channels * spatial;
        int batchSize = (LargeBatch / length) + 1;
        var affine = Inputs.Affine(channels);
        float[] sample = Inputs.Single("N(0, 1)", length, seed: 6);
        float[] x = [.. Enumerable.Repeat(sample, batchSize).SelectMany(values => values)];
        foreach (var layout in Enum.GetValues<TensorLayout>())
        {
            float[] expected = Normalized(sample, channels, groups, affine, layout);
            foreach (int degree in new[] { 1, 2 })
            {
                var memory = new float[x.Length + offset + 1];
                var y = memory.AsMemory(offset, x.Length);
                GroupNormalization.NormalizeBatch(x, y, batchSize, channels, groups, 1e-5, affine, layout, degree);
                for (int start = 0; start < x.Length; start += length)
                    AssertSameBits(expected, y.Span.Slice(start, length));
                Assert.Equal(0, memory[^1]);
                Assert.All(memory[..offset], value => Assert.Equal(0, value));

                var inPlace = x.ToArray();
                GroupNormalization.NormalizeBatch(inPlace, inPlace, batchSize, channels, groups, 1e-5, affine, layout, degree);
                AssertSameBits(y.Span, inPlace);
            }
        }
    }

    /// <summary>Memory of other languages may begin at any byte, where no vector's place is a multiple of its size.</summary>
    [Fact]
    public void A_large_batch_may_begin_at_any_byte()
    {
        const int Length = 64 * 196, BatchSize = 170; // 8.5 MB
        float[] sample = Inputs.Single("N(0, 1)", Length, seed: 7);
        float[] x = [.. Enumerable.Repeat(sample, BatchSize).SelectMany(values => values)];
        float[] expected = Normalized(sample, 64, 8, null, TensorLayout.ChannelsLast);
        using var memory = new UnalignedMemory(x.Length);

        GroupNormalization.NormalizeBatch(x, memory.Memory, BatchSize, 64, 8, layout: TensorLayout.ChannelsLast);

        for (int start = 0; start < x.Length; start += Length)
            AssertSameBits(expected, memory.GetSpan().Slice(start, Length));
    }

    [Theory]
    [InlineData(320, 32, 40)]
    [InlineData(68, 17, 9)]
    [InlineData(12, 3, 50)]
    public void A_group_does_not_depend_on_which_others_are_asked_for(int channels, int groups, int spatial)
    {
        foreach (var layout in Enum.GetValues<TensorLayout>())
        {
            // A group far from zero makes its neighbours go through a shifted sum with it.
            float[] x = Inputs.Single("N(0, 1)", channels * spatial, seed: 4);
            for (int i = 0; i < x.Length; i++)
                if ((layout == TensorLayout.ChannelsFirst ? i / spatial : i % channels) < channels / groups)
                    x[i] += 1e5f;
            var shape = new SampleShape(channels, groups, spatial, layout);
            AssertBitsOfParts<float>(x, shape);
            AssertBitsOfParts<double>([.. x.Select(value => value / 3.0)], shape);
        }
    }

    /// <summary>
    /// The mean is half a standard deviation to the last digits: with a shift it is too near 0, without one too far from it. How many shifts
    /// are tried must not depend on neighbours.
    /// </summary>
    [Theory]
    [InlineData(80, 5.9)]
    [InlineData(90, 1.1)]
    [InlineData(100, 2.1)]
    [InlineData(1000, 5.1)]
    public void A_group_at_the_limit_of_a_shift_does_not_depend_on_its_neighbour(int length, double other)
    {
        double[] group = [.. Enumerable.Range(0, length).Select(i => i < length * 4 / 5 ? 0 : other)];
        foreach (var layout in Enum.GetValues<TensorLayout>())
            Assert.Single(new[] { 0, 0.5, 1000 }.Select(mean => ResultsBeside(mean, layout)).Distinct());

        string ResultsBeside(double mean, TensorLayout layout)
        {
            double[] neighbour = [.. Enumerable.Range(0, length).Select(i => mean + (i % 2) - 0.5)];
            bool areRuns = layout == TensorLayout.ChannelsFirst;
            double[] x = areRuns ? [.. group, .. neighbour] : [.. group.Zip(neighbour).SelectMany(pair => new[] { pair.First, pair.Second })];
            GroupNormalization.Normalize(x, x, 2, 2, layout: layout);
            return string.Join(' ', Enumerable.Range(0, length).Select(i => x[areRuns ? i : 2 * i].ToString("R", CultureInfo.InvariantCulture)));
        }
    }

    private static void AssertBitsOfParts<T>(T[] x, in SampleShape shape)
        where T : unmanaged
    {
        T[] expected = new T[x.Length], y = new T[x.Length];
        GroupNormKernel.NormalizeGroups<T, T>(x, expected, shape, 0, shape.Groups, 1e-5, null);
        int part = shape.GroupsPerUnit(oneSamplePerCore: false);
        for (int first = 0; first < shape.Groups; first += part)
            GroupNormKernel.NormalizeGroups<T, T>(x, y, shape, first, Math.Min(shape.Groups, first + part), 1e-5, null);
        Assert.True(MemoryMarshal.AsBytes<T>(expected).SequenceEqual(MemoryMarshal.AsBytes<T>(y)));
    }

    [Fact]
    public void A_pipeline_gives_the_bits_of_the_span_function()
    {
        var mlContext = new MLContext();
        var affine = Inputs.Affine(12);
        foreach (var layout in Enum.GetValues<TensorLayout>())
        {
            float[][] rows = [.. Enumerable.Range(0, 40)
                .Select(row => Inputs.Single(row % 2 == 0 ? "N(0, 1)" : "N(1e3, 1)", 12 * 49, row))];
            var view = Views.Of(mlContext, rows, 12 * 49);
            var cached = mlContext.Data.Cache(view);
            var transformer = mlContext.Transforms.GroupNormalize(Views.Output, 3, Views.Input, 12, affine: affine,
                layout: layout).Fit(view);

            foreach (var source in new[] { view, cached })
                foreach (var (row, result) in rows.Zip(transformer.Transform(source).Rows<float>()))
                    AssertSameBits(Normalized(row, 12, 3, affine, layout), result);
        }
    }

    private static float[] Normalized(float[] x, int channels, int groups, GroupNormAffine? affine, TensorLayout layout)
    {
        var y = new float[x.Length];
        GroupNormalization.Normalize(x, y, channels, groups, 1e-5, affine, layout);
        return y;
    }

    private static void AssertSameBits(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual) =>
        Assert.True(MemoryMarshal.AsBytes(expected)
            .SequenceEqual(MemoryMarshal.AsBytes(actual)));
}
