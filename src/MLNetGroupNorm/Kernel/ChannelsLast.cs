using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>
/// Groups that are columns of a matrix: a sample of (spatial, C) values, C/G neighbouring columns to a group. All columns asked for
/// are read together, row after row, as they lie in memory.
/// </summary>
/// <remarks>
/// Rows of few channels are folded: several positions count as one row, so that vectors are full. Then a column is
/// every position in so many of a channel.
/// </remarks>
internal readonly ref struct ChannelsLast
{
    /// <summary>From so many channels on, rows are long enough for vectors as they are.</summary>
    private const int LongRow = 64;

    /// <summary>So many values, at least, go through their lines in one step where rows lie end to end.</summary>
    private const int LineLength = 512;

    private readonly SampleShape _shape;
    private readonly int _first, _fold, _channels;
    private readonly ColumnSums _sums;
    private readonly Span<GroupStatistics> _statistics;

    private ChannelsLast(in SampleShape shape, int first, int fold, Span<GroupStatistics> statistics, Span<double> memory)
    {
        _shape = shape;
        _first = first;
        _fold = fold;
        _channels = statistics.Length * shape.ChannelsPerGroup;
        _sums = new ColumnSums(memory, fold * _channels);
        _statistics = statistics;
    }

    private nuint Width => (nuint)(_fold * _channels);

    private nuint Stride => (nuint)(_fold * _shape.Channels);

    private nuint Rows => (nuint)(_shape.SpatialSize / _fold);

    /// <summary>The values of the last row where the positions are no multiple of the fold.</summary>
    private nuint LastRow => (nuint)(_shape.SpatialSize % _fold * _channels);

    /// <summary>Whether a part of the groups may be normalized alone; with folded rows, only all of them may.</summary>
    public static bool CanSplit(in SampleShape shape) => Fold(shape.Channels) == 1;

    /// <summary>Groups whose channels fill a whole number of vectors, and two lines of the cache at least.</summary>
    public static int SmallestPart(int channelsPerGroup)
    {
        int full = Lanes.Count / int.Min(Lanes.Count, channelsPerGroup & -channelsPerGroup);
        return full * int.Max(1, 32 / (full * channelsPerGroup));
    }

    /// <summary>Normalizes groups <paramref name="first"/> to before <paramref name="end"/> of a sample.</summary>
    public static void Normalize<T>(ref T x, ref float y, in SampleShape shape, int first, int end, Parameters parameters)
        where T : unmanaged
    {
        int fold = Fold(shape.Channels);
        int channels = (end - first) * shape.ChannelsPerGroup;
        int size = int.Max(ColumnSums.Size(fold * channels), 2 * LinesLength(shape, fold, channels));
        double[] memory = ArrayPool<double>.Shared.Rent(size);
        GroupStatistics[] statistics = ArrayPool<GroupStatistics>.Shared.Rent(end - first);

        memory.AsSpan(0, size).Clear();
        var groups = new ChannelsLast(shape, first, fold, statistics.AsSpan(0, end - first), memory);
        nuint start = (nuint)(first * shape.ChannelsPerGroup);
        groups.Measure(ref Unsafe.Add(ref x, start));
        groups.Apply(ref Unsafe.Add(ref x, start), ref Unsafe.Add(ref y, start), parameters, memory);

        ArrayPool<GroupStatistics>.Shared.Return(statistics);
        ArrayPool<double>.Shared.Return(memory);
    }

    /// <summary>The positions that make a row of full vectors, 64 values or more.</summary>
    private static int Fold(int channels)
    {
        if (channels >= LongRow)
            return 1;
        int full = Lanes.Count / int.Min(Lanes.Count, channels & -channels);
        return full * ((LongRow + (full * channels) - 1) / (full * channels));
    }

    private static int LinesLength(in SampleShape shape, int fold, int channels)
    {
        int row = fold * channels;
        return channels == shape.Channels ? row * ((LineLength + row - 1) / row) : row;
    }

    /// <summary>
    /// Finds every group's statistics as <see cref="GroupStatistics.Of"/> does: a first block tells which groups need a shift, and a
    /// shift of 0 changes no bit of a group that needs none while a neighbour does.
    /// </summary>
    private void Measure<T>(ref T x)
        where T : unmanaged
    {
        nuint head = Math.Min(Rows, ColumnSums.BlockRows);
        bool precise = Sum(ref x, 0, head, shifted: false);
        if (precise && head < Rows)
            precise = Sum(ref x, head, Rows, shifted: false);
        for (int attempt = 1; !precise && attempt <= 2; attempt++)
        {
            _sums.Clear();
            precise = Sum(ref x, 0, Rows, shifted: true);
        }

        for (int g = 0; g < _statistics.Length; g++)
            if (_statistics[g].HasCancelled)
                _statistics[g] = _statistics[g] with { Mean = CompensatedMean(ref x, g) };
    }

    /// <summary>
    /// Adds rows, finds the statistics of all rows so far, and sets the shift of groups whose sums are not precise. Whether all are.
    /// </summary>
    private bool Sum<T>(ref T x, nuint start, nuint end, bool shifted)
        where T : unmanaged
    {
        _sums.Add(ref Unsafe.Add(ref x, start * Stride), end - start, Stride, Width, shifted);
        if (end == Rows && LastRow > 0)
            _sums.Add(ref Unsafe.Add(ref x, end * Stride), 1, Stride, LastRow, shifted);

        int channels = _shape.ChannelsPerGroup;
        nuint n = (end == Rows ? (nuint)_shape.SpatialSize : end * (nuint)_fold) * (nuint)channels;
        bool allPrecise = true;
        for (int g = 0; g < _statistics.Length; g++)
        {
            var sums = default(GroupSums);
            for (int column = g * channels; column < (int)Width; column += _channels)
                _sums.AddTo(ref sums, column, column + channels);
            var statistics = sums.Over(n);
            double shift = _sums.Shift[g * channels];
            _statistics[g] = statistics with { Mean = shift + statistics.Mean };
            if (statistics.IsPrecise)
                continue;
            allPrecise = false;
            for (int column = g * channels; column < (int)Width; column += _channels)
                _sums.Shift.Slice(column, channels).Fill((float)_statistics[g].Mean);
        }

        return allPrecise;
    }

    private double CompensatedMean<T>(ref T x, int group)
        where T : unmanaged
    {
        var sum = default(Compensated);
        for (int position = 0; position < _shape.SpatialSize; position++)
            for (int c = 0; c < _shape.ChannelsPerGroup; c++)
                sum += Lanes.Load1(ref x, ((nuint)position * (nuint)_shape.Channels) + (nuint)((group * _shape.ChannelsPerGroup) + c));
        return sum.Value / _shape.GroupLength;
    }

    private void Apply<T>(ref T x, ref float y, Parameters parameters, Span<double> memory)
        where T : unmanaged
    {
        int length = LinesLength(_shape, _fold, _channels);
        var a = memory[..length];
        var b = memory.Slice(length, length);
        LayOutLines(a, b, parameters);
        for (int filled = _channels; filled < length; filled *= 2)
        {
            a[..int.Min(filled, length - filled)].CopyTo(a[filled..]);
            b[..int.Min(filled, length - filled)].CopyTo(b[filled..]);
        }

        // Rows that lie end to end are one long row, in which the lines repeat.
        nuint width = (nuint)length;
        bool endToEnd = _channels == _shape.Channels;
        nuint stride = endToEnd ? width : (nuint)_shape.Channels;
        nuint size = endToEnd ? (nuint)_shape.Length : (nuint)_shape.SpatialSize * stride;
        for (nuint i = 0; i < size; i += stride)
            Application.Row(ref Unsafe.Add(ref x, i), ref Unsafe.Add(ref y, i), Math.Min(width, size - i),
                ref MemoryMarshal.GetReference(a), ref MemoryMarshal.GetReference(b));

        for (int g = 0; g < _statistics.Length; g++)
            if (!(_statistics[g].Variance > 0) && float.IsNaN(parameters.Level(0, _statistics[g].Variance)))
                Erase(ref y, g);
    }

    /// <summary>The lines of one position's channels.</summary>
    private void LayOutLines(Span<double> a, Span<double> b, Parameters parameters)
    {
        for (int g = 0, j = 0; g < _statistics.Length; g++)
        {
            var group = _statistics[g];
            double inverse = parameters.InverseDeviation(group.Variance);
            for (int c = 0; c < _shape.ChannelsPerGroup; c++, j++)
            {
                int channel = (_first * _shape.ChannelsPerGroup) + j;
                (a[j], b[j]) = group.Variance > 0
                    ? parameters.Line(channel, group.Mean, inverse)
                    : new Line(0, parameters.Level(channel, group.Variance));
            }
        }
    }

    /// <summary>A group of NaN, always the same one: what arithmetic makes of a value that is not finite depends on the machine.</summary>
    private void Erase(ref float y, int group)
    {
        for (int position = 0; position < _shape.SpatialSize; position++)
            MemoryMarshal.CreateSpan(
                ref Unsafe.Add(ref y, ((nuint)position * (nuint)_shape.Channels) + (nuint)(group * _shape.ChannelsPerGroup)),
                _shape.ChannelsPerGroup).Fill(float.NaN);
    }
}
