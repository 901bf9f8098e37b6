using System.Numerics;
using System.Runtime.InteropServices;
using MLNetGroupNorm.Kernel;
using MLNetGroupNorm.Tests.Reference;
using MLNetGroupNorm.Tests.Support;

namespace MLNetGroupNorm.Tests.Kernel;

/// <summary>
/// Reads and writes stay within the sample: it begins, and then ends, where a page of memory begins or ends that must not be
/// touched. A step outside ends the process with the stack of the method that took it.
/// </summary>
public sealed class GuardPageTests
{
    private const int LongestSample = 300;

    private delegate void Normalize<TIn, TOut>(ReadOnlySpan<TIn> input, Span<TOut> output, SampleShape shape, GroupNormAffine? affine);

    public static TheoryData<TensorLayout> Layouts => [.. Enum.GetValues<TensorLayout>()];

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Singles_stay_within_their_pages(TensorLayout layout) => Run<float, float>(layout,
        ["N(0, 1)", "N(1e5, 1)", "one of 1e30 among ones", "constant 100.1"],
        (x, y, shape, affine) => GroupNormalization.Normalize(x, y, shape.Channels, shape.Groups, 1e-5, affine, shape.Layout));

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Doubles_stay_within_their_pages(TensorLayout layout) => Run<double, double>(layout,
        ["N(0, 1)", "N(1e7, 10)", "cancelling but for crumbs", "constant 100.1"],
        (x, y, shape, affine) => GroupNormalization.Normalize(x, y, shape.Channels, shape.Groups, 1e-5, affine, shape.Layout));

    [Theory]
    [MemberData(nameof(Layouts))]
    public void Bytes_stay_within_their_pages(TensorLayout layout) => Run<byte, float>(layout,
        ["pixels", "flat 250, some 251", "constant 0"],
        (x, y, shape, affine) => GroupNormKernel.Normalize(x, y, shape, 1e-5, affine));

    private static void Run<TIn, TOut>(TensorLayout layout, string[] kinds, Normalize<TIn, TOut> normalize)
        where TIn : unmanaged, INumberBase<TIn>
        where TOut : unmanaged
    {
        using var inputs = new GuardedMemory(LongestSample * sizeof(double));
        using var outputs = new GuardedMemory(LongestSample * sizeof(double));
        GroupNormAffine[] affines = [.. Enumerable.Range(1, LongestSample).Select(Inputs.Affine)];
        foreach (string kind in kinds)
        {
            TIn[] values = [.. Inputs.Values(kind, LongestSample, seed: 1).Select(TIn.CreateTruncating)];
            foreach (var shape in Shapes(layout))
                foreach (var affine in new[] { null, affines[shape.Channels - 1] })
                {
                    var x = values.AsSpan(0, shape.Length);
                    NormalizeBetween(inputs.First<TIn>(x.Length), outputs.First<TOut>(x.Length), x, shape, affine, normalize);
                    NormalizeBetween(inputs.Last<TIn>(x.Length), outputs.Last<TOut>(x.Length), x, shape, affine, normalize);
                }
        }
    }

    private static void NormalizeBetween<TIn, TOut>(Span<TIn> input, Span<TOut> output, ReadOnlySpan<TIn> x, SampleShape shape,
        GroupNormAffine? affine, Normalize<TIn, TOut> normalize)
        where TIn : unmanaged
        where TOut : unmanaged
    {
        x.CopyTo(input);
        normalize(input, output, shape, affine);
        if (typeof(TIn) != typeof(TOut))
            return;
        var inPlace = MemoryMarshal.Cast<TOut, TIn>(output);
        x.CopyTo(inPlace);
        normalize(inPlace, output, shape, affine);
    }

    /// <summary>All shapes of samples, from 2 values on, whose groups hold more than one.</summary>
    private static IEnumerable<SampleShape> Shapes(TensorLayout layout) =>
        from length in Enumerable.Range(2, LongestSample - 1)
        from channels in Divisors(length)
        from groups in Divisors(channels)
        where groups < length
        select new SampleShape(channels, groups, length / channels, layout);

    private static IEnumerable<int> Divisors(int number) => Enumerable.Range(1, number).Where(divisor => number % divisor == 0);
}
