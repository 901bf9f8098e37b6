namespace MLNetGroupNorm.Safetensors;

/// <summary>The weight and the bias of a layer, as the tensors' names tell them.</summary>
/// <param name="name">The layer's name: all before the last "." or "/" of its tensors' names.</param>
internal sealed class Layer(string name)
{
    public string Name => name;

    public SafetensorsTensor? Weight { get; private set; }

    public SafetensorsTensor? Bias { get; private set; }

    /// <summary>A second weight or bias, by another name.</summary>
    public SafetensorsTensor? Second { get; private set; }

    public bool IsEmpty => Weight is null && Bias is null;

    public bool IsWhole => Weight is not null && Bias is not null;

    /// <summary>Whether names of two conventions are there, such as a gamma and a bias, so that either may be meant.</summary>
    public bool IsMixed => Second is not null || (Weight is not null && Bias is not null
        && (IsOfKeras(Weight) != IsOfKeras(Bias) || !Stem(Weight.Name).SequenceEqual(Stem(Bias.Name))));

    /// <summary>Whether the tensors that are there are parameters, as many of either.</summary>
    public bool HasParameters => !IsEmpty && !IsMixed && Weight is not { IsParameter: false } && Bias is not { IsParameter: false }
        && (!IsWhole || Weight!.Length == Bias!.Length);

    /// <summary>The layer that a tensor belongs to.</summary>
    public static ReadOnlySpan<char> NameOf(string tensor) => tensor.AsSpan(0, Math.Max(0, Stem(tensor).Length - 1));

    /// <summary>Whether a tensor is a weight or a bias by its name.</summary>
    public static bool IsHalf(string tensor) => IsWeight(tensor) || IsBias(tensor);

    /// <summary>Takes a tensor of the layer as its weight or bias.</summary>
    public void Add(SafetensorsTensor tensor)
    {
        if (IsWeight(tensor.Name) && Weight is null)
            Weight = tensor;
        else if (IsBias(tensor.Name) && Bias is null)
            Bias = tensor;
        else
            Second = tensor;
    }

    // PyTorch, Keras, Flax.
    private static bool IsWeight(string tensor) => Leaf(tensor) is "weight" or "gamma" or "scale";

    private static bool IsBias(string tensor) => Leaf(tensor) is "bias" or "beta";

    private static bool IsOfKeras(SafetensorsTensor tensor) => Leaf(tensor.Name) is "gamma" or "beta";

    /// <summary>What stands before the last part of a name, with the separator.</summary>
    private static ReadOnlySpan<char> Stem(string tensor) => tensor.AsSpan(0, tensor.AsSpan().LastIndexOfAny('.', '/') + 1);

    private static ReadOnlySpan<char> Leaf(string tensor) => tensor.AsSpan(Stem(tensor).Length);
}
