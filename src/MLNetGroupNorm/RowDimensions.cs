using Microsoft.ML.Data;

namespace MLNetGroupNorm;

/// <summary>
/// The dimensions of a row, as the argument or a column's type says them: where the channels stand in them, and what was
/// probably meant where they do not fit.
/// </summary>
internal sealed class RowDimensions
{
    /// <summary>A dimension this many times as long as that at the other end is hardly the number of channels.</summary>
    private const int HardlyChannels = 8;

    /// <summary>Red, green, blue and alpha.</summary>
    private const int MostColours = 4;

    private readonly IReadOnlyList<int> _sizes;
    private readonly bool _first;
    private readonly bool _ofType;

    /// <param name="sizes">At least one dimension, each 0 where it is not known.</param>
    /// <param name="name">What messages call them.</param>
    /// <param name="layout">Where the channels stand.</param>
    /// <param name="ofType">Whether they are those of a column's type, of which a single one is a number of values.</param>
    private RowDimensions(IReadOnlyList<int> sizes, string name, TensorLayout layout, bool ofType)
    {
        _sizes = sizes;
        Name = name;
        _first = layout == TensorLayout.ChannelsFirst;
        _ofType = ofType;
    }

    /// <summary>What messages call them: "Vector&lt;Single, 3, 64, 64&gt;" or "dimensions: [3, 64, 64]".</summary>
    public string Name { get; }

    /// <summary>Whether all of them are known.</summary>
    public bool AreKnown => !_sizes.Contains(0);

    /// <summary>Whether at most one dimension is not 1: then they tell no more than a number of values.</summary>
    public bool AreFlat => _sizes.Count(size => size != 1) < 2;

    /// <summary>The number of values of a flat row, where channels first makes groups equal parts of it.</summary>
    public int? FlatLength => _sizes.Count == 1 && _sizes[0] > 0 && _first ? _sizes[0] : null;

    /// <summary>The product of those that are known.</summary>
    public long KnownProduct => GroupNormArguments.Product(_sizes.Where(size => size != 0));

    /// <summary>The channels of the other layout, behind a batch of one.</summary>
    private int OtherChannels => _first ? _sizes[^1] : _sizes[0] == 1 && _sizes.Count > 2 ? _sizes[1] : _sizes[0];

    /// <summary>The shape that the argument <c>dimensions</c> gives.</summary>
    public static RowDimensions OfArgument(IReadOnlyList<int> dimensions, TensorLayout layout) =>
        new(dimensions, $"dimensions: [{string.Join(", ", dimensions)}]", layout, ofType: false);

    /// <summary>The shape that a column's type gives.</summary>
    public static RowDimensions OfType(VectorDataViewType type, TensorLayout layout) =>
        new(type.Dimensions, type.ToString(), layout, ofType: true);

    /// <summary>
    /// The channels that the dimensions say, or <see langword="null"/> where they do not. A 1 in front of channels
    /// that are <paramref name="given"/> is a batch of one: a network's (1, C, spatial...).
    /// </summary>
    public ChannelCount? Channels(ChannelCount? given)
    {
        bool batched = _first && _sizes.Count > 1 && _sizes[0] == 1 && given?.Count > 1;
        int size = !_first ? _sizes[^1] : batched ? _sizes[1] : _sizes[0];
        string axis = !_first ? "last" : batched ? "second" : "first";
        return size == 0 || (_ofType && _sizes.Count == 1) ? null
            : new ChannelCount(size, "dimensions", $"{size} is the {axis} {(_ofType ? "dimension of" : "of")} {Name}");
    }

    /// <summary>What to do where groups do not divide the channels that these dimensions say and no argument does.</summary>
    public string CureForGroups(int numberOfGroups)
    {
        if (_sizes.Count == 1)
            return "";
        bool batched = _first && _sizes[0] == 1;
        int own = batched ? _sizes[1] : _first ? _sizes[0] : _sizes[^1];
        int other = OtherChannels;
        bool otherLayout = !SeemToBeInPlace(own) && other > 1
            && (other % numberOfGroups == 0 || (!batched && own / HardlyChannels >= other));
        if (otherLayout && !(batched && own % numberOfGroups == 0))
            return CureForLayout(numberOfGroups);
        return batched && own != 1 ? CureForBatch(numberOfGroups) : "";
    }

    /// <summary>What to do where an argument gives other channels than these dimensions say.</summary>
    public string CureForChannels(ChannelCount given, int numberOfGroups)
    {
        bool byDimensions = given.Parameter == "dimensions";
        if (_sizes.Count > 1 && given.Count == OtherChannels && !SeemToBeInPlace(Channels(given)!.Count))
            return CureForLayout(numberOfGroups) + (byDimensions ? "Leave dimensions out then. " : "");
        long product = KnownProduct;
        if (byDimensions || !AreKnown || product % given.Count != 0 || !(AreFlat || given.Count == 1))
            return "";
        long rest = product / given.Count;
        return $"If the {product} values are {Count(given.Count)} of {rest}, pass dimensions: "
            + (_first ? $"[{given.Count}, {rest}]. " : $"[{rest}, {given.Count}]. ");
    }

    /// <summary>What to do where neither an argument nor these dimensions say the channels.</summary>
    public string CureForUnknown()
    {
        if (_sizes.Count > 1 && OtherChannels > 1)
            return CureForLayout(numberOfGroups: 1).TrimEnd();
        string shape = _first ? "C, H, W" : "H, W, C";
        if (AreKnown)
            return $"Pass numberOfChannels: C or dimensions: [{shape}], or put [VectorType({shape})] on the property.";
        return $"Put [VectorType({shape})]{(_first ? " or, for n values, [VectorType(n)]" : "")} on the property, or pass a "
            + "SchemaDefinition that says so. With a loaded model, pass the schema that Load gave: "
            + "mlContext.Model.CreatePredictionEngine<TSrc, TDst>(model, inputSchema). For a DataFrame's vectors and a network's output "
            + $"of unknown size, pass dimensions: [{shape}] or, where rows differ in size, numberOfChannels: C.";
    }

    /// <summary>"1 channel", "2 channels".</summary>
    public static string Count(int channels) => channels == 1 ? "1 channel" : $"{channels} channels";

    /// <summary>
    /// Whether <paramref name="own"/> channels look like those of a picture in this layout: followed by a square, (3, 64, 64), or as
    /// few as colours and far from the size of a picture, (3, 240, 320).
    /// </summary>
    private bool SeemToBeInPlace(int own)
    {
        int[] shape = [.. _sizes.Skip(_first && _sizes[0] == 1 ? 1 : 0)];
        if (!_first)
            Array.Reverse(shape);
        if (shape.Length < 3 || shape[1] == own)
            return false;
        return shape[^1] == shape[^2] || (own <= MostColours && shape[^1] / HardlyChannels >= own);
    }

    private string CureForLayout(int numberOfGroups)
    {
        int other = OtherChannels;
        string groups = other % numberOfGroups == 0 ? "" : $", with {GroupNormArguments.OneOf(other)} for numberOfGroups";
        if (_first)
            return "Pixels with interleaved colours have their channels last, as Keras' and TensorFlow's tensors do: pass layout: "
                + $"TensorLayout.ChannelsLast{groups} (or let ExtractPixels put the channels first, with interleavePixelColors: false). ";
        string batch = _sizes[0] == 1 && _sizes.Count > 2 ? $", numberOfChannels: {other}" : "";
        return "PyTorch's and ONNX's tensors and pixels without interleaving have their channels first: pass layout: "
            + $"TensorLayout.ChannelsFirst{batch}{groups}. ";
    }

    private string CureForBatch(int numberOfGroups)
    {
        int channels = _sizes[1];
        string number = channels == 0 ? "numberOfChannels: C, its number of channels" : $"numberOfChannels: {channels}";
        string shape = AreKnown ? $" or dimensions: [{string.Join(", ", _sizes.Skip(1))}]" : "";
        string groups = channels % numberOfGroups == 0 ? "" : $", with {GroupNormArguments.OneOf(channels)} for numberOfGroups";
        return $"A network's output (ApplyOnnxModel) has a batch of one in front of its channels: pass {number}{shape}{groups}. ";
    }
}
