using System.Globalization;
using System.Net;
using StackExchange.Redis;

namespace MLNetGroupNorm.Samples.Cluster;

internal enum Role
{
    Demo,
    Silo,
    Client,
}

/// <summary>The command line.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        Usage: Cluster [--redis HOST:PORT]            three silos on this machine, of which one is killed
               Cluster --silo --redis HOST:PORT       a silo that scores for whoever asks; Ctrl+C stops it
                   [--address IP] [--port PORT]       where others reach it; clients at PORT + 1 (11111 and 11112)
                   [--name NAME]                      its name in tables and messages
               Cluster --client --redis HOST:PORT     scores on all silos there are
                   [--rows N]                         how many: the 10,000 pictures over and over (10,000)
                   [--results FILE]                   where to; started again, it goes on (out/scores.bin)
        Each [--cluster ID]: silos and clients of one id work together.
        """;

    private const int DefaultPort = 11111;

    public Role Role { get; private set; }

    public ClusterSettings Cluster { get; private set; } = new("scoring");

    public IPAddress? Address { get; private set; }

    public int Port { get; private set; } = DefaultPort;

    public string? Name { get; private set; }

    public bool UntilInputEnds { get; private set; }

    public long? Rows { get; private set; }

    public string? Results { get; private set; }

    /// <exception cref="FormatException">What is wrong.</exception>
    public static Arguments Parse(IReadOnlyList<string> args)
    {
        var parsed = new Arguments();
        for (var i = 0; i < args.Count; i++)
        {
            string Value() => ++i < args.Count ? args[i] : throw new FormatException($"{args[i - 1]} needs a value.");
            switch (args[i])
            {
                case "--silo":
                    parsed.Role = Role.Silo;
                    break;
                case "--client":
                    parsed.Role = Role.Client;
                    break;
                case "--until-input-ends": // what a silo is told by the process that starts it
                    parsed.UntilInputEnds = true;
                    break;
                case "--redis":
                    parsed.Cluster = parsed.Cluster with { Redis = Value() };
                    break;
                case "--primary":
                    parsed.Cluster = parsed.Cluster with { Primary = IPEndPoint.Parse(Value()) };
                    break;
                case "--cluster":
                    parsed.Cluster = parsed.Cluster with { Id = Value() };
                    break;
                case "--address":
                    parsed.Address = IPAddress.TryParse(Value(), out var address)
                        ? address
                        : throw new FormatException($"--address takes an IP address, not {args[i]}.");
                    break;
                case "--port":
                    parsed.Port = (int)Number("--port", Value(), most: IPEndPoint.MaxPort - 1);
                    break;
                case "--name":
                    parsed.Name = Value();
                    break;
                case "--rows":
                    parsed.Rows = Number("--rows", Value(), most: long.MaxValue / 1024);
                    break;
                case "--results":
                    parsed.Results = Value();
                    break;
                default:
                    throw new FormatException($"{args[i]} is not known.");
            }
        }
        if (parsed.Role != Role.Demo && parsed.Cluster is { Redis: null, Primary: null })
            throw new FormatException($"--{parsed.Role.ToString().ToLowerInvariant()} needs --redis HOST:PORT, by which silos and clients find each other.");
        return parsed;
    }

    /// <summary>The silo that the arguments describe; port 0 is any free one, on loopback only.</summary>
    public SiloSettings Silo()
    {
        var name = Name ?? $"{Environment.MachineName}:{Port}";
        if (Port == 0) return SiloSettings.Loopback(name);
        var address = Address ?? SiloSettings.AddressTowards(ConfigurationOptions.Parse(Cluster.Redis!).EndPoints[0]);
        return new SiloSettings(name, address, Port, Port + 1);
    }

    private static long Number(string name, string value, long most) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most
            ? number
            : throw new FormatException($"{name} takes a whole number of at most {most}, not {value}.");
}
