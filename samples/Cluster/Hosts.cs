using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>The hosts of the three roles.</summary>
internal static class Hosts
{
    /// <summary>The name of the silo that only holds the membership table.</summary>
    public const string TableHolder = "membership table";

    private static readonly TimeSpan _shutdownTimeout = TimeSpan.FromSeconds(5);

    /// <summary>A silo that scores.</summary>
    public static IHost Silo(ClusterSettings cluster, SiloSettings silo) => Build(builder => builder
        .AddFilter(null, LogLevel.Warning)
        .AddFilter("Orleans.Runtime.Silo", LogLevel.None) // what keeps a silo from starting is told by the program
        .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
        .AddSimpleConsole(options => options.TimestampFormat = "HH:mm:ss "), orleans =>
        {
            cluster.Configure(orleans);
            Configure(orleans, silo);
        });

    /// <summary>A silo that scores nothing and holds the membership table of a cluster without Redis.</summary>
    public static IHost MembershipTable(ClusterSettings cluster, SiloSettings silo) => Build(_ => { }, orleans =>
    {
        cluster.Configure(orleans);
        Configure(orleans, silo);
        orleans.Services.PostConfigure<GrainTypeOptions>(options => options.Classes.Remove(typeof(ScorerGrain)));
    });

    /// <summary>A client from outside of the cluster.</summary>
    public static IHost Client(ClusterSettings cluster)
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        builder.UseOrleansClient(cluster.Configure);
        return builder.Build();
    }

    private static void Configure(ISiloBuilder orleans, SiloSettings silo)
    {
        orleans.Configure<SiloOptions>(options => options.SiloName = silo.Name);
        orleans.ConfigureEndpoints(silo.Address, silo.Port, silo.GatewayPort, listenOnAnyHostAddress: false);
    }

    private static IHost Build(Action<ILoggingBuilder> logging, Action<ISiloBuilder> orleans)
    {
        var builder = Host.CreateEmptyApplicationBuilder(settings: null);
        logging(builder.Logging);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = _shutdownTimeout);
        builder.Services.AddSingleton<IFatalErrorHandler, FatalErrors>();
        builder.UseOrleans(orleans);
        return builder.Build();
    }
}
