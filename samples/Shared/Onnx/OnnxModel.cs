using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Onnx;

/// <summary>
/// An ONNX model, put together node by node and written as ONNX's protobuf messages. The field numbers are those of onnx.proto
/// (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto); its classes in ML.NET are internal.
/// </summary>
/// <param name="opset">The version of the operators.</param>
internal sealed class OnnxModel(int opset)
{
    // Version 4 no longer asks for constants to be inputs too; later ones add nothing used here.
    private const long IrVersion = 4;

    private readonly List<OnnxNode> _nodes = [];
    private readonly ProtoMessage _variables = new();

    /// <summary>A tensor that whoever runs the model feeds; a dimension of -1 is of any size.</summary>
    public OnnxModel Input(string name, OnnxType type, params IEnumerable<int> dimensions) =>
        Add(11, Variable(name, type, dimensions));

    /// <summary>A tensor that whoever runs the model gets; a dimension of -1 is of any size.</summary>
    public OnnxModel Output(string name, OnnxType type, params IEnumerable<int> dimensions) =>
        Add(12, Variable(name, type, dimensions));

    /// <summary>A tensor stored with the model.</summary>
    public OnnxModel Constant(string name, float[] values, params IEnumerable<long> dimensions) =>
        Constant(name, OnnxType.Single, MemoryMarshal.AsBytes(values.AsSpan()), dimensions);

    /// <summary>A tensor stored with the model.</summary>
    public OnnxModel Constant(string name, double[] values, params IEnumerable<long> dimensions) =>
        Constant(name, OnnxType.Double, MemoryMarshal.AsBytes(values.AsSpan()), dimensions);

    /// <summary>A tensor stored with the model.</summary>
    public OnnxModel Constant(string name, long[] values, params IEnumerable<long> dimensions) =>
        Constant(name, OnnxType.Int64, MemoryMarshal.AsBytes(values.AsSpan()), dimensions);

    /// <summary>An operation.</summary>
    public OnnxNode Node(string operation, IEnumerable<string> inputs, params IEnumerable<string> outputs)
    {
        var node = new OnnxNode(operation, inputs, outputs);
        _nodes.Add(node);
        return node;
    }

    /// <summary>The bytes of the model's file.</summary>
    public byte[] ToArray()
    {
        var graph = _nodes.Aggregate(new ProtoMessage(), (message, node) => message.Add(1, node.ToMessage()));
        return new ProtoMessage()
            .Add(1, IrVersion)
            .Add(7, graph.Add(2, "graph").Append(_variables))
            .Add(8, new ProtoMessage().Add(1, "").Add(2, opset))
            .ToArray();
    }

    private OnnxModel Constant(string name, OnnxType type, ReadOnlySpan<byte> littleEndian, IEnumerable<long> dimensions) =>
        Add(5, dimensions.Aggregate(new ProtoMessage(), (message, dimension) => message.Add(1, dimension))
            .Add(2, (long)type).Add(8, name).Add(9, littleEndian.ToArray()));

    private OnnxModel Add(int field, ProtoMessage part)
    {
        _variables.Add(field, part);
        return this;
    }

    private static ProtoMessage Variable(string name, OnnxType type, IEnumerable<int> dimensions)
    {
        var shape = dimensions.Aggregate(new ProtoMessage(), (message, dimension) => message.Add(1,
            dimension < 0 ? new ProtoMessage().Add(2, "any") : new ProtoMessage().Add(1, dimension)));
        return new ProtoMessage().Add(1, name).Add(2, new ProtoMessage().Add(1, new ProtoMessage().Add(1, (long)type).Add(2, shape)));
    }
}

/// <summary>An operation of an <see cref="OnnxModel"/>, to which attributes may be added until the model is written.</summary>
internal sealed class OnnxNode(string operation, IEnumerable<string> inputs, IEnumerable<string> outputs)
{
    private const long FloatAttribute = 1;
    private const long IntAttribute = 2;
    private const long IntsAttribute = 7;

    private readonly ProtoMessage _message = inputs.Aggregate(
        outputs.Aggregate(new ProtoMessage().Add(4, operation), (message, output) => message.Add(2, output)),
        (message, input) => message.Add(1, input));

    public OnnxNode Attribute(string name, float value) =>
        Add(new ProtoMessage().Add(1, name).Add(2, value).Add(20, FloatAttribute));

    public OnnxNode Attribute(string name, long value) =>
        Add(new ProtoMessage().Add(1, name).Add(3, value).Add(20, IntAttribute));

    public OnnxNode Attribute(string name, IEnumerable<long> values) =>
        Add(values.Aggregate(new ProtoMessage().Add(1, name), (message, value) => message.Add(8, value)).Add(20, IntsAttribute));

    public ProtoMessage ToMessage() => _message;

    private OnnxNode Add(ProtoMessage attribute)
    {
        _message.Add(5, attribute);
        return this;
    }
}

/// <summary>The types of tensors' elements, by their numbers in ONNX's TensorProto.DataType.</summary>
internal enum OnnxType
{
    Single = 1,
    Byte = 2,
    Int64 = 7,
    Double = 11,
}
