using Spectre.Console;

namespace MLNetGroupNorm.Samples.FeatureMaps;

/// <summary>Says what goes on: a spinner on a terminal, a line where output is not one.</summary>
internal static class Progress
{
    public static T Of<T>(string what, Func<T> work)
    {
        if (AnsiConsole.Profile.Out.IsTerminal)
            return AnsiConsole.Status().Start($"{what} ...", _ => work());
        Console.WriteLine($"{what} ...");
        return work();
    }
}
