namespace MLNetGroupNorm.Kernel;

/// <summary>
/// What is decided when code is compiled: a method with a flag as type parameter is compiled once for <see cref="On"/>, once for
/// <see cref="Off"/>, each only where it is called, and its loops test nothing.
/// </summary>
internal interface IFlag
{
    static abstract bool IsSet { get; }
}

/// <summary>A flag that is set.</summary>
internal readonly struct On : IFlag
{
    public static bool IsSet => true;
}

/// <summary>A flag that is not set.</summary>
internal readonly struct Off : IFlag
{
    public static bool IsSet => false;
}
