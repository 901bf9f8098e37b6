namespace MLNetGroupNorm.Onnx;

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
