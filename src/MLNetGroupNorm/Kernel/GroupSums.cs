using System.Runtime.CompilerServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>Σd and Σd² over a group, d = x − shift, added up block by block so that nothing is lost between blocks.</summary>
internal struct GroupSums
{
    private Compensated _sum;
    private Compensated _squares;

    public void Add(double sum, double squares)
    {
        _sum += sum;
        _squares += squares;
    }

    /// <summary>Adds the values from <paramref name="start"/> to before <paramref name="end"/>, as they are.</summary>
    public void Add<T>(ref T x, nuint start, nuint end)
        where T : unmanaged
    {
        for (; start < end; start += BlockSums.Length)
            Add(BlockSums.Of(ref Unsafe.Add(ref x, start), Math.Min(end - start, BlockSums.Length)));
    }

    /// <summary>The same of the values less <paramref name="shift"/>.</summary>
    public void Add<T>(ref T x, nuint start, nuint end, double shift)
        where T : unmanaged
    {
        for (; start < end; start += BlockSums.Length)
            Add(BlockSums.Of(ref Unsafe.Add(ref x, start), Math.Min(end - start, BlockSums.Length), shift));
    }

    /// <summary>Mean and variance of the n values d that were added.</summary>
    public readonly GroupStatistics Over(nuint n)
    {
        double share = 1.0 / n;
        double mean = _sum.Value * share;
        return new GroupStatistics(mean, (_squares.Value * share) - (mean * mean));
    }

    private void Add(BlockSums block) => Add(block.Sum, block.Squares);
}
