namespace MLNetGroupNorm.Safetensors;

/// <summary>Finds the parameters of layers among the tensors of a model.</summary>
internal sealed class AffineReader(ITensors tensors)
{
    /// <summary>The layers that <see cref="ReadLayer"/> reads, in the order of their names.</summary>
    public string[] Layers()
    {
        var layers = new Dictionary<string, Layer>(StringComparer.Ordinal);
        var withMatrices = new HashSet<string>(StringComparer.Ordinal);
        foreach (var tensor in tensors.Find(_ => true))
        {
            if (Layer.IsHalf(tensor.Name))
            {
                string name = Layer.NameOf(tensor.Name).ToString();
                if (!layers.TryGetValue(name, out var layer))
                    layers.Add(name, layer = new Layer(name));
                layer.Add(tensor);
            }
            else if (tensor.Rank > 1)
                withMatrices.Add(Layer.NameOf(tensor.Name).ToString());
        }

        return [.. layers.Values
            .Where(layer => layer.HasParameters && (layer.IsWhole || (tensors.IndexName is null && !withMatrices.Contains(layer.Name))))
            .Select(layer => layer.Name).Order(StringComparer.Ordinal)];
    }

    /// <summary>Reads the parameters of a layer.</summary>
    /// <exception cref="ArgumentException">The layer is not there, not all of it, or under two conventions of names.</exception>
    /// <exception cref="InvalidDataException">Its tensors are not parameters.</exception>
    public GroupNormAffine ReadLayer(string layerName)
    {
        var layer = new Layer(layerName);
        foreach (var tensor in tensors.Find(name => Layer.IsHalf(name) && IsOfLayer(name)))
            layer.Add(tensor);

        if (layer.IsEmpty)
            throw Error.Argument(nameof(layerName), DescribeMissing(layerName));
        if (layer.IsMixed)
            throw Error.Argument(nameof(layerName), $"{tensors.Source} has {SafetensorsError.Quote(Names(layer))}, which are names "
                + $"of two conventions, so the layer {SafetensorsError.Quote(layerName)} may be either. Name the tensors that you mean: "
                + "FromSafetensors(path, weightName, biasName), one of which may be null.");
        if (!layer.IsWhole)
            CheckHalf(layer, tensors.Find(name => !Layer.IsHalf(name) && IsOfLayer(name)).FirstOrDefault(tensor => tensor.Rank > 1));
        return Read(layer.Weight, layer.Bias);

        bool IsOfLayer(string name) => Layer.NameOf(name).SequenceEqual(layerName);
    }

    /// <summary>Reads parameters by the names of their tensors, of which one may be null.</summary>
    /// <exception cref="ArgumentException">Both are null, or a tensor is not there.</exception>
    /// <exception cref="InvalidDataException">They are not parameters.</exception>
    public GroupNormAffine ReadTensors(string? weightName, string? biasName)
    {
        if (weightName is null && biasName is null)
            throw Error.Argument(nameof(weightName), "Both names are null. Give at least one of them.");
        return Read(Find(weightName, nameof(weightName)), Find(biasName, nameof(biasName)));
    }

    private static string[] Names(Layer layer) =>
        [.. new[] { layer.Weight, layer.Bias, layer.Second }.OfType<SafetensorsTensor>().Select(tensor => tensor.Name)];

    private SafetensorsTensor? Find(string? name, string parameter) => name is null ? null
        : tensors.Find(other => other == name).FirstOrDefault()
            ?? throw Error.Argument(parameter, $"{tensors.Source} has no tensor {SafetensorsError.Quote(name)}, and "
                + (tensors.Names.Count == 0 ? "no other one."
                    : $"{tensors.Names.Count} others. The nearest are {SafetensorsError.Quote(Likeness.Nearest(name, tensors.Names))}.")
                + AskForIndex());

    /// <summary>Refuses half a layer where the other half may be in another file, or where it is none of a normalization.</summary>
    private void CheckHalf(Layer layer, SafetensorsTensor? matrix)
    {
        string own = (layer.Weight ?? layer.Bias)!.Name;
        if (tensors.IndexName is not null)
            throw Error.Argument("layerName", $"{tensors.Source} has only {SafetensorsError.Quote(own)} of the layer "
                + $"{SafetensorsError.Quote(layer.Name)}.{AskForIndex()}");
        if (matrix is not null)
            throw SafetensorsError.Invalid(tensors.Source, own, $"beside it is {SafetensorsError.Quote(matrix.Name)} with {matrix.Rank} "
                + "dimensions, as in a convolution: the layer is no normalization. If it is the tensor that you mean, give its own name: "
                + "FromSafetensors(path, weightName, biasName), one of which may be null.");
    }

    private GroupNormAffine Read(SafetensorsTensor? weight, SafetensorsTensor? bias)
    {
        CheckParameter(weight);
        CheckParameter(bias);
        if (weight is not null && bias is not null && weight.Length != bias.Length)
            throw SafetensorsError.Invalid(tensors.Source, weight.Name, $"it has {weight.Length} values, and "
                + $"{SafetensorsError.Quote(bias.Name)} has {bias.Length}. Both hold one value per channel.");
        return new GroupNormAffine(weight is null ? null : tensors.Read(weight), bias is null ? null : tensors.Read(bias));
    }

    private void CheckParameter(SafetensorsTensor? tensor)
    {
        if (tensor is null || tensor.IsParameter)
            return;
        throw SafetensorsError.Invalid(tensors.Source, tensor.Name,
            !SafetensorsDtype.IsReadable(tensor.Dtype)
                ? $"its values are {SafetensorsError.Quote(tensor.Dtype)}. F32, F16, BF16 and F64 can be read."
            : tensor.Rank != 1
                ? $"it has {tensor.Rank} dimensions. Parameters have one, that of the channels."
                : $"it has {tensor.Length} values. Parameters have 1 to {SafetensorsTensor.MaxParameters}.");
    }

    private string DescribeMissing(string layerName)
    {
        string[] layers = Layers();
        string nearest = layers.Length == 0 ? "It has no layer of such names at all"
            : $"The nearest of its {layers.Length} layers are {SafetensorsError.Quote(Likeness.Nearest(layerName, layers))}";
        return $"{tensors.Source} has no layer {SafetensorsError.Quote(layerName)}: no tensor of that name with .weight or .bias, "
            + $".gamma or .beta, .scale or .bias after it, nor with '/' for the dot. {nearest}. "
            + ProposeTensors(layerName, layers.Length == 0) + AskForIndex();
    }

    /// <summary>The arguments that read tensors of other names, such as norm_s and norm_b.</summary>
    private string ProposeTensors(string layerName, bool mustBeByName)
    {
        string[] own = [.. tensors.Names
            .Where(name => name.StartsWith(layerName, StringComparison.Ordinal) && !Rest(name).ContainsAny('.', '/'))
            .Order(StringComparer.Ordinal)];
        string? weight = Array.Find(own, name => Rest(name) is ['w' or 'g' or 's', ..]);
        string? bias = Array.Find(own, name => Rest(name) is ['b' or 'o', ..]);
        string proposal = "are read by name: FromSafetensors(path, "
            + (weight is null && bias is null ? "weightName, biasName)" : $"weightName: {Code(weight)}, biasName: {Code(bias)})");
        return own.Length > 0 ? $"The tensors {SafetensorsError.Quote(own)} {proposal}."
            : mustBeByName && tensors.Names.Count > 0
                ? $"Tensors, such as {SafetensorsError.Quote(Likeness.Nearest(layerName, tensors.Names))}, {proposal}."
                : $"Tensors of other names {proposal}.";

        ReadOnlySpan<char> Rest(string name) => name.AsSpan(layerName.Length).TrimStart("._/");
        static string Code(string? name) => name is null ? "null" : SafetensorsError.Quote(name, '"');
    }

    /// <summary>What to do where a tensor may lie in another file of the model.</summary>
    private string AskForIndex() => tensors.IndexName is null ? ""
        : " The file is one of several of a model, and the rest may be in another one. Give the index, which knows where: "
            + $"{SafetensorsError.Quote(tensors.IndexName)}, or whatever .index.json file was published beside it.";
}
