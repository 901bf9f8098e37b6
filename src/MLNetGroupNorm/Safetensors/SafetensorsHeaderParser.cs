using System.Text.Json;
using System.Text.Unicode;

namespace MLNetGroupNorm.Safetensors;

/// <summary>
/// Reads the header of a safetensors file, <c>{"name": {"dtype": "F32", "shape": [64], "data_offsets": [0, 256]}, ...}</c> and an
/// optional <c>"__metadata__"</c> of strings. Reads what the format's reference reader reads, but for the differences that
/// <see cref="GroupNormAffine.FromSafetensors(string, string)"/> lists.
/// </summary>
internal ref struct SafetensorsHeaderParser
{
    private const string Metadata = "__metadata__";
    private const int MaxDepth = 127; // the reference reader's

    private readonly string _source;
    private Utf8JsonReader _json;

    private SafetensorsHeaderParser(ReadOnlySpan<byte> header, string source)
    {
        _source = source;
        _json = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = MaxDepth });
    }

    /// <summary>The tensors of a header by name, each as large as its type and shape say, at places yet unchecked.</summary>
    public static Dictionary<string, SafetensorsTensor> Parse(ReadOnlySpan<byte> header, string source)
    {
        if (!Utf8.IsValid(header))
            throw SafetensorsError.Invalid(source, "its header is not valid UTF-8.");
        try
        {
            return new SafetensorsHeaderParser(header, source).ReadTensors();
        }
        catch (JsonException e)
        {
            throw SafetensorsError.Invalid(source, $"its header is not valid JSON. {e.Message}", e);
        }
        catch (InvalidOperationException e) // what the reader says of an escaped half of a surrogate pair
        {
            throw SafetensorsError.Invalid(source, $"its header holds a string that is no text. {e.Message}", e);
        }
    }

    private Dictionary<string, SafetensorsTensor> ReadTensors()
    {
        var tensors = new Dictionary<string, SafetensorsTensor>(StringComparer.Ordinal);
        bool hasMetadata = false;
        Read(JsonTokenType.StartObject, "The header");
        while (ReadKey())
        {
            string name = _json.GetString()!;
            if (name == Metadata ? hasMetadata : tensors.ContainsKey(name))
                throw Invalid($"{SafetensorsError.Quote(name)} stands twice in its header.");
            if (name == Metadata)
            {
                CheckMetadata();
                hasMetadata = true;
            }
            else
                tensors.Add(name, ReadTensor(name));
        }

        // The reader looks behind the object only when asked to go on; anything but whitespace there is an exception.
        _json.Read();
        return tensors;
    }

    /// <summary>Checks that the metadata is null or a map of strings. Nothing of it is kept.</summary>
    private void CheckMetadata()
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.Null)
            return;
        Check(JsonTokenType.StartObject, "The value", Metadata);
        while (ReadKey())
        {
            CheckText();
            _json.Read();
            CheckText();
            if (_json.TokenType != JsonTokenType.String)
                throw Invalid($"its {Metadata} holds something else than strings.");
        }
    }

    private SafetensorsTensor ReadTensor(string name)
    {
        (string Name, ulong? Bits)? dtype = null;
        (int Rank, ulong Length)? shape = null;
        (ulong Begin, ulong End)? offsets = null;

        Read(JsonTokenType.StartObject, "The value", name);
        while (ReadKey())
        {
            if (IsField(name, "dtype", isKnown: dtype is not null))
                dtype = ReadDtype(name);
            else if (IsField(name, "shape", isKnown: shape is not null))
                shape = ReadShape(name);
            else if (IsField(name, "data_offsets", isKnown: offsets is not null))
                offsets = ReadOffsets(name);
            else
                PassOver();
        }

        if (dtype is not { } d || shape is not { } s || offsets is not { } o)
            throw Invalid(name, "dtype, shape and data_offsets are all needed, and not all are there.");
        CheckSize(name, d.Name, d.Bits, s.Length, o.End - o.Begin);
        return new SafetensorsTensor(name, d.Name, s.Rank, s.Length, o.Begin, o.End);
    }

    private readonly bool IsField(string name, string field, bool isKnown) => _json.ValueTextEquals(field)
        && (!isKnown ? true : throw Invalid(name, $"{SafetensorsError.Quote(field)} stands twice."));

    private (string Name, ulong? Bits) ReadDtype(string name)
    {
        Read(JsonTokenType.String, "The dtype", name);
        return SafetensorsDtype.Parse(in _json);
    }

    private (int Rank, ulong Length) ReadShape(string name)
    {
        int rank = 0;
        ulong length = 1;
        Read(JsonTokenType.StartArray, "The shape", name);
        for (; ReadNumber(name, "shape") is { } dimension; rank++)
            if (dimension != 0 && length > ulong.MaxValue / dimension)
                throw Invalid(name, "its shape has more values than 64 bits can count.");
            else
                length *= dimension;
        return (rank, length);
    }

    private (ulong Begin, ulong End) ReadOffsets(string name)
    {
        Read(JsonTokenType.StartArray, "The data_offsets", name);
        if (ReadNumber(name, "data_offsets") is not { } begin || ReadNumber(name, "data_offsets") is not { } end
            || ReadNumber(name, "data_offsets") is not null)
            throw Invalid(name, "its data_offsets are not two numbers.");
        if (end < begin)
            throw Invalid(name, $"its data_offsets end at {end}, before they begin at {begin}.");
        return (begin, end);
    }

    private readonly void CheckSize(string name, string dtype, ulong? bits, ulong length, ulong size)
    {
        if (bits is null)
            return;
        UInt128 needed = (UInt128)length * bits.Value;
        if (needed != (UInt128)size * 8)
            throw Invalid(name, $"{length} values of {dtype} are {needed / 8} bytes, but its data_offsets span {size}.");
    }

    /// <summary>Passes over a field that the format does not know, which is still to be right JSON.</summary>
    private void PassOver()
    {
        int depth = _json.CurrentDepth;
        CheckText();
        do
        {
            _json.Read();
            CheckText();
            if (_json.TokenType == JsonTokenType.Number && !double.IsFinite(_json.GetDouble()))
                throw Invalid("it holds a number beyond the range of double.");
        }
        while (_json.CurrentDepth > depth || _json.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray);
    }

    /// <summary>Unescapes a string that holds escapes, since the JSON reader does not look at them before.</summary>
    private readonly void CheckText()
    {
        if (_json.ValueIsEscaped)
            _ = _json.GetString();
    }

    /// <summary>Goes to the next key of the object that is being read; false at its end.</summary>
    private bool ReadKey()
    {
        _json.Read();
        return _json.TokenType != JsonTokenType.EndObject;
    }

    /// <summary>The next number of the array that is being read, or null at its end.</summary>
    private ulong? ReadNumber(string name, string field)
    {
        _json.Read();
        if (_json.TokenType == JsonTokenType.EndArray)
            return null;
        if (_json.TokenType == JsonTokenType.Number && _json.TryGetUInt64(out ulong number))
            return number;
        throw Invalid(name, $"its {field} hold something else than whole numbers from 0 to {ulong.MaxValue}.");
    }

    private void Read(JsonTokenType expected, string what, string? owner = null)
    {
        _json.Read();
        Check(expected, what, owner);
    }

    private readonly void Check(JsonTokenType expected, string what, string? owner = null)
    {
        if (_json.TokenType == expected)
            return;
        string kind = expected == JsonTokenType.StartObject ? "an object"
            : expected == JsonTokenType.StartArray ? "an array" : "a string";
        throw Invalid(owner is null ? $"{what} is not {kind}." : $"{what} of {SafetensorsError.Quote(owner)} is not {kind}.");
    }

    private readonly InvalidDataException Invalid(string message) => SafetensorsError.Invalid(_source, message);

    private readonly InvalidDataException Invalid(string tensor, string message) =>
        SafetensorsError.Invalid(_source, tensor, message);
}
