using System.Net.Sockets;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>A silo, until it is told to stop.</summary>
internal static class SiloRole
{
    public static async Task<int> Run(ClusterSettings cluster, SiloSettings silo, bool untilInputEnds, CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (untilInputEnds)
        {
            // From the start on: also a silo that cannot join must not outlive who started it.
            _ = Task.Run(() =>
            {
                while (Console.In.Read() >= 0) { }
                stop.Cancel();
            }, CancellationToken.None);
        }
        using var host = Hosts.Silo(cluster, silo);
        try
        {
            await host.StartAsync(stop.Token);
        }
        catch (Exception exception) when (exception.GetBaseException() is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
        {
            throw new InvalidOperationException($"Port {silo.Port} or {silo.GatewayPort} of {silo.Address} is in use. Name another: --port {silo.Port + 10}", exception);
        }
        Console.WriteLine($"{silo.Name} is at {silo.Address}:{silo.Port}, clients at {silo.GatewayPort}. Ctrl+C stops it.");
        await Task.Delay(Timeout.Infinite, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await host.StopAsync(CancellationToken.None);
        ScoringReport.WriteMemory();
        return 0;
    }
}
