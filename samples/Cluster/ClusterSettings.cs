using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Clustering.Redis;
using Orleans.Configuration;
using StackExchange.Redis;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>How silos and clients find each other.</summary>
/// <param name="Id">Silos and clients of another id are another cluster, also on the same Redis.</param>
/// <param name="Redis">The server that holds the membership table, as StackExchange.Redis writes it: HOST:PORT,password=...</param>
/// <param name="Primary">Without Redis: the silo that holds the membership table in its memory.</param>
internal sealed record ClusterSettings(string Id, string? Redis = null, IPEndPoint? Primary = null)
{
    private static readonly TimeSpan _probeTimeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _refreshPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _connectTimeout = TimeSpan.FromMinutes(2);

    /// <summary>A call that takes longer has failed. A batch takes milliseconds.</summary>
    public static TimeSpan ResponseTimeout { get; } = TimeSpan.FromSeconds(10);

    /// <summary>The Redis server as messages name it, without its password.</summary>
    public string RedisName => ConfigurationOptions.Parse(Redis!).ToString(includePassword: false);

    /// <summary>Tries Redis beforehand: Orleans would tell of it in pages of log.</summary>
    /// <exception cref="InvalidOperationException">It does not answer.</exception>
    public async Task CheckRedis()
    {
        try
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync(Redis!);
        }
        catch (RedisConnectionException exception)
        {
            throw new InvalidOperationException($"No Redis server answers at {RedisName}. Is it running, does its firewall let "
                + $"this machine in, is the password right? {exception.Message.Split(". ")[0]}.", exception);
        }
    }

    /// <summary>The silo's part: where the table is, when a silo is taken for lost, and what a silo needs to score.</summary>
    public void Configure(ISiloBuilder silo)
    {
        silo.Configure<ClusterOptions>(Configure);
        if (Redis is null)
            silo.UseDevelopmentClustering(Primary);
        else
            silo.UseRedisClustering(Configure);
        ConfigureScoring(silo);
    }

    /// <summary>What a silo of any cluster needs to score, and to notice a lost one within seconds.</summary>
    public static void ConfigureScoring(ISiloBuilder silo)
    {
        silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = ResponseTimeout);
        silo.Configure<ClusterMembershipOptions>(options =>
        {
            // Three probes in a row that are refused, a second apart, as from a process that is gone; or three that stay
            // unanswered, and no other message for three times the longest timeout, as from one that is frozen.
            options.ProbeTimeout = _probeTimeout;
            options.MaxProbeTimeout = 2 * _probeTimeout;
            options.TableRefreshTimeout = 2 * _refreshPeriod;
            // Silos that all died at once are given up after three of these, and do not keep new ones from joining.
            options.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(3);
        });
        silo.Services.AddPlacementDirector<SiloPlacement, SiloPlacementDirector>();
        silo.Services.AddSingleton<ModelStore>();
    }

    /// <summary>The client's part.</summary>
    public void Configure(IClientBuilder client)
    {
        client.Configure<ClusterOptions>(Configure);
        client.UseRedisClustering(Configure);
        ConfigureScoring(client);
        var started = TimeProvider.System.GetTimestamp();
        client.UseConnectionRetryFilter(async (exception, cancellation) =>
        {
            await Task.Delay(_refreshPeriod, cancellation);
            return TimeProvider.System.GetElapsedTime(started) < _connectTimeout
                ? true
                : throw new TimeoutException(
                    $"No silo answered within {_connectTimeout.TotalSeconds} s. Start one: --silo --redis {RedisName}", exception);
        });
    }

    /// <summary>What a client of any cluster needs to go on when a silo is lost.</summary>
    public static void ConfigureScoring(IClientBuilder client)
    {
        client.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = ResponseTimeout);
        client.Configure<GatewayOptions>(options => options.GatewayListRefreshPeriod = _refreshPeriod);
    }

    private void Configure(ClusterOptions options)
    {
        options.ClusterId = Id;
        options.ServiceId = nameof(Cluster);
    }

    private void Configure(RedisClusteringOptions options) => options.ConfigurationOptions = ConfigurationOptions.Parse(Redis!);
}
