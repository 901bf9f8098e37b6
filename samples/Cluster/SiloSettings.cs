using System.Net;
using System.Net.Sockets;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>What a silo is called, and where others reach it.</summary>
/// <param name="Name">Shown in tables and messages.</param>
/// <param name="Address">The address that other machines reach this one at.</param>
/// <param name="Port">For other silos.</param>
/// <param name="GatewayPort">For clients.</param>
internal sealed record SiloSettings(string Name, IPAddress Address, int Port, int GatewayPort)
{
    public static SiloSettings Loopback(string name) => new(name, IPAddress.Loopback, FreePort(), FreePort());

    /// <summary>The address from which this machine reaches a server; no packet is sent.</summary>
    public static IPAddress AddressTowards(EndPoint server)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(server);
        return ((IPEndPoint)socket.LocalEndPoint!).Address;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
