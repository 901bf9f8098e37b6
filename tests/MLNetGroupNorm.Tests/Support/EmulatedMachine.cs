using System.Reflection;

namespace MLNetGroupNorm.Tests.Support;

/// <summary>The machine that these tests were published for with <c>-p:EmulatedMachine</c>, if any: an emulator runs them.</summary>
internal static class EmulatedMachine
{
    /// <summary>Its runtime identifier, or <see langword="null"/> where the tests run on the machine that built them.</summary>
    public static string? Name { get; } = typeof(EmulatedMachine).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .SingleOrDefault(metadata => metadata.Key == nameof(EmulatedMachine))?.Value;

    /// <summary>Skips a test that starts a process: the emulator is not between the system and that one.</summary>
    public static void SkipTestOfAnotherProcess() =>
        Assert.SkipWhen(Name is not null, $"Published for an emulated {Name}: what starts a process here would start it without the emulator.");
}
