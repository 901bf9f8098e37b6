using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using BenchmarkDotNet.Environments;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>What a run found: printed as it comes, and kept as a file of the processor if asked for.</summary>
internal sealed class Report
{
    private readonly StringBuilder _text = new();
    private readonly HostEnvironmentInfo _host = HostEnvironmentInfo.GetCurrent();

#if WITH_TORCH
    private const string Command = "dotnet run -c Release --project tests/MLNetGroupNorm.Benchmarks -p:WithTorch=true --";
#else
    private const string Command = "dotnet run -c Release --project tests/MLNetGroupNorm.Benchmarks --";
#endif

    /// <param name="tables">The tables asked for.</param>
    public Report(IEnumerable<string> tables)
    {
        Write($"# {Processor}, vectors of up to {WidestVector} bit\n");
        Write($"`{Command} {string.Join(' ', tables)}`, {DateTime.UtcNow:yyyy-MM-dd}\n");
        Write($"```\n{string.Join('\n', _host.ToFormattedString())}\n{string.Join('\n', Versions())}\n```\n");
    }

    private string Processor =>
        (_host.Cpu.Value?.ProcessorName ?? "unknown processor").Replace("(R)", "", StringComparison.Ordinal)
            .Replace("(TM)", "", StringComparison.Ordinal);

    private static int WidestVector => Vector512.IsHardwareAccelerated ? 512
        : Vector256.IsHardwareAccelerated ? 256
        : Vector128.IsHardwareAccelerated ? 128
        : 0;

    public static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>A largest error: one digit tells enough.</summary>
    public static string Error(double value) => value.ToString("0e+0", CultureInfo.InvariantCulture);

    public void Section(string title, string text) => Write($"\n## {title}\n\n{text}\n");

    public void Write(object text)
    {
        Console.WriteLine(text);
        _text.Append(text).Append('\n');
    }

    /// <summary>Writes the file; its name is the processor's and its vectors', for different processors share a name.</summary>
    public void Save(string folder)
    {
        string name = string.Join('-', Processor.Split([' ', '@', '/'], StringSplitOptions.RemoveEmptyEntries)) + $"-{WidestVector}-bit";
        string file = Path.Combine(Directory.CreateDirectory(folder).FullName, name + ".md");
        File.WriteAllText(file, _text.ToString());
        Console.WriteLine($"Written to {file}");
    }

    private static IEnumerable<string> Versions()
    {
        yield return $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.ProcessArchitecture}, "
            + $"{(GCSettings.IsServerGC ? "server" : "workstation")} collector, {GCSettings.LatencyMode}";
        var machineLearning = FileVersionInfo.GetVersionInfo(typeof(Microsoft.ML.MLContext).Assembly.Location);
        yield return $"Microsoft.ML {machineLearning.ProductVersion?.Split('+')[0]}, "
            + $"ONNX Runtime {Microsoft.ML.OnnxRuntime.OrtEnv.Instance().GetVersionString()}";
#if WITH_TORCH
        yield return Contenders.Libtorch.Version;
#else
        yield return "libtorch: not built in (-p:WithTorch=true)";
#endif
    }
}
