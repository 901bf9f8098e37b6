using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace MLNetGroupNorm.Samples.Tests.Cluster;

/// <summary>A Redis server of a test's own, on a free port of this machine.</summary>
internal sealed class RedisServer : IDisposable
{
    private readonly Process _process;

    public RedisServer()
    {
        Assert.SkipUnless(IsInstalled(), "redis-server is not installed.");
        using (var listener = new TcpListener(IPAddress.Loopback, 0))
        {
            listener.Start();
            Address = listener.LocalEndpoint.ToString()!;
        }
        var port = IPEndPoint.Parse(Address).Port.ToString(CultureInfo.InvariantCulture);
        string[] arguments = ["--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no"];
        _process = Process.Start(new ProcessStartInfo("redis-server", arguments) { RedirectStandardOutput = true })!;
        while (_process.StandardOutput.ReadLine() is { } line && !line.Contains("Ready to accept connections", StringComparison.Ordinal)) { }
        _process.StandardOutput.ReadToEndAsync();
    }

    public string Address { get; }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    private static bool IsInstalled() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator)
        .Any(folder => File.Exists(Path.Combine(folder, "redis-server")));
}
