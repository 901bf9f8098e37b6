using System.Diagnostics;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>A silo in a process of its own on this machine. It ends with the process that started it, however that ends.</summary>
internal sealed class SiloProcess : IDisposable
{
    private readonly Process _process;
    private readonly StreamWriter _log;

    /// <param name="name">The silo's name.</param>
    /// <param name="cluster">The cluster that it joins.</param>
    /// <param name="folder">Where its output goes, into a file of its name.</param>
    public SiloProcess(string name, ClusterSettings cluster, string folder)
    {
        Name = name;
        LogPath = Path.Combine(folder, name + ".log");
        _log = new StreamWriter(LogPath) { AutoFlush = true };
        string[] meeting = cluster.Redis is null ? ["--primary", cluster.Primary!.ToString()] : ["--redis", cluster.Redis];
        _process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [
                typeof(SiloProcess).Assembly.Location, "--silo", .. meeting, "--cluster", cluster.Id, "--name", name,
                "--port", "0", "--until-input-ends"])
            {
                RedirectStandardInput = true, // closed by the system when this process is gone
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        _process.OutputDataReceived += Log;
        _process.ErrorDataReceived += Log;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Name { get; }

    public string LogPath { get; }

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.HasExited ? TimeSpan.Zero : _process.TotalProcessorTime;
        }
    }

    public Task Ended => _process.WaitForExitAsync();

    /// <summary>Ends it in the middle of what it does: SIGKILL.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Lets it leave the cluster, and kills it if that takes too long.</summary>
    public async Task Stop(TimeSpan timeout)
    {
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(timeout);
        }
        catch (TimeoutException)
        {
            _process.Kill();
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _log.Dispose();
    }

    private void Log(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null) return;
        lock (_log) _log.WriteLine(line.Data);
    }
}
