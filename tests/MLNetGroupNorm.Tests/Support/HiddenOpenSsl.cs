namespace MLNetGroupNorm.Tests.Support;

/// <summary>
/// Runs a command as on a Linux without OpenSSL: in mounts of its own, where an empty file lies over each libssl. Elsewhere nothing
/// of it shows.
/// </summary>
internal static class HiddenOpenSsl
{
    private const string Script = """
        for file in /lib*/libssl.so* /lib*/*/libssl.so* /usr/lib*/libssl.so* /usr/lib*/*/libssl.so* /usr/local/lib*/libssl.so*; do
            [ ! -e "$file" ] || mount --bind /dev/null "$file" || exit
        done
        exec "$@"
        """;

    // Root may mount at once; others as the root of a user namespace, where the system gives them one.
    private static readonly string[][] _namespaces = [["--mount"], ["--mount", "--map-root-user"]];

    private static readonly Lazy<(string[]? Namespace, string Reason)> _found = new(Find);

    /// <summary>Skips a test where mounts of its own are not allowed, and says what the system said.</summary>
    public static void SkipTestWhereNotAllowed() => Assert.SkipWhen(_found.Value.Namespace is null, _found.Value.Reason);

    /// <summary>What the command ended with, and what it wrote.</summary>
    public static (int ExitCode, string Output) Run(string directory, string program, params string[] arguments) =>
        Run(_found.Value.Namespace!, directory, [program, .. arguments]);

    private static (int ExitCode, string Output) Run(string[] ofNamespace, string directory, string[] command)
    {
        var (exitCode, output, error) = DotnetCommand.Try(directory, "unshare", [.. ofNamespace, "sh", "-c", Script, "sh", .. command]);
        return (exitCode, exitCode == 0 ? output : output + error);
    }

    private static (string[]? Namespace, string Reason) Find()
    {
        if (!OperatingSystem.IsLinux())
            return (null, "Only Linux has mounts of a process's own, and takes SHA-256 from OpenSSL.");
        string reason = "";
        foreach (string[] ofNamespace in _namespaces)
        {
            var (exitCode, output) = Run(ofNamespace, Path.GetTempPath(), ["true"]);
            if (exitCode == 0)
                return (ofNamespace, "");
            reason = $"OpenSSL cannot be hidden here: {output}";
        }

        return (null, reason);
    }
}
