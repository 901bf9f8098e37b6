namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Eight doubles at a time: what the kernel's loops are written in. Every operation rounds each lane as the scalar one does, so
/// results have the same bits whichever implementation computes them.
/// </summary>
/// <remarks>
/// <see cref="Lanes512"/> is one vector, <see cref="Lanes256"/> a pair for machines without vectors that wide. The runtime has a
/// substitute for wide vectors, but takes four times as long to compile it: most of the time of a first call.
/// </remarks>
internal interface ILanes<TSelf>
    where TSelf : unmanaged, ILanes<TSelf>
{
    /// <summary>Whether the machine multiplies and adds in one instruction.</summary>
    static abstract bool FusesMultiplyAdd { get; }

    static abstract TSelf operator +(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf left, TSelf right);

    static abstract TSelf operator *(TSelf left, TSelf right);

    static abstract TSelf operator /(TSelf left, TSelf right);

    static abstract TSelf operator -(TSelf value);

    static abstract TSelf Create(double value);

    /// <summary>Eight values from <paramref name="index"/> on; exact for byte, int, float and double.</summary>
    static abstract TSelf Load<T>(ref T first, nuint index)
        where T : unmanaged;

    /// <summary>Eight values, each <paramref name="stride"/> values after the one before.</summary>
    static abstract TSelf LoadStrided<T>(ref T first, nuint stride)
        where T : unmanaged;

    /// <summary>Stores eight results as float, rounded once, or as double.</summary>
    static abstract void Store<T>(TSelf values, ref T first, nuint index)
        where T : unmanaged;

    /// <summary>The same, each <paramref name="stride"/> values after the one before.</summary>
    static abstract void StoreStrided<T>(TSelf values, ref T first, nuint stride)
        where T : unmanaged;

    /// <summary>
    /// Rounds eight results to float and stores them past the caches, where the machine can. The address is a multiple of the
    /// size of eight floats. Other cores see the results after <see cref="CacheLine.Fence"/>.
    /// </summary>
    static abstract void StoreNonTemporal(TSelf values, ref float first, nuint index);

    /// <summary>The upper <paramref name="count"/> lanes, and zeros below them.</summary>
    static abstract TSelf KeepUpper(TSelf values, nuint count);

    /// <summary>The lower <paramref name="count"/> lanes of one vector, and the upper ones of another.</summary>
    static abstract TSelf Blend(TSelf lower, nuint count, TSelf upper);

    /// <summary>a · b + c, rounded once.</summary>
    static abstract TSelf FusedMultiplyAdd(TSelf a, TSelf b, TSelf c);

    static abstract TSelf Sqrt(TSelf values);

    /// <summary>A bit for each lane that is greater than the same lane of <paramref name="right"/>.</summary>
    static abstract uint GreaterThan(TSelf left, TSelf right);

    /// <summary><paramref name="values"/> in the lanes where the first is greater than the second, 0 in the others.</summary>
    static abstract TSelf KeepWhereGreater(TSelf left, TSelf right, TSelf values);

    /// <summary>The sum of eight lanes in a fixed order: halves are added until one lane is left.</summary>
    static abstract double Sum(TSelf values);

    /// <summary>The sum of each of eight vectors that lie end to end, in the order of <see cref="Sum"/>.</summary>
    static abstract TSelf SumEach(ref double vectors);
}
