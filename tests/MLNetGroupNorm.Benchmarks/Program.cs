using BenchmarkDotNet.Running;
using MLNetGroupNorm;
using MLNetGroupNorm.Benchmarks.Measuring;
using MLNetGroupNorm.Benchmarks.Tables;

// In a process that times its first call, nothing else may come before.
if (args is [FirstCall.Argument, var type, var layout])
{
    FirstCall.Run(type, Enum.Parse<TensorLayout>(layout));
    return 0;
}

return RunTables(args);

// What each command does is in README.md beside this file.
static int RunTables(string[] args)
{
    var tables = new Dictionary<string, Action<Report>[]>
    {
        ["table"] = [KernelTable.Run, CoresTable.Run, InputsTable.Run, ByteTable.Run],
        ["first"] = [FirstCallTable.Run],
        ["pipeline"] = [PipelineTable.Run, PredictTable.Run],
        ["limits"] = [LimitsTable.Run],
    };

    string[] asked = [.. args.TakeWhile(tables.ContainsKey)];
    if (asked.Length == 0)
    {
        BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
        return 0;
    }

    if (args[asked.Length..] is not ([] or ["--output", _]))
    {
        Console.Error.WriteLine("usage: [table] [first] [pipeline] [limits] [--output <folder>], or what BenchmarkDotNet takes");
        return 2;
    }

#if DEBUG
    Console.Error.WriteLine("This is a Debug build, whose times say nothing: run it with -c Release.");
#endif
    var report = new Report(asked);
    foreach (var write in asked.SelectMany(name => tables[name]))
        write(report);
    if (args.Length > asked.Length)
        report.Save(args[^1]);
    return 0;
}
