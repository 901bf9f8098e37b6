using MLNetGroupNorm.Safetensors;

namespace MLNetGroupNorm;

public sealed partial class GroupNormAffine
{
    /// <summary>
    /// Reads the parameters of a layer from a file in safetensors format, to which PyTorch, Keras and Flax users export, or from
    /// a model that is split into several such files.
    /// </summary>
    /// <param name="path">
    /// The file, or the index of a split model (<c>model.safetensors.index.json</c>), whose files are looked for beside it and
    /// nowhere else. Only headers and the parameters are read, however large the files are.
    /// </param>
    /// <param name="layerName">
    /// The layer as the file names it, such as <c>layer1.0.norm1</c>, or the empty name for tensors that are just called
    /// <c>weight</c> and <c>bias</c>, as those of a module saved by itself are. After it come, with <c>.</c> or <c>/</c> between,
    /// <c>weight</c> and <c>bias</c> (PyTorch), <c>gamma</c> and <c>beta</c> (Keras) or <c>scale</c> and <c>bias</c> (Flax).
    /// Either may be absent (PyTorch's <c>bias=False</c>). <see cref="ListSafetensorsLayers"/> tells what there is;
    /// tensors of other names are read by <see cref="FromSafetensors(string, string, string)"/>.
    /// </param>
    /// <returns>The parameters. F32, F16 and BF16 are taken exactly; F64 is rounded to the nearest float.</returns>
    /// <remarks>
    /// <para>The header is read as the format's reference reader (huggingface/safetensors, in Rust) reads it, up to its limit of
    /// 100 MB (100,000,000 bytes), at a memory of eight times the header at most. These are the differences:</para>
    /// <list type="bullet">
    /// <item>Two tensors of one name are an error. The reference takes the last of them, and other readers the first, so one file
    /// could hold two sets of parameters.</item>
    /// <item>An unknown type is an error only in a tensor that is read, so that a file with newer types can still be used. The
    /// reference refuses the whole file.</item>
    /// <item>A tensor written as an array, <c>["F32",[1],[0,4]]</c>, and a type written as an object, <c>{"F32":null}</c>, are
    /// errors. The reference reads them because its JSON library does; the format does not have them, and no writer writes
    /// them.</item>
    /// </list>
    /// </remarks>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">
    /// There is no such layer: the message names the nearest, and the arguments that read tensors by their own names. Or it has
    /// names of two conventions at once. Or it has only half of its tensors, and the file is one of several
    /// (<c>model-00001-of-00003.safetensors</c>), so that the other half may be in another one.
    /// </exception>
    /// <exception cref="InvalidDataException">
    /// The file is of another kind, a folder or a pipe (the message says which, and what to do), or breaks a rule of the format;
    /// its header is longer than 100 MB, or the index than 32 MB; the index names a file outside its folder, or one that does not
    /// have the tensor; or the tensors are not parameters: of another type than F64, F32, F16 or BF16, not of one dimension (those
    /// of a convolution), of different lengths, empty or of more than 16,777,216 values, or with a value that is NaN, infinite or
    /// beyond the range of float.
    /// </exception>
    /// <exception cref="IOException">The file, or one that the index names, is not there or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static GroupNormAffine FromSafetensors(string path, string layerName)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(layerName);
        return Read(path, reader => reader.ReadLayer(layerName));
    }

    /// <summary>Reads the parameters of a layer from a stream in safetensors format.</summary>
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
    /// <exception cref="InvalidDataException">
    /// As in <see cref="FromSafetensors(string, string)"/>. The index of a split model is an error too: it needs a path.
    /// </exception>
    public static GroupNormAffine FromSafetensors(Stream stream, string layerName)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(layerName);
        return Read(stream, reader => reader.ReadLayer(layerName));
    }

    /// <summary>Reads parameters by the full names of their tensors, where these are not named as layers are.</summary>
    /// <param name="path">The file, or the index of a split model, as in <see cref="FromSafetensors(string, string)"/>.</param>
    /// <param name="weightName">
    /// The tensor of the weight, such as <c>res2_0_branch2a_gn_s</c>, or <see langword="null"/> for ones.
    /// </param>
    /// <param name="biasName">
    /// The tensor of the bias, such as <c>res2_0_branch2a_gn_b</c>, or <see langword="null"/> for zeros.
    /// </param>
    /// <returns>The parameters, as in <see cref="FromSafetensors(string, string)"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="path"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">
    /// Both names are <see langword="null"/>, or there is no such tensor: the message names the nearest.
    /// </exception>
    /// <exception cref="InvalidDataException">As in <see cref="FromSafetensors(string, string)"/>.</exception>
    /// <exception cref="IOException">As in <see cref="FromSafetensors(string, string)"/>.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static GroupNormAffine FromSafetensors(string path, string? weightName, string? biasName)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Read(path, reader => reader.ReadTensors(weightName, biasName));
    }

    /// <summary>Reads parameters by the full names of their tensors from a stream in safetensors format.</summary>
    /// <param name="stream">A seekable stream, as in <see cref="FromSafetensors(Stream, string)"/>.</param>
    /// <param name="weightName">The tensor of the weight, or <see langword="null"/> for ones.</param>
    /// <param name="biasName">The tensor of the bias, or <see langword="null"/> for zeros.</param>
    /// <returns>The parameters, as in <see cref="FromSafetensors(string, string)"/>.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="stream"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentException">
    /// The stream cannot be read or cannot seek; or as in <see cref="FromSafetensors(string, string, string)"/>.
    /// </exception>
    /// <exception cref="InvalidDataException">As in <see cref="FromSafetensors(Stream, string)"/>.</exception>
    public static GroupNormAffine FromSafetensors(Stream stream, string? weightName, string? biasName)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return Read(stream, reader => reader.ReadTensors(weightName, biasName));
    }

    /// <summary>Names the layers that <see cref="FromSafetensors(string, string)"/> can read.</summary>
    /// <param name="path">
    /// The file, or the index of a split model, all of whose files are to be there. Only headers are read.
    /// </param>
    /// <returns>
    /// The names of all layers with a weight and a bias of one dimension, one length and a type that can be read, or with one of
    /// the two and no tensor of more dimensions beside it, in ordinal order. Layers of group, layer, instance and batch
    /// normalization look alike in a file, as do a few others with a vector of factors, so all of them are here.
    /// </returns>
    /// <exception cref="ArgumentNullException"><paramref name="path"/> is <see langword="null"/>.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is of another kind, breaks a rule of the format or is too long, as in
    /// <see cref="FromSafetensors(string, string)"/>.
    /// </exception>
    /// <exception cref="IOException">The file, or one that the index names, is not there or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static IReadOnlyList<string> ListSafetensorsLayers(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Read(path, reader => reader.Layers()).AsReadOnly();
    }

    private static T Read<T>(string path, Func<AffineReader, T> read)
    {
        using var tensors = SafetensorsFile.Open(path);
        return read(new AffineReader(tensors));
    }

    private static T Read<T>(Stream stream, Func<AffineReader, T> read)
    {
        if (!stream.CanRead || !stream.CanSeek)
            throw Error.Argument(nameof(stream), "The stream cannot be read and positioned, and tensors are looked up by "
                + "position. Copy it to a MemoryStream, or give a file.");
        long start = stream.Position;
        try
        {
            // The stream is the caller's, so the file is not disposed.
            return read(new AffineReader(new SafetensorsFile(stream, (stream as FileStream)?.Name ?? "(a stream)")));
        }
        finally
        {
            stream.Position = start;
        }
    }
}
