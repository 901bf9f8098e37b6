namespace MLNetGroupNorm.Kernel;

/// <summary>
/// A bool for the compiler: a method with a flag as type parameter is compiled once for <see cref="On"/> and once for <see cref="Off"/>, each
/// where it is first called, without a test inside its loops.
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
