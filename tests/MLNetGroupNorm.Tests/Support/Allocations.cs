namespace MLNetGroupNorm.Tests.Support;

/// <summary>What a piece of code allocates on the thread that runs it.</summary>
internal static class Allocations
{
    /// <summary>Room for buffers and exceptions, and far below what a number of a damaged file could ask for.</summary>
    private const long Few = 1 << 20;

    public static T AssertFew<T>(Func<T> code) => AssertAtMost(Few, code);

    public static T AssertAtMost<T>(long bytes, Func<T> code)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        T result = code();
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, bytes);
        return result;
    }
}
