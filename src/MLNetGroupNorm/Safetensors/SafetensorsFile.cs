namespace MLNetGroupNorm.Safetensors;

/// <summary>A safetensors file with its header read; values are read when asked for.</summary>
internal sealed class SafetensorsFile
{
    private const string Weight = "weight", Bias = "bias";

    private readonly Stream _stream;
    private readonly string _source;
    private readonly Dictionary<string, SafetensorsTensor> _tensors;
    private readonly long _dataStart;

    /// <summary>Reads the header from where a seekable stream stands; the file is to reach to the stream's end.</summary>
    /// <exception cref="InvalidDataException">The header breaks a rule of the format.</exception>
    public SafetensorsFile(Stream stream, string source)
    {
        _stream = stream;
        _source = source;
        _tensors = Guarded(() => SafetensorsHeader.Read(stream, source));
        _dataStart = stream.Position;
    }

    /// <summary>The layers whose weight and bias can be read, in the order of their names.</summary>
    public string[] Layers() =>
        [.. _tensors.Values.Where(IsWeightOfLayer).Select(weight => LayerOf(weight.Name)).Order(StringComparer.Ordinal)];

    /// <summary>Reads the parameters of one layer.</summary>
    /// <exception cref="ArgumentException">The layer is not there, or only half of it.</exception>
    /// <exception cref="InvalidDataException">Its tensors are not parameters.</exception>
    public GroupNormAffine ReadAffine(string layerName)
    {
        if (!_tensors.TryGetValue(Prefix(layerName) + Weight, out var weight)
            || !_tensors.TryGetValue(Prefix(layerName) + Bias, out var bias))
            throw Error.Argument(nameof(layerName), DescribeMissing(layerName));
        CheckParameter(weight);
        CheckParameter(bias);
        if (weight.Length != bias.Length)
            throw SafetensorsError.Invalid(_source, weight.Name, $"it has {weight.Length} values, and "
                + $"{SafetensorsError.Quote(bias.Name)} has {bias.Length}. Both hold one value per channel.");
        return new GroupNormAffine(ReadValues(weight), ReadValues(bias));
    }

    /// <summary>What stands before the names of a layer's tensors; nothing for a module that was saved by itself.</summary>
    private static string Prefix(string layerName) => layerName.Length == 0 ? "" : layerName + ".";

    private static string LayerOf(string weightName) => weightName[..Math.Max(0, weightName.Length - Weight.Length - 1)];

    private bool IsWeightOfLayer(SafetensorsTensor tensor)
    {
        string prefix = Prefix(LayerOf(tensor.Name));
        return tensor.Name == prefix + Weight && tensor.IsParameter
            && _tensors.TryGetValue(prefix + Bias, out var bias) && bias.IsParameter && bias.Length == tensor.Length;
    }

    private void CheckParameter(SafetensorsTensor tensor)
    {
        if (!SafetensorsDtype.IsReadable(tensor.Dtype))
            throw SafetensorsError.Invalid(_source, tensor.Name,
                $"its values are {SafetensorsError.Quote(tensor.Dtype)}. F32, F16, BF16 and F64 can be read.");
        if (tensor.Rank != 1)
            throw SafetensorsError.Invalid(_source, tensor.Name,
                $"it has {tensor.Rank} dimensions. Parameters have one, that of the channels.");
        if (!tensor.IsParameter)
            throw SafetensorsError.Invalid(_source, tensor.Name,
                $"it has {tensor.Length} values. Parameters have 1 to {SafetensorsTensor.MaxParameters}.");
    }

    private float[] ReadValues(SafetensorsTensor tensor) => Guarded(() =>
    {
        _stream.Position = _dataStart + (long)tensor.Begin;
        return SafetensorsValues.Read(_stream, tensor, _source);
    });

    private string DescribeMissing(string layerName)
    {
        string prefix = Prefix(layerName);
        string[] own = [.. _tensors.Keys.Where(name =>
            name.StartsWith(prefix, StringComparison.Ordinal) && !name.AsSpan(prefix.Length).Contains('.'))];
        string[] nearest = [.. Layers().OrderByDescending(name => Likeness(name, layerName))];
        return $"{_source} has not both {SafetensorsError.Quote(prefix + Weight)} and {SafetensorsError.Quote(prefix + Bias)}. "
            + (own.Length == 0 ? "" : $"Of that layer it has only {SafetensorsError.Quote(own)}. ")
            + (nearest.Length == 0
                ? "It has no layer with a weight and a bias of one dimension."
                : $"The layers with a weight and a bias of one dimension are {SafetensorsError.Quote(nearest)}.");
    }

    /// <summary>How much two names have in common at their ends: enough to find a prefix left out or a digit mistaken.</summary>
    private static int Likeness(string a, string b)
    {
        int shorter = Math.Min(a.Length, b.Length);
        int first = 0, last = 0;
        while (first < shorter && a[first] == b[first])
            first++;
        while (last < shorter && a[^(last + 1)] == b[^(last + 1)])
            last++;
        return first + last;
    }

    /// <summary>A file that grows shorter while it is read is damaged, like one that was short before.</summary>
    private T Guarded<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (EndOfStreamException e)
        {
            throw SafetensorsError.Invalid(_source, "it ended while it was read.", e);
        }
    }
}
