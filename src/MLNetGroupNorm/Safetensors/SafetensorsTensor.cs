namespace MLNetGroupNorm.Safetensors;

/// <summary>One tensor as the header describes it.</summary>
/// <param name="Name">Its name, a path of modules with dots: <c>layer1.0.norm1.weight</c>.</param>
/// <param name="Dtype">The type of its values, in the format's spelling.</param>
/// <param name="Rank">The number of its dimensions; 0 for a scalar.</param>
/// <param name="Length">The number of its values over all dimensions.</param>
/// <param name="Begin">Where its bytes begin, counted from the end of the header.</param>
/// <param name="End">Where its bytes end, counted likewise; exclusive.</param>
internal sealed record SafetensorsTensor(string Name, string Dtype, int Rank, ulong Length, ulong Begin, ulong End)
{
    /// <summary>
    /// The most values that are read as parameters: far beyond any layer, and small enough that a file which takes no room on
    /// disk (a sparse one) cannot ask for gigabytes of memory.
    /// </summary>
    public const int MaxParameters = 1 << 24;

    /// <summary>Whether these are one value per channel, of a type that can be read.</summary>
    public bool IsParameter => Rank == 1 && Length is >= 1 and <= MaxParameters && SafetensorsDtype.IsReadable(Dtype);

    /// <summary>The bytes of one value, where <see cref="IsParameter"/> holds.</summary>
    public int ValueSize => (int)((End - Begin) / Length);
}
