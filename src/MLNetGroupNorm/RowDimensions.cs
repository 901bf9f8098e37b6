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

    private readonly IReadOnlyList<int> _sizes;
    private readonly bool _first;
    private readonly bool _tellChannels;

    /// <param name="sizes">At least one dimension, each 0 where it is not known.</param>
    /// <param name="name">What messages call them.</param>
    /// <param name="layout">Where the channels stand.</param>
    /// <param name="tellChannels">Whether one of them is the number of channels.</param>
    private RowDimensions(IReadOnlyList<int> sizes, string name, TensorLayout layout, bool tellChannels)
    {
        _sizes = sizes;
        Name = name;
        _first = layout == TensorLayout.ChannelsFirst;
        _tellChannels = tellChannels;
    }

    /// <summary>What messages call them: "Vector&lt;Single, 3, 64, 64&gt;" or "dimensions: [3, 64, 64]".</summary>
    public string Name { get; }

    /// <summary>Whether at most one dimension is not 1: then they tell no more than a number of values.</summary>
    public bool AreFlat => _sizes.Count(size => size != 1) < 2;

    /// <summary>The product of those that are known.</summary>
    public long KnownProduct => GroupNormArguments.Product(_sizes.Where(size => size != 0));

    /// <summary>Whether all of them are known.</summary>
    public bool AreKnown => !_sizes.Contains(0);

    /// <summary>The number of values of a flat row, where channels first makes groups equal parts of it.</summary>
    public int? FlatLength => _sizes.Count == 1 && _sizes[0] > 0 && _first ? _sizes[0] : null;

    /// <summary>The shape that the argument <c>dimensions</c> gives.</summary>
    public static RowDimensions OfArgument(IReadOnlyList<int> dimensions, TensorLayout layout) =>
        new(dimensions, $"dimensions: [{string.Join(", ", dimensions)}]", layout, tellChannels: true);

    /// <summary>The shape that a column's type gives; a single dimension is a number of values.</summary>
    public static RowDimensions OfType(VectorDataViewType type, TensorLayout layout) =>
        new(type.Dimensions, type.ToString(), layout, tellChannels: type.Dimensions.Length > 1);

    /// <summary>
    /// The channels that the dimensions say, or <see langword="null"/> where they do not. A 1 in front of channels
    /// that are <paramref name="given"/> is a batch of one: a network's (1, C, spatial...).
    /// </summary>
    public ChannelCount? Channels(ChannelCount? given)
    {
        bool batched = _first && _sizes.Count > 1 && _sizes[0] == 1 && given?.Count > 1;
        int size = !_first ? _sizes[^1] : batched ? _sizes[1] : _sizes[0];
        string axis = !_first ? "last" : batched ? "second" : "first";
        return !_tellChannels || size == 0 ? null
            : new ChannelCount(size, "dimensions", $"{Name} has {Count(size)}, its {axis} dimension");
    }

    /// <summary>What to do where groups do not divide the channels that these dimensions say and no argument does.</summary>
    public string CureForGroups(int numberOfGroups)
    {
        if (_sizes.Count == 1)
            return "";
        int other = OtherChannels;
        if (_first && _sizes[0] == 1)
            return _sizes[1] != 1 && (_sizes[1] % numberOfGroups == 0 || other <= 1 || other % numberOfGroups != 0)
                ? CureForBatch(numberOfGroups)
                : other > 1 ? CureForLayout(numberOfGroups) : "";
        int own = _first ? _sizes[0] : _sizes[^1];
        return other > 1 && (other % numberOfGroups == 0 || own / HardlyChannels >= other) ? CureForLayout(numberOfGroups) : "";
    }

    /// <summary>What to do where an argument gives other channels than these dimensions say.</summary>
    public string CureForChannels(ChannelCount given, int numberOfGroups)
    {
        bool byDimensions = given.Parameter == "dimensions";
        if (_sizes.Count > 1 && given.Count == OtherChannels)
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
            return CureForLayout(1);
        string shape = _first ? "C, H, W" : "H, W, C";
        if (AreKnown)
            return $"Pass numberOfChannels: C or dimensions: [{shape}], or put [VectorType({shape})] on the property.";
        return $"Put [VectorType({shape})]{(_first ? " or, for n values, [VectorType(n)]" : "")} on the property, or pass a SchemaDefinition "
            + "that says so. With a loaded model, pass the schema that it was saved with: "
            + "mlContext.Model.CreatePredictionEngine<TSrc, TDst>(model, inputSchema). For a DataFrame's vectors and wherever else the type "
            + $"cannot say it, pass dimensions: [{shape}] or, where rows differ in size, numberOfChannels: C.";
    }

    /// <summary>"1 channel", "2 channels".</summary>
    public static string Count(int channels) => channels == 1 ? "1 channel" : $"{channels} channels";

    /// <summary>The channels of the other layout, behind a batch of one.</summary>
    private int OtherChannels => _first ? _sizes[^1] : _sizes[0] == 1 && _sizes.Count > 2 ? _sizes[1] : _sizes[0];

    private string CureForLayout(int numberOfGroups)
    {
        int other = OtherChannels;
        string groups = other % numberOfGroups == 0 ? "" : $", with {GroupNormArguments.OneOf(other)} for numberOfGroups";
        if (_first)
            return "Pixels with interleaved colours have their channels last, as Keras' and TensorFlow's tensors do: pass layout: TensorLayout.ChannelsLast"
                + $"{groups} (or let ExtractPixels put the channels first, with interleavePixelColors: false). ";
        string batch = _sizes[0] == 1 && _sizes.Count > 2 ? $", numberOfChannels: {other}" : "";
        return "PyTorch's and ONNX's tensors and pixels without interleaving have their channels first: pass layout: "
            + $"TensorLayout.ChannelsFirst{batch}{groups}. ";
    }

    private string CureForBatch(int numberOfGroups)
    {
        string channels = _sizes[1] == 0 ? "numberOfChannels: C, its number of channels"
            : $"numberOfChannels: {_sizes[1]}" + (AreKnown ? $" or dimensions: [{string.Join(", ", _sizes.Skip(1))}]" : "");
        string groups = _sizes[1] % numberOfGroups == 0 ? "" : $", with {GroupNormArguments.OneOf(_sizes[1])} for numberOfGroups";
        return $"A network's output (ApplyOnnxModel) has a batch of one in front of its channels: pass {channels}{groups}. ";
    }
}
