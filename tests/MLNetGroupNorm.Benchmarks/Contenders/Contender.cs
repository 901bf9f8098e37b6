using System.Numerics;

namespace MLNetGroupNorm.Benchmarks.Contenders;

/// <summary>A way to normalize a <see cref="Workload{T}"/>.</summary>
internal abstract class Contender<T>(Workload<T> workload) : IDisposable
    where T : unmanaged, IFloatingPointIeee754<T>
{
    protected Workload<T> Workload => workload;

    /// <summary>Whether weight and bias are applied.</summary>
    public virtual bool HasParameters => true;

    /// <summary>What is timed: from the workload's input to its output, or to memory of the contender's own.</summary>
    public abstract void Run();

    /// <summary>Takes the workload's input over, for a contender with memory of its own.</summary>
    protected virtual void Load()
    {
    }

    /// <summary>Puts results into the workload's output, for a contender with memory of its own.</summary>
    protected virtual void Fetch()
    {
    }

    /// <summary>The largest error of a run on a sample, which stays the workload's input.</summary>
    public double LargestError(Sample sample)
    {
        workload.Fill(sample);
        workload.Output.Span.Fill(T.NaN);
        Load();
        Run();
        Fetch();
        return workload.LargestError(sample, HasParameters);
    }

    /// <summary>What runs allocate on this thread, in managed memory.</summary>
    public long AllocatedBytes(int runs)
    {
        Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < runs; i++)
            Run();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    public virtual void Dispose() => GC.SuppressFinalize(this);
}
