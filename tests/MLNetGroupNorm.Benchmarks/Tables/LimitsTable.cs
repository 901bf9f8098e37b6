using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using MLNetGroupNorm.Benchmarks.Measuring;
using MLNetGroupNorm.Kernel;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>
/// What the arithmetic on floats alone takes: sums of x and x² in double, and x · scale + offset in double rounded to float, with
/// no ends, no layouts and no parameters to read. No kernel that keeps the promise of accuracy takes less.
/// </summary>
internal static class LimitsTable
{
    private const int Step = 8 * Lanes.Count;

    /// <summary>12 KB in and 12 KB out, which the nearest cache holds, and 5 MB each, more than a core's own caches do.</summary>
    private static readonly int[] _lengths = [3072, 320 * 64 * 64];

    private static readonly int[] _copies = [.. _lengths, 1 << 17, 1 << 22];
    private static readonly TimeSpan _duration = TimeSpan.FromSeconds(2);

    /// <summary>Kept, so that the compiler keeps what computes it.</summary>
    private static double _sums;

    public static void Run(Report report)
    {
        report.Section("Limits", "Nanoseconds for 1000 values on one core, best of many.");
        var input = AlignedMemory.Allocate<float>(_copies[^1]);
        var output = AlignedMemory.Allocate<float>(_copies[^1]);
        input.Span.Fill(1);
        var copies = _copies.Select(length => new Piece("copying", length, () => input.Span[..length].CopyTo(output.Span)));
        Piece[] all = [.. copies, .. Arithmetic(input, output)];

        double[] seconds = Race.InCache(_duration, [.. all.Select(piece => piece.Run)]);
        var table = new MarkdownTable("", "ns");
        foreach (var (piece, time) in all.Zip(seconds))
            table.Add($"{piece.What}, {piece.Length * sizeof(float) >> 10} KB", Report.Number(time * 1e12 / piece.Length));
        report.Write(table);
    }

    private static IEnumerable<Piece> Arithmetic(Memory<float> input, Memory<float> output) =>
        _lengths.SelectMany(length => new Piece[]
        {
            new("sums of x and x² in double", length,
                () => _sums = Sum(ref MemoryMarshal.GetReference(input.Span), (nuint)length)),
            new("x · scale + offset in double", length, () => Scale(
                ref MemoryMarshal.GetReference(input.Span), ref MemoryMarshal.GetReference(output.Span), (nuint)length)),
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum(ref float x, nuint length)
    {
        Vector256<double> s0 = default, s1 = default, s2 = default, s3 = default;
        Vector256<double> q0 = default, q1 = default, q2 = default, q3 = default;
        for (nuint i = 0; i < length; i += Step)
            for (nuint j = i; j < i + Step; j += 4 * Lanes.Count)
            {
                Add(Lanes.Load(ref x, j), ref s0, ref q0);
                Add(Lanes.Load(ref x, j + Lanes.Count), ref s1, ref q1);
                Add(Lanes.Load(ref x, j + (2 * Lanes.Count)), ref s2, ref q2);
                Add(Lanes.Load(ref x, j + (3 * Lanes.Count)), ref s3, ref q3);
            }

        return Lanes.Sum(s0 + s1 + s2 + s3 + q0 + q1 + q2 + q3);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector256<double> value, ref Vector256<double> sum, ref Vector256<double> squares)
    {
        sum += value;
        squares = Lanes.FusedMultiplyAdd(value, value, squares);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale(ref float x, ref float y, nuint length)
    {
        var scale = Vector256.Create(1.5);
        var offset = Vector256.Create(0.5);
        for (nuint i = 0; i < length; i += Step)
            for (nuint j = i; j < i + Step; j += Lanes.Count)
                Lanes.Store(Lanes.FusedMultiplyAdd(Lanes.Load(ref x, j), scale, offset), ref y, j);
    }

    private sealed record Piece(string What, int Length, Action Run);
}
