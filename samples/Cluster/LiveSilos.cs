namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>The silos that score, as the membership table has them.</summary>
internal sealed class LiveSilos(IGrainFactory grains)
{
    private static readonly TimeSpan _answerTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The name of each silo by its address.</summary>
    public async Task<IReadOnlyDictionary<SiloAddress, string>> Read(CancellationToken cancellation)
    {
        var hosts = await grains.GetGrain<IManagementGrain>(0).GetDetailedHosts(onlyActive: true, cancellation).WaitAsync(_answerTimeout, cancellation);
        return hosts.Where(host => host.SiloName != Hosts.TableHolder).ToDictionary(host => host.SiloAddress, host => host.SiloName);
    }
}
