namespace MLNetGroupNorm.Safetensors;

/// <summary>The tensors of a model by name, in one file or in several.</summary>
internal interface ITensors : IDisposable
{
    /// <summary>The file that was given, for messages.</summary>
    string Source { get; }

    /// <summary>
    /// Where the file is one of several that make up a model, so that other tensors may lie in another one: the usual name of
    /// their index. Else null.
    /// </summary>
    string? IndexName { get; }

    /// <summary>The names of all tensors.</summary>
    IReadOnlyCollection<string> Names { get; }

    /// <summary>The tensors of the names that are wanted, in any order.</summary>
    /// <exception cref="InvalidDataException">A file breaks a rule of the format.</exception>
    /// <exception cref="IOException">A file is not there.</exception>
    IEnumerable<SafetensorsTensor> Find(Predicate<string> isWanted);

    /// <summary>Reads the values of a parameter.</summary>
    /// <exception cref="InvalidDataException">A value is not finite, or the file is damaged.</exception>
    float[] Read(SafetensorsTensor parameter);
}
