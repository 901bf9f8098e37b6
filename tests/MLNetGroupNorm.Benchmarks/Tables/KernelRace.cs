using System.Numerics;
using MLNetGroupNorm.Benchmarks.Contenders;
using MLNetGroupNorm.Benchmarks.Measuring;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>All contenders on one shape, type and batch size, checked first and then timed in one race with a plain copy.</summary>
internal sealed class KernelRace
{
    /// <summary>Runs over which allocation is counted.</summary>
    private const int AllocationRuns = 10;

    private readonly Dictionary<string, double> _ratios = [];
    private readonly Dictionary<string, (double Normal, double Hard)> _errors = [];

    private KernelRace()
    {
    }

    public double CopySeconds { get; private init; }

    /// <summary>The most that this library allocated.</summary>
    public long AllocatedBytes { get; private init; }

    public static KernelRace Run<T>(TensorShape shape, int batchSize, IEnumerable<Column<T>> columns, Sample normal, Sample hard,
        TimeSpan duration)
        where T : unmanaged, IFloatingPointIeee754<T>
    {
        var first = new Workload<T>(shape, TensorLayout.ChannelsFirst, batchSize);
        var last = new Workload<T>(shape, TensorLayout.ChannelsLast, batchSize, first);
        var contenders = columns.Where(column => column.Layout == TensorLayout.ChannelsFirst || shape.HasLayouts)
            .Select(column => (column.Name, Contender: column.Create(column.Layout == TensorLayout.ChannelsFirst ? first : last)))
            .ToArray();
        var errors = contenders.Select(entry =>
        {
            double hardError = entry.Contender.LargestError(hard);
            return (entry.Contender.LargestError(normal), hardError);
        }).ToArray();

        Action[] pieces =
            [() => first.Input.Span.CopyTo(first.Output.Span), .. contenders.Select(entry => (Action)entry.Contender.Run)];
        double[] seconds = batchSize == 1 ? Race.InCache(duration, pieces) : Race.InMemory(duration, pieces);
        var race = new KernelRace
        {
            CopySeconds = seconds[0],
            AllocatedBytes = contenders.Select(entry => entry.Contender).OfType<Ours<T>>()
                .Max(ours => ours.AllocatedBytes(AllocationRuns)),
        };
        for (int i = 0; i < contenders.Length; i++)
        {
            race._ratios[contenders[i].Name] = seconds[i + 1] / seconds[0];
            race._errors[contenders[i].Name] = errors[i];
            contenders[i].Contender.Dispose();
        }

        return race;
    }

    /// <summary>A contender's time as a multiple of the copy's; not a number where it does not run on this shape.</summary>
    public double Ratio(string name) => _ratios.GetValueOrDefault(name, double.NaN);

    public (double Normal, double Hard) Errors(string name) => _errors.GetValueOrDefault(name, (double.NaN, double.NaN));
}
