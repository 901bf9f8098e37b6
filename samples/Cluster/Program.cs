using System.Runtime.InteropServices;
using MLNetGroupNorm.Samples;
using MLNetGroupNorm.Samples.Cluster;

const int Stopped = 130; // as shells have it

if (args is ["--help"])
{
    Console.WriteLine(Arguments.Usage);
    return 0;
}
Arguments arguments;
try
{
    arguments = Arguments.Parse(args);
}
catch (FormatException exception)
{
    Console.Error.WriteLine(exception.Message);
    Console.Error.WriteLine(Arguments.Usage);
    return 2;
}

using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    signal.Cancel = !stop.IsCancellationRequested; // a second Ctrl+C does not wait
    stop.Cancel();
}
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

try
{
    if (arguments.Cluster.Redis is not null) await arguments.Cluster.CheckRedis();
    if (arguments.Role == Role.Silo)
        return await SiloRole.Run(arguments.Cluster, arguments.Silo(), arguments.UntilInputEnds, stop.Token);

    var folder = SampleFolder.Out("Cluster.csproj");
    var data = Data.Make(folder);
    return arguments.Role == Role.Client
        ? await ClientRole.Run(arguments.Cluster, data, arguments.Rows, arguments.Results ?? Path.Combine(folder, "scores.bin"), stop.Token)
        : await Demo.Run(arguments.Cluster.Redis, data, folder, stop.Token);
}
catch (Exception) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Stopped.");
    return Stopped;
}
catch (Exception exception)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}
