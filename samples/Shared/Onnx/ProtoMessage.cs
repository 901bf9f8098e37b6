using Google.Protobuf;

namespace MLNetGroupNorm.Onnx;

/// <summary>A protobuf message put together field by field, for formats whose generated classes are not at hand.</summary>
internal sealed class ProtoMessage
{
    private readonly List<byte> _bytes = [];

    public ProtoMessage Add(int field, long value) =>
        Add(field, WireFormat.WireType.Varint, output => output.WriteInt64(value));

    public ProtoMessage Add(int field, float value) =>
        Add(field, WireFormat.WireType.Fixed32, output => output.WriteFloat(value));

    public ProtoMessage Add(int field, string value) =>
        Add(field, WireFormat.WireType.LengthDelimited, output => output.WriteString(value));

    public ProtoMessage Add(int field, ProtoMessage value) => Add(field, value.ToArray());

    public ProtoMessage Add(int field, byte[] value) =>
        Add(field, WireFormat.WireType.LengthDelimited, output => output.WriteBytes(UnsafeByteOperations.UnsafeWrap(value)));

    /// <summary>Adds all fields of another message of the same kind.</summary>
    public ProtoMessage Append(ProtoMessage other)
    {
        _bytes.AddRange(other._bytes);
        return this;
    }

    public byte[] ToArray() => [.. _bytes];

    private ProtoMessage Add(int field, WireFormat.WireType wireType, Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            output.WriteTag(field, wireType);
            write(output);
        }

        _bytes.AddRange(bytes.ToArray());
        return this;
    }
}
