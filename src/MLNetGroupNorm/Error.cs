using Microsoft.ML.Runtime;

namespace MLNetGroupNorm;

/// <summary>Exceptions about arguments, marked as ML.NET's own are, so that tools that know those treat these alike.</summary>
internal static class Error
{
    public static ArgumentException Argument(string parameter, string message) =>
        Contracts.Process(new ArgumentException(message, parameter));

    public static ArgumentOutOfRangeException OutOfRange<T>(string parameter, T value, string message) =>
        Contracts.Process(new ArgumentOutOfRangeException(parameter, value, message));
}
