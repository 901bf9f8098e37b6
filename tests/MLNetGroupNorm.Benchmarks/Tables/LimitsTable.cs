using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using MLNetGroupNorm.Benchmarks.Measuring;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>
/// What the arithmetic alone takes: sums of x and x² in double, x · a + b in double rounded to float, and the root and the
/// quotient that each group needs, with no ends, no layouts and no parameters to read, on values that stay in the nearest cache
/// and on more than a core's own caches hold. No kernel that keeps the promise of accuracy takes less.
/// </summary>
internal static class LimitsTable
{
    private const int Length = 3072; // 12 KB in and 12 KB out
    private const int Step = 8;
    private const int LargeLength = 320 * 64 * 64; // 5 MB in and 5 MB out
    private static readonly int[] _copies = [Length, 1 << 17, LargeLength, 1 << 22];
    private static readonly TimeSpan _duration = TimeSpan.FromSeconds(2);

    /// <summary>Kept, so that the compiler keeps what computes it.</summary>
    private static double _sums;

    public static void Run(Report report)
    {
        report.Section("Limits", "Nanoseconds for 1000 values on one core, best of many.");
        var input = AlignedMemory.Allocate<float>(_copies[^1]);
        var output = AlignedMemory.Allocate<float>(_copies[^1]);
        input.Span.Fill(1);
        List<(string What, int Length, Action Run)> pieces = [.. _copies.Select(length =>
            ($"copying {length * sizeof(float) >> 10} KB", length, (Action)(() => input.Span[..length].CopyTo(output.Span))))];
        foreach (int length in new[] { Length, LargeLength })
        {
            if (Avx512F.IsSupported)
            {
                pieces.Add(($"sums of x and x² in double, 512 bit, {length >> 8} KB", length,
                    () => _sums = Sums(ref MemoryMarshal.GetReference(input.Span), (nuint)length)));
                pieces.Add(($"x · a + b in double, 512 bit, {length >> 8} KB", length, () => Lines(
                    ref MemoryMarshal.GetReference(input.Span), ref MemoryMarshal.GetReference(output.Span), (nuint)length)));
                if (length == Length)
                    pieces.Add(("1 / sqrt(x + ε) in double, 512 bit: of 1000 groups", length,
                        () => _sums = Inverses(ref MemoryMarshal.GetReference(input.Span), (nuint)length)));
            }

            if (Fma.IsSupported)
            {
                pieces.Add(($"sums of x and x² in double, 256 bit, {length >> 8} KB", length,
                    () => _sums = HalfSums(ref MemoryMarshal.GetReference(input.Span), (nuint)length)));
                pieces.Add(($"x · a + b in double, 256 bit, {length >> 8} KB", length, () => HalfLines(
                    ref MemoryMarshal.GetReference(input.Span), ref MemoryMarshal.GetReference(output.Span), (nuint)length)));
                if (length == Length)
                    pieces.Add(("1 / sqrt(x + ε) in double, 256 bit: of 1000 groups", length,
                        () => _sums = HalfInverses(ref MemoryMarshal.GetReference(input.Span), (nuint)length)));
            }
        }

        double[] seconds = Race.InCache(_duration, [.. pieces.Select(piece => piece.Run)]);
        var table = new MarkdownTable("", "ns");
        foreach (var (piece, time) in pieces.Zip(seconds))
            table.Add(piece.What, Report.Number(time * 1e12 / piece.Length));
        report.Write(table);
    }

    private static double Sums(ref float x, nuint length)
    {
        Vector512<double> s0 = default, s1 = default, s2 = default, s3 = default, q0 = default, q1 = default, q2 = default, q3 = default;
        for (nuint i = 0; i < length; i += 4 * Step)
        {
            Add(Load(ref x, i), ref s0, ref q0);
            Add(Load(ref x, i + Step), ref s1, ref q1);
            Add(Load(ref x, i + (2 * Step)), ref s2, ref q2);
            Add(Load(ref x, i + (3 * Step)), ref s3, ref q3);
        }

        return Vector512.Sum(s0 + s1 + s2 + s3 + q0 + q1 + q2 + q3);
    }

    private static void Lines(ref float x, ref float y, nuint length)
    {
        var a = Vector512.Create(1.5);
        var b = Vector512.Create(0.5);
        for (nuint i = 0; i < length; i += 4 * Step)
            for (nuint j = i; j < i + (4 * Step); j += Step)
                Avx512F.ConvertToVector256Single(Avx512F.FusedMultiplyAdd(Load(ref x, j), a, b)).StoreUnsafe(ref y, j);
    }

    private static double HalfSums(ref float x, nuint length)
    {
        Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default, q0 = default, q1 = default, q2 = default, q3 = default;
        for (nuint i = 0; i < length; i += 2 * Step)
        {
            Add(LoadHalf(ref x, i), ref s0, ref q0);
            Add(LoadHalf(ref x, i + (Step / 2)), ref s1, ref q1);
            Add(LoadHalf(ref x, i + Step), ref s2, ref q2);
            Add(LoadHalf(ref x, i + (3 * Step / 2)), ref s3, ref q3);
        }

        return Vector256.Sum(s0 + s1 + s2 + s3 + q0 + q1 + q2 + q3);
    }

    private static void HalfLines(ref float x, ref float y, nuint length)
    {
        var a = Vector256.Create(1.5);
        var b = Vector256.Create(0.5);
        for (nuint i = 0; i < length; i += 4 * Step)
            for (nuint j = i; j < i + (4 * Step); j += Step / 2)
                Avx.ConvertToVector128Single(Fma.MultiplyAdd(LoadHalf(ref x, j), a, b)).StoreUnsafe(ref y, j);
    }

    private static double Inverses(ref float x, nuint length)
    {
        var sum = Vector512<double>.Zero;
        for (nuint i = 0; i < length; i += Step)
            sum += Vector512<double>.One / Vector512.Sqrt(Load(ref x, i) + Vector512.Create(1e-5));
        return Vector512.Sum(sum);
    }

    private static double HalfInverses(ref float x, nuint length)
    {
        var sum = Vector256<double>.Zero;
        for (nuint i = 0; i < length; i += Step / 2)
            sum += Vector256<double>.One / Vector256.Sqrt(LoadHalf(ref x, i) + Vector256.Create(1e-5));
        return Vector256.Sum(sum);
    }

    private static Vector256<double> LoadHalf(ref float x, nuint i) => Avx.ConvertToVector256Double(Vector128.LoadUnsafe(ref x, i));

    private static void Add(Vector256<double> value, ref Vector256<double> sum, ref Vector256<double> squares)
    {
        sum += value;
        squares = Fma.MultiplyAdd(value, value, squares);
    }

    private static Vector512<double> Load(ref float x, nuint i) => Avx512F.ConvertToVector512Double(Vector256.LoadUnsafe(ref x, i));

    private static void Add(Vector512<double> value, ref Vector512<double> sum, ref Vector512<double> squares)
    {
        sum += value;
        squares = Avx512F.FusedMultiplyAdd(value, value, squares);
    }
}
