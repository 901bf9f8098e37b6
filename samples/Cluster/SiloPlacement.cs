using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>
/// Places a grain on the silo that its key names. So the client decides where a batch goes, and gives each silo as many as it
/// works off; stateless workers would stay on the silo whose gateway the client came through.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SiloPlacementAttribute() : PlacementAttribute(new SiloPlacement());

/// <summary>Nothing to look up: the key says where the grain is, so that no other silo's loss can make it unknown.</summary>
[GenerateSerializer]
internal sealed class SiloPlacement : PlacementStrategy
{
    public override bool IsUsingGrainDirectory => false;
}

internal sealed class SiloPlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silo = SiloAddress.FromParsableString(target.GrainIdentity.Key.ToString()!);
        return context.GetCompatibleSilos(target).Contains(silo)
            ? Task.FromResult(silo)
            : throw new SiloUnavailableException($"{silo} is not in the cluster.");
    }
}
