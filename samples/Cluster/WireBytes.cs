using System.Diagnostics.Metrics;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>Counts what this process sends to silos and receives from them, by Orleans' own meter.</summary>
internal sealed class WireBytes : IDisposable
{
    private readonly MeterListener _listener = new();
    private long _sent;
    private long _received;

    public WireBytes()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name is "orleans-messaging-sent-messages-size" or "orleans-messaging-received-messages-size")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((instrument, bytes, _, _) =>
            Interlocked.Add(ref instrument.Name.Contains("sent") ? ref _sent : ref _received, bytes));
        _listener.Start();
    }

    public long Sent => Interlocked.Read(ref _sent);

    public long Received => Interlocked.Read(ref _received);

    public void Dispose() => _listener.Dispose();
}
