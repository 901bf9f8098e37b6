using MLNetGroupNorm.Benchmarks.Contenders;
using MLNetGroupNorm.Benchmarks.Measuring;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>All contenders on one shape and batch size, checked first and then timed in one race with a plain copy.</summary>
internal sealed class KernelRace
{
    /// <summary>Runs over which allocation is counted.</summary>
    private const int AllocationRuns = 10;

    private readonly Dictionary<string, double> _ratios = [];
    private readonly Dictionary<string, (double Normal, double Hard)> _errors = [];

    public KernelRace(TensorShape shape, int batchSize, Sample normal, Sample hard, TimeSpan duration)
    {
        var first = new Workload(shape, TensorLayout.ChannelsFirst, batchSize);
        var last = new Workload(shape, TensorLayout.ChannelsLast, batchSize, first);
        var contenders = Columns.ChannelsFirst.Select(column => (column.Name, Contender: column.Create(first)))
            .Concat(Columns.ChannelsLast.Where(_ => shape.HasLayouts).Select(column => (column.Name, Contender: column.Create(last))))
            .ToArray();
        foreach (var (name, contender) in contenders)
        {
            double hardError = contender.LargestError(hard);
            _errors[name] = (contender.LargestError(normal), hardError);
        }

        Action[] pieces = [() => first.Input.Span.CopyTo(first.Output.Span), .. contenders.Select(entry => (Action)entry.Contender.Run)];
        double[] seconds = batchSize == 1 ? Race.InCache(duration, pieces) : Race.InMemory(duration, pieces);
        CopySeconds = seconds[0];
        for (int i = 0; i < contenders.Length; i++)
            _ratios[contenders[i].Name] = seconds[i + 1] / CopySeconds;

        AllocatedBytes = contenders.Select(entry => entry.Contender).OfType<Ours>().Max(ours => ours.AllocatedBytes(AllocationRuns));
        foreach (var (_, contender) in contenders)
            contender.Dispose();
    }

    public double CopySeconds { get; }

    /// <summary>The most that this library allocated.</summary>
    public long AllocatedBytes { get; }

    /// <summary>A contender's time as a multiple of the copy's; not a number where it does not run on this shape.</summary>
    public double Ratio(string name) => _ratios.GetValueOrDefault(name, double.NaN);

    public (double Normal, double Hard) Errors(string name) => _errors.GetValueOrDefault(name, (double.NaN, double.NaN));
}
