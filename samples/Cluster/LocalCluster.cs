using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>
/// A cluster on this machine: silos in processes of their own, each replaced when it ends, and this process. Without Redis this
/// process holds the membership table, as a silo that scores nothing: so the loss of any silo that scores is survived.
/// </summary>
internal sealed class LocalCluster : IAsyncDisposable
{
    private static readonly TimeSpan _startTimeout = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _stopTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan _readPeriod = TimeSpan.FromSeconds(0.1);
    private static readonly TimeSpan _replacementPause = TimeSpan.FromSeconds(0.5);

    private readonly ClusterSettings _settings;
    private readonly string _folder;
    private readonly IHost _host;
    private readonly List<SiloProcess> _silos = [];
    private readonly CancellationTokenSource _stopping = new();
    private int _started;

    private LocalCluster(ClusterSettings settings, string folder, IHost host) => (_settings, _folder, _host) = (settings, folder, host);

    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>The processor time of all silos that run.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            lock (_silos) return _silos.Aggregate(TimeSpan.Zero, (sum, silo) => sum + silo.ProcessorTime);
        }
    }

    /// <summary>Starts with one silo.</summary>
    /// <param name="redis">The Redis server that holds the membership table. Null: this process does.</param>
    /// <param name="folder">Where the silos' logs go.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<LocalCluster> Start(string? redis, string folder, CancellationToken cancellation)
    {
        var id = Guid.NewGuid().ToString("N"); // a Redis may still know silos of an earlier run
        if (redis is null)
        {
            var table = SiloSettings.Loopback(Hosts.TableHolder);
            var settings = new ClusterSettings(id, Primary: new(table.Address, table.Port));
            var cluster = new LocalCluster(settings, folder, Hosts.MembershipTable(settings, table));
            await cluster._host.StartAsync(cancellation);
            await cluster.AddSilo(cancellation);
            return cluster;
        }
        else
        {
            var settings = new ClusterSettings(id, redis);
            var cluster = new LocalCluster(settings, folder, Hosts.Client(settings));
            cluster.StartProcess(); // a client needs a silo to talk to
            await cluster._host.StartAsync(cancellation);
            await cluster.WaitFor(1, cancellation);
            return cluster;
        }
    }

    /// <summary>Starts another silo, and waits until it is in the cluster.</summary>
    public async Task AddSilo(CancellationToken cancellation)
    {
        StartProcess();
        int count;
        lock (_silos) count = _silos.Count;
        await WaitFor(count, cancellation);
    }

    /// <summary>Kills one of the silos, which is replaced by a new one.</summary>
    /// <returns>Its name.</returns>
    public string KillOne()
    {
        SiloProcess silo;
        lock (_silos) silo = _silos[_silos.Count / 2];
        silo.Kill();
        return silo.Name;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        SiloProcess[] silos;
        lock (_silos) silos = [.. _silos];
        await Task.WhenAll(silos.Select(silo => silo.Stop(_stopTimeout)));
        foreach (var silo in silos) silo.Dispose();
        await _host.StopAsync();
        _host.Dispose();
        _stopping.Dispose();
    }

    private void StartProcess()
    {
        lock (_silos)
        {
            if (_stopping.IsCancellationRequested) return;
            var name = string.Create(CultureInfo.InvariantCulture, $"silo {++_started}");
            var silo = new SiloProcess(name, _settings, _folder);
            _silos.Add(silo);
            _ = Replace(silo);
        }
    }

    private async Task Replace(SiloProcess silo)
    {
        await silo.Ended;
        if (_stopping.IsCancellationRequested) return;
        lock (_silos) _silos.Remove(silo);
        silo.Dispose();
        await Task.Delay(_replacementPause); // for the case that each ends at once
        StartProcess();
    }

    private async Task WaitFor(int count, CancellationToken cancellation)
    {
        var live = new LiveSilos(Grains);
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                if ((await live.Read(cancellation)).Count >= count) return;
            }
            catch (Exception) when (!cancellation.IsCancellationRequested)
            {
                // no silo answers yet
            }
            if (TimeProvider.System.GetElapsedTime(started) > _startTimeout)
                throw new TimeoutException($"{count} silos were not in the cluster after {_startTimeout.TotalSeconds} seconds: see the logs in {_folder}.");
            await Task.Delay(_readPeriod, cancellation);
        }
    }
}
