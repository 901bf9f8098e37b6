using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;
using MLNetGroupNorm.Onnx;
using OnnxNode = Microsoft.ML.Model.OnnxConverter.OnnxNode;

namespace MLNetGroupNorm.Tests.Support;

/// <summary>
/// An export to ONNX as ML.NET's converter does it, whose package is not there to test with: it keeps the same map of columns to
/// variables, in which helper variables appear too, and asks the transforms for their nodes.
/// </summary>
internal sealed class OnnxExport(int opset) : OnnxContext
{
    private readonly OnnxModel _model = new(opset);
    private readonly Dictionary<string, string> _columns = [];
    private readonly HashSet<string> _variables = [];
    private readonly HashSet<string> _nodes = [];

    /// <summary>The operators written, in order.</summary>
    public List<string> Operators { get; } = [];

    /// <summary>Exports a model: the input's visible columns in, the output's visible columns that ONNX knows out.</summary>
    public static (byte[] Model, string[] Outputs, OnnxExport Export) Run(ITransformer model, DataViewSchema input, int opset = 12,
        params string[] inputs)
    {
        var export = new OnnxExport(opset);
        foreach (var column in input.Where(column => inputs.Contains(column.Name)))
            export._model.Input(export.AddColumn(column.Name), TypeOf(column.Type), Dimensions(column.Type));

        var source = new EmptyDataView(new MLContext(), input);
        var view = (ITransformCanSaveOnnx)model.Transform(source);
        if (!view.CanSaveOnnx(export))
            throw new InvalidOperationException("Cannot be saved as ONNX.");
        view.SaveAsOnnx(export);

        var outputs = new List<string>();
        foreach (var column in view.Schema.Where(column => !column.IsHidden && export.ContainsColumn(column.Name)))
        {
            // A variable cannot be input and output at once, so an output is a copy, as the converter does it.
            string output = $"{column.Name}.output";
            export._model.Node("Identity", [export.GetVariableName(column.Name)], output);
            export._model.Output(output, TypeOf(column.Type), Dimensions(column.Type));
            outputs.Add(output);
        }

        return (export._model.ToArray(), [.. outputs], export);
    }

    public override bool ContainsColumn(string colName) => _columns.ContainsKey(colName);

    public override bool IsVariableDefined(string variableName) => _variables.Contains(variableName);

    public override string GetVariableName(string colName) => _columns[colName];

    public override string GetNodeName(string prefix) => Unique(prefix, _nodes);

    public override void RemoveColumn(string colName, bool removeVariable = false)
    {
        Assert.False(removeVariable, "Nodes read the variable.");
        _columns.Remove(colName);
    }

    public override string AddIntermediateVariable(DataViewType type, string colName, bool skip = false)
    {
        Assert.True(skip || type is not null, "The converter writes the type of what is not skipped.");
        return AddColumn(colName);
    }

    /// <summary>Files a variable of another name as a column.</summary>
    public void AddColumn(string name, string variable)
    {
        Assert.True(_variables.Add(variable));
        _columns[name] = variable;
    }

    public override string AddInitializer(IEnumerable<double> values, IEnumerable<long> dims, string? name = null, bool makeUniqueName = true)
    {
        string variable = AddColumn(name!);
        _model.Constant(variable, values.ToArray(), dims);
        return variable;
    }

    public override string AddInitializer(IEnumerable<long> values, IEnumerable<long> dims, string? name = null, bool makeUniqueName = true)
    {
        string variable = AddColumn(name!);
        _model.Constant(variable, values.ToArray(), dims);
        return variable;
    }

    public override OnnxNode CreateNode(string opType, IEnumerable<string> inputs, IEnumerable<string> outputs, string name,
        string? domain = null)
    {
        Assert.Equal("", domain);
        Assert.True(_nodes.Add(name), $"Two nodes are named '{name}'.");
        Assert.All(inputs, input => Assert.Contains(input, _variables));
        Operators.Add(opType);
        return new Node(_model.Node(opType, inputs, outputs));
    }

    public override void CheckOpSetVersion(int thisTransformerMinumumOpSetVersion, string registerTransformerName)
    {
        if (opset < thisTransformerMinumumOpSetVersion)
            throw new InvalidOperationException($"{registerTransformerName} needs opset {thisTransformerMinumumOpSetVersion}.");
    }

    public override OnnxVersion GetOnnxVersion() => OnnxVersion.Stable;

    // What group normalization has no use for.
    public override void RemoveVariable(string variableName, bool removeColumn) => throw new NotSupportedException();

    public override void RemoveInputVariable(string colName) => throw new NotSupportedException();

    public override List<long> RetrieveShapeOrNull(string variableName) => throw new NotSupportedException();

    public override string AddInitializer(bool value, string? name = null, bool makeUniqueName = true) => throw new NotSupportedException();

    public override string AddInitializer(float value, string? name = null, bool makeUniqueName = true) => throw new NotSupportedException();

    public override string AddInitializer(int value, Type type, string? name = null, bool makeUniqueName = true) =>
        throw new NotSupportedException();

    public override string AddInitializer(string value, string? name = null, bool makeUniqueName = true) => throw new NotSupportedException();

    public override string AddInitializer(long value, string? name = null, bool makeUniqueName = true) => throw new NotSupportedException();

    public override string AddInitializer(double value, string? name = null, bool makeUniqueName = true) => throw new NotSupportedException();

    public override string AddInitializer(ulong value, bool isUint64, string? name = null, bool makeUniqueName = true) =>
        throw new NotSupportedException();

    public override string AddInitializer(IEnumerable<bool> values, IEnumerable<long> dims, string? name = null,
        bool makeUniqueName = true) => throw new NotSupportedException();

    public override string AddInitializer(IEnumerable<float> values, IEnumerable<long> dims, string? name = null,
        bool makeUniqueName = true) => throw new NotSupportedException();

    public override string AddInitializer(IEnumerable<int> values, Type type, IEnumerable<long> dims, string? name = null,
        bool makeUniqueName = true) => throw new NotSupportedException();

    public override string AddInitializer(IEnumerable<string> values, IEnumerable<long> dims, string? name = null,
        bool makeUniqueName = true) => throw new NotSupportedException();

    public override string AddInitializer(IEnumerable<ulong> values, bool isUint64, IEnumerable<long> dims, string? name = null,
        bool makeUniqueName = true) => throw new NotSupportedException();

    /// <summary>Files a variable as the column of its name, as ML.NET's context does with every variable.</summary>
    private string AddColumn(string name)
    {
        string variable = Unique(name, _variables);
        _variables.Add(variable);
        _columns[name] = variable;
        return variable;
    }

    private static string Unique(string prefix, HashSet<string> taken)
    {
        string name = prefix;
        for (int i = 0; taken.Contains(name); i++)
            name = $"{prefix}{i}";
        return name;
    }

    private static OnnxType TypeOf(DataViewType type)
    {
        var item = ((VectorDataViewType)type).ItemType;
        return item == NumberDataViewType.Double ? OnnxType.Double : item == NumberDataViewType.Byte ? OnnxType.Byte : OnnxType.Single;
    }

    /// <summary>The batch, then the type's; the converter writes a column of variable size as vectors of any length.</summary>
    private static IEnumerable<int> Dimensions(DataViewType type) =>
        type is VectorDataViewType { IsKnownSize: true } vector ? vector.Dimensions.Prepend(-1) : [-1, -1];

    private sealed class Node(Onnx.OnnxNode node) : OnnxNode
    {
        public override void AddAttribute(string argName, long value) => node.Attribute(argName, value);

        public override void AddAttribute(string argName, IEnumerable<long> value) => node.Attribute(argName, value);

        public override void AddAttribute(string argName, Type t) =>
            node.Attribute(argName, (long)(t == typeof(double) ? OnnxType.Double : OnnxType.Single));

        public override void AddAttribute(string argName, double value) => throw new NotSupportedException();

        public override void AddAttribute(string argName, ReadOnlyMemory<char> value) => throw new NotSupportedException();

        public override void AddAttribute(string argName, string value) => throw new NotSupportedException();

        public override void AddAttribute(string argName, bool value) => throw new NotSupportedException();

        public override void AddAttribute(string argName, IEnumerable<double> value) => throw new NotSupportedException();

        public override void AddAttribute(string argName, IEnumerable<float> value) => throw new NotSupportedException();

        public override void AddAttribute(string argName, IEnumerable<ReadOnlyMemory<char>> value) => throw new NotSupportedException();

        public override void AddAttribute(string argName, string[] value) => throw new NotSupportedException();

        public override void AddAttribute(string argName, IEnumerable<string> value) => throw new NotSupportedException();

        public override void AddAttribute(string argName, IEnumerable<bool> value) => throw new NotSupportedException();
    }
}
