using System.Numerics;

namespace MLNetGroupNorm.Benchmarks.Contenders;

/// <summary>This library.</summary>
internal sealed class Ours<T>(Workload<T> workload, bool hasParameters = true, int cores = 1) : Contender<T>(workload)
    where T : unmanaged, IFloatingPointIeee754<T>
{
    private readonly GroupNormAffine? _affine = hasParameters ? workload.Affine : null;

    public override bool HasParameters => hasParameters;

    public override void Run()
    {
        var shape = Workload.Shape;
        if ((object)Workload is Workload<double> doubles)
            for (int start = 0; start < doubles.Input.Length; start += shape.Length)
                GroupNormalization.Normalize(doubles.Input.Span.Slice(start, shape.Length),
                    doubles.Output.Span.Slice(start, shape.Length), shape.Channels, shape.Groups, Sample.Epsilon, _affine,
                    doubles.Layout);
        else if ((object)Workload is Workload<float> { BatchSize: 1 } one)
            GroupNormalization.Normalize(one.Input.Span, one.Output.Span, shape.Channels, shape.Groups, Sample.Epsilon, _affine,
                one.Layout);
        else if ((object)Workload is Workload<float> floats)
            GroupNormalization.NormalizeBatch(floats.Input, floats.Output, floats.BatchSize, shape.Channels, shape.Groups,
                Sample.Epsilon, _affine, floats.Layout, cores);
    }
}
