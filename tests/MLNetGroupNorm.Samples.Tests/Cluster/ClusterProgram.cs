using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace MLNetGroupNorm.Samples.Tests.Cluster;

/// <summary>The sample in a process of its own, in one of its roles.</summary>
internal sealed class ClusterProgram : IDisposable
{
    private static readonly TimeSpan _timeout = TimeSpan.FromMinutes(4);

    private readonly Process _process;
    private readonly StringBuilder _output = new();

    public ClusterProgram(params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Cluster.dll");
        _process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [program, .. arguments])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>The processes that this one started and that still run.</summary>
    public IReadOnlyList<Process> Children() =>
    [
        .. Process.GetProcesses().Where(process =>
        {
            try
            {
                // "pid (name) state parent ...", and the name may hold spaces
                var status = File.ReadAllText($"/proc/{process.Id}/stat");
                return status[(status.LastIndexOf(')') + 2)..].Split(' ')[1] == _process.Id.ToString(CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                return false; // ended since
            }
        }),
    ];

    public void Kill() => _process.Kill();

    public void Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public async Task<int> ExitCode()
    {
        await _process.WaitForExitAsync(Cancellation).WaitAsync(_timeout, Cancellation);
        return _process.ExitCode;
    }

    /// <summary>Waits for something to happen while this program runs.</summary>
    public async Task WaitFor(Func<bool> condition, string what)
    {
        for (var waiting = Stopwatch.StartNew(); !condition(); await Task.Delay(50, Cancellation))
            Assert.True(waiting.Elapsed < _timeout && !_process.HasExited, $"Waited for {what}. Output: {Output}");
    }

    public Task WaitForOutput(string text) => WaitFor(() => Output.Contains(text, StringComparison.Ordinal), text);

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output) _output.AppendLine(line.Data);
    }
}
