namespace MLNetGroupNorm.Benchmarks.Contenders;

/// <summary>This library.</summary>
internal sealed class Ours(Workload workload, bool hasParameters = true, int cores = 1) : Contender(workload)
{
    private readonly GroupNormAffine? _affine = hasParameters ? workload.Affine : null;

    public override bool HasParameters => hasParameters;

    public override void Run()
    {
        var shape = Workload.Shape;
        if (Workload.BatchSize == 1)
            GroupNormalization.Normalize(Workload.Input.Span, Workload.Output.Span, shape.Channels, shape.Groups, Sample.Epsilon,
                _affine, Workload.Layout);
        else
            GroupNormalization.NormalizeBatch(Workload.Input, Workload.Output, Workload.BatchSize, shape.Channels, shape.Groups,
                Sample.Epsilon, _affine, Workload.Layout, cores);
    }
}
