using Microsoft.ML.Model.OnnxConverter;

namespace MLNetGroupNorm.Pipeline;

/// <summary>Adds nodes to an ONNX model in the making; each method returns the name of the variable that it adds.</summary>
/// <param name="ctx">The model.</param>
/// <param name="prefix">What the names of variables begin with.</param>
internal sealed class OnnxGraph(OnnxContext ctx, string prefix)
{
    public string Node(string op, params string[] inputs) => Node(op, inputs, _ => { });

    public string Cast(string input, Type type) => Node("Cast", [input], node => node.AddAttribute("to", type));

    /// <summary>(a, b, c) -> (a, b, 1)</summary>
    public string MeanOverLast(string input) => OverLast("ReduceMean", input);

    /// <summary>(a, b, c) -> (a, b, 1)</summary>
    public string MaxOverLast(string input) => OverLast("ReduceMax", input);

    /// <summary>(a, b, c) -> (a, b, c), less the mean over the last axis</summary>
    public string Centre(string input) => Node("Sub", input, MeanOverLast(input));

    /// <summary>(a, b, c) -> (a, c, b)</summary>
    public string SwapLastTwo(string input) => Node("Transpose", [input], node => node.AddAttribute("perm", [0L, 2L, 1L]));

    public string Reshape(string input, params long[] shape) => Node("Reshape", input, Shape(shape));

    /// <summary>Reshapes into a variable that is there already.</summary>
    public void ReshapeTo(string output, string input, IEnumerable<int> shape) =>
        ctx.CreateNode("Reshape", [input, Shape(shape.Select(size => (long)size))], [output], ctx.GetNodeName("Reshape"), "");

    public string Constant(IEnumerable<double> values, params long[] shape) =>
        Untracked("constant", name => ctx.AddInitializer(values, shape, name));

    /// <summary>A number that spreads over any shape.</summary>
    public string Constant(double value) => Constant([value], 1);

    private string OverLast(string op, string input) => Node(op, [input], node =>
    {
        node.AddAttribute("axes", [2L]);
        node.AddAttribute("keepdims", 1L);
    });

    private string Shape(IEnumerable<long> shape)
    {
        long[] sizes = [.. shape];
        return Untracked("shape", name => ctx.AddInitializer(sizes, [sizes.Length], name));
    }

    private string Node(string op, IEnumerable<string> inputs, Action<OnnxNode> addAttributes)
    {
        string output = Untracked(op, name => ctx.AddIntermediateVariable(null, name, skip: true));
        addAttributes(ctx.CreateNode(op, inputs, [output], ctx.GetNodeName(op), ""));
        return output;
    }

    /// <summary>
    /// Adds a variable that is no column. The context files every variable as the column of its name, so the name is one that no
    /// column has, and the entry is taken out again: else a column of that name would be exported as this variable.
    /// </summary>
    private string Untracked(string kind, Func<string, string> add)
    {
        string name = $"{prefix}_{kind}";
        for (int i = 1; ctx.ContainsColumn(name) || ctx.IsVariableDefined(name); i++)
            name = $"{prefix}_{kind}{i}";
        string variable = add(name);
        ctx.RemoveColumn(name, false);
        return variable;
    }
}
