using System.Diagnostics;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>
/// Ends a silo that the others have given up: one that was frozen or cut off, and is back. It may not go on, as its place is
/// taken. Orleans' own handler does the same with a stack trace and a crash report.
/// </summary>
internal sealed class FatalErrors : IFatalErrorHandler
{
    public bool IsUnexpected(Exception exception) => true;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        Console.Error.WriteLine($"{context} {exception?.Message}");
        using var process = Process.GetCurrentProcess();
        process.Kill();
    }
}
