namespace MLNetGroupNorm;

/// <summary>Exceptions about arguments, all of one form: what was given, what is allowed, how to mend it.</summary>
internal static class Error
{
    public static ArgumentException Argument(string parameter, string message) => new(message, parameter);

    public static ArgumentOutOfRangeException OutOfRange<T>(string parameter, T value, string message) =>
        new(parameter, value, message);
}
