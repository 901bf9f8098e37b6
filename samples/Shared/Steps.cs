using System.Diagnostics;
using System.Globalization;
using Spectre.Console;

namespace MLNetGroupNorm.Samples;

/// <summary>Work that takes a while: a progress bar in a terminal, a plain line every two seconds elsewhere.</summary>
internal static class Steps
{
    private static readonly TimeSpan _betweenLines = TimeSpan.FromSeconds(2);

    /// <summary>Does the work, which tells the share that is done, 0 to 1, as it goes, from any thread.</summary>
    public static T Run<T>(string title, Func<Action<double>, T> work) =>
        AnsiConsole.Profile.Out.IsTerminal ? RunWithBar(title, work) : RunWithLines(title, work);

    /// <summary>The same for work that gives nothing back.</summary>
    public static void Run(string title, Action<Action<double>> work) => Run(title, progress =>
    {
        work(progress);
        return true;
    });

    private static T RunWithBar<T>(string title, Func<Action<double>, T> work) => AnsiConsole.Progress().Start(context =>
    {
        var task = context.AddTask(Markup.Escape(title));
        var result = work(share => task.Value = share * task.MaxValue);
        task.Value = task.MaxValue;
        return result;
    });

    private static T RunWithLines<T>(string title, Func<Action<double>, T> work)
    {
        Console.WriteLine($"{title} ...");
        var sinceLine = Stopwatch.StartNew();
        var oneAtATime = new Lock();
        return work(share =>
        {
            lock (oneAtATime)
            {
                if (sinceLine.Elapsed < _betweenLines) return;
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{title} ... {100 * share:0} %"));
                sinceLine.Restart();
            }
        });
    }
}
