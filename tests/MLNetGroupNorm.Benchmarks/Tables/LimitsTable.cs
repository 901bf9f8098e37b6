using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MLNetGroupNorm.Benchmarks.Measuring;
using MLNetGroupNorm.Kernel;

namespace MLNetGroupNorm.Benchmarks.Tables;

/// <summary>
/// What the arithmetic on floats alone takes: sums of x and x² in double, and x · scale + offset in double rounded to float, with
/// no ends, no layouts and no parameters to read. No kernel that keeps the promise of accuracy takes less.
/// </summary>
internal static class LimitsTable
{
    private const int Step = 4 * Lanes.Count;

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
        IEnumerable<Piece> pieces = _copies.Select(length =>
            new Piece("copying", length, () => input.Span[..length].CopyTo(output.Span)));
        if (Lanes512.IsSupported)
            pieces = pieces.Concat(Arithmetic<Lanes512>("512 bit", input, output));
        Piece[] all = [.. pieces, .. Arithmetic<Lanes256>("2 x 256 bit", input, output)];

        double[] seconds = Race.InCache(_duration, [.. all.Select(piece => piece.Run)]);
        var table = new MarkdownTable("", "ns");
        foreach (var (piece, time) in all.Zip(seconds))
            table.Add($"{piece.What}, {piece.Length * sizeof(float) >> 10} KB", Report.Number(time * 1e12 / piece.Length));
        report.Write(table);
    }

    private static IEnumerable<Piece> Arithmetic<TLanes>(string vectors, Memory<float> input, Memory<float> output)
        where TLanes : unmanaged, ILanes<TLanes> => _lengths.SelectMany(length => new Piece[]
        {
            new($"sums of x and x² in double, {vectors}", length,
                () => _sums = Sum<TLanes>(ref MemoryMarshal.GetReference(input.Span), (nuint)length)),
            new($"x · scale + offset in double, {vectors}", length, () => Scale<TLanes>(
                ref MemoryMarshal.GetReference(input.Span), ref MemoryMarshal.GetReference(output.Span), (nuint)length)),
        });

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double Sum<TLanes>(ref float x, nuint length)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        TLanes s0 = default, s1 = default, q0 = default, q1 = default;
        for (nuint i = 0; i < length; i += Step)
            for (nuint j = i; j < i + Step; j += 2 * Lanes.Count)
            {
                Add(TLanes.Load(ref x, j), ref s0, ref q0);
                Add(TLanes.Load(ref x, j + Lanes.Count), ref s1, ref q1);
            }

        return TLanes.Sum(s0 + s1 + q0 + q1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add<TLanes>(TLanes value, ref TLanes sum, ref TLanes squares)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        sum += value;
        squares = TLanes.FusedMultiplyAdd(value, value, squares);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scale<TLanes>(ref float x, ref float y, nuint length)
        where TLanes : unmanaged, ILanes<TLanes>
    {
        var scale = TLanes.Create(1.5);
        var offset = TLanes.Create(0.5);
        for (nuint i = 0; i < length; i += Step)
            for (nuint j = i; j < i + Step; j += Lanes.Count)
                TLanes.Store(TLanes.FusedMultiplyAdd(TLanes.Load(ref x, j), scale, offset), ref y, j);
    }

    private sealed record Piece(string What, int Length, Action Run);
}
