using MLNetGroupNorm.Safetensors;

namespace MLNetGroupNorm;

public sealed partial class GroupNormAffine
{
    /// <summary>
    /// Reads the parameters of a layer, <c>layerName.weight</c> and <c>layerName.bias</c>, from a file in safetensors format,
    /// to which PyTorch, Keras and Flax users export.
    /// </summary>
    /// <param name="path">The file. Only its header and the two tensors are read, however large it is.</param>
    /// <param name="layerName">
    /// The layer as the file names it, such as <c>layer1.0.norm1</c>, or the empty name for tensors that are just called
    /// <c>weight</c> and <c>bias</c>, as those of a module saved by itself are. <see cref="ListSafetensorsLayers"/> tells what
    /// there is.
    /// </param>
    /// <returns>The parameters. F32, F16 and BF16 are taken exactly; F64 is rounded to the nearest float.</returns>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">
    /// The file has no such layer, or one of the two tensors without the other: half a layer would be a wrong result. The
    /// message names the layers that come nearest.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// The file breaks a rule of the format; its header is longer than 16 MiB (some 100,000 tensors; the format itself allows
    /// 100 MB); or the tensors are not parameters: of another type than F64, F32, F16 or BF16, not of one dimension, of different
    /// lengths, empty or of more than 16,777,216 values, or with a value that is NaN, infinite or beyond the range of float.
    /// </exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    public static GroupNormAffine FromSafetensors(string path, string layerName)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(layerName);
        using var stream = File.OpenRead(path);
        return new SafetensorsFile(stream, path).ReadAffine(layerName);
    }

    /// <summary>
    /// Reads the parameters of a layer, <c>layerName.weight</c> and <c>layerName.bias</c>, from a stream in safetensors
    /// format.
    /// </summary>
    /// <param name="stream">
    /// A seekable stream. The file begins where the stream stands and reaches to its end. The stream is left open, and put back
    /// to where it stood, so that the next layer can be read from it.
    /// </param>
    /// <param name="layerName">The layer, as in <see cref="FromSafetensors(string, string)"/>.</param>
    /// <returns>The parameters, as in <see cref="FromSafetensors(string, string)"/>.</returns>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">
    /// The stream cannot be read or cannot seek, or has no such layer, as in <see cref="FromSafetensors(string, string)"/>.
    /// </exception>
    /// <exception cref="InvalidDataException">As in <see cref="FromSafetensors(string, string)"/>.</exception>
    public static GroupNormAffine FromSafetensors(Stream stream, string layerName)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(layerName);
        if (!stream.CanRead || !stream.CanSeek)
            throw Error.Argument(nameof(stream), "The stream cannot be read and positioned, and tensors are looked up by "
                + "position. Copy it to a MemoryStream, or give a file.");
        long start = stream.Position;
        try
        {
            return new SafetensorsFile(stream, (stream as FileStream)?.Name ?? "(a stream)").ReadAffine(layerName);
        }
        finally
        {
            stream.Position = start;
        }
    }

    /// <summary>
    /// Names the layers of a file in safetensors format that <see cref="FromSafetensors(string, string)"/> can read.
    /// </summary>
    /// <param name="path">The file. Only its header is read.</param>
    /// <returns>
    /// The names of all layers with a weight and a bias of one dimension, one length and a type that can be read, in ordinal
    /// order. Layers of group, layer, instance and batch normalization look alike in a file, so all of them are here.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="path"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidDataException">
    /// The file breaks a rule of the format, or its header is longer than 16 MiB.
    /// </exception>
    /// <exception cref="IOException">The file is not there or cannot be read.</exception>
    public static IReadOnlyList<string> ListSafetensorsLayers(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        using var stream = File.OpenRead(path);
        return new SafetensorsFile(stream, path).Layers().AsReadOnly();
    }
}
