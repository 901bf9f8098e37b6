using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <summary>Sums as exact as twice the digits of a double make them, several times as slow as plain ones.</summary>
internal static class CompensatedSum
{
    /// <summary>Σ x · scale over <paramref name="length"/> values; the scale is a power of two.</summary>
    public static Compensated Of<T>(ref T x, nuint length, double scale)
        where T : unmanaged
    {
        Vector512<double> sum = default, low = default;
        nuint i = 0;
        for (; i + Lanes.Count <= length; i += Lanes.Count)
            Add(Lanes.Load(ref x, i) * scale, ref sum, ref low);
        if (i < length)
            Add(Lanes.LoadShort(ref x, length, length - i) * scale, ref sum, ref low);
        return Total(sum, low);
    }

    /// <summary>Adds eight values to eight compensated sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add(Vector512<double> values, ref Vector512<double> sum, ref Vector512<double> low)
    {
        var high = sum + values;
        var virtualValues = high - sum;
        low += (sum - (high - virtualValues)) + (values - virtualValues);
        sum = high;
    }

    /// <summary>Eight compensated sums added to one.</summary>
    public static Compensated Total(Vector512<double> sum, Vector512<double> low)
    {
        var total = default(Compensated);
        for (int lane = 0; lane < Lanes.Count; lane++)
            total += sum.GetElement(lane);
        for (int lane = 0; lane < Lanes.Count; lane++)
            total += low.GetElement(lane);
        return total;
    }
}
