using System.Diagnostics;

namespace MLNetGroupNorm.Samples.Images.Report;

/// <summary>
/// Calls the program Images.Plot. It is one of its own because ScottPlot needs SkiaSharp 3, and ML.NET's image transforms
/// need SkiaSharp 2 (dotnet/machinelearning#7413).
/// </summary>
internal static class PlotProgram
{
    public static void Run(string table, string picture)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "plot", "Images.Plot.dll");
        using var process = Process.Start("dotnet", [program, table, picture]);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"Images.Plot ended with exit code {process.ExitCode}.");
    }
}
