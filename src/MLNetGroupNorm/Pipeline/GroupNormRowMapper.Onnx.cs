using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Runtime;

namespace MLNetGroupNorm.Pipeline;

// The columns as ONNX nodes. The operator GroupNormalization came with opset 18, later than ML.NET's converter writes, so it is
// written out, with its statistics in double as they are here: in float they drift with the mean.
internal sealed partial class GroupNormRowMapper : ISaveAsOnnx
{
    private const int MinimumOpSet = 9;

    /// <summary>Rows that may differ in size have no shape to export.</summary>
    public bool CanSaveOnnx(OnnxContext ctx) => Array.TrueForAll(_columns, column => column.OutputType.IsKnownSize);

    public void SaveAsOnnx(OnnxContext ctx)
    {
        _host.CheckValue(ctx, nameof(ctx));
        _host.Check(CanSaveOnnx(ctx), "Columns of variable size cannot be saved as ONNX.");

        // Where an output replaces a column that another one reads, all are still to read what came in.
        var inputs = Array.ConvertAll(_columns, column =>
            ctx.ContainsColumn(column.Input.Name) ? ctx.GetVariableName(column.Input.Name) : null);
        foreach (var (column, input) in _columns.Zip(inputs))
        {
            if (input is null)
            {
                ctx.RemoveColumn(column.Options.Name, false);
                continue;
            }

            ctx.CheckOpSetVersion(MinimumOpSet, GroupNormTransformer.LoaderSignature);
            Save(ctx, column, input, ctx.AddIntermediateVariable(column.OutputType, column.Options.Name));
        }
    }

    private static void Save(OnnxContext ctx, ColumnBinding column, string input, string output)
    {
        var graph = new OnnxGraph(ctx, column.Options.Name);
        var shape = column.RowShape;
        bool isSingle = column.OutputType.ItemType == NumberDataViewType.Single;
        bool channelsLast = shape.Layout == TensorLayout.ChannelsLast;

        // (batch, dims...) -> (batch, C, spatial) in double
        string x = column.InputType.ItemType == NumberDataViewType.Double ? input : graph.Cast(input, typeof(double));
        if (!column.InputType.IsKnownSize)
            // 0 keeps the batch: rows of another length are refused there, not cut into rows of this one.
            x = graph.Reshape(x, 0, shape.Length);
        if (channelsLast)
            x = graph.SwapLastTwo(graph.Reshape(x, -1, shape.SpatialSize, shape.Channels));

        // (batch, G, n): normalized over the last axis
        x = graph.Reshape(x, -1, shape.Groups, shape.GroupLength);
        string epsilon = graph.Constant(column.Options.Epsilon);
        if (!isSingle)
            (x, epsilon) = Scale(graph, x, epsilon, column.Options.Epsilon);
        string centred = graph.Centre(x);
        if (!isSingle)
            // A mean of doubles is rounded, which equal values of a large magnitude would show: centred again, they are equal to 0.
            centred = graph.Centre(centred);
        string variance = graph.MeanOverLast(graph.Node("Mul", centred, centred));
        string deviation = graph.Node("Sqrt", graph.Node("Add", variance, epsilon));
        x = graph.Node("Div", centred, deviation);

        // (batch, C, spatial): each channel's weight and bias
        x = graph.Reshape(x, -1, shape.Channels, shape.SpatialSize);
        if (column.Options.Affine?.Weight is { } weight)
            x = graph.Node("Mul", x, graph.Constant(weight.Select(value => (double)value), shape.Channels, 1));
        if (column.Options.Affine?.Bias is { } bias)
            x = graph.Node("Add", x, graph.Constant(bias.Select(value => (double)value), shape.Channels, 1));

        // (batch, dims...) in the output's type
        if (channelsLast)
            x = graph.SwapLastTwo(x);
        if (isSingle)
            x = graph.Cast(x, typeof(float));
        graph.ReshapeTo(output, x, [-1, .. column.OutputType.Dimensions]);
    }

    /// <summary>
    /// Scales each group of doubles (batch, G, n) by a power of two, which rounds nothing, where their sums or squares would
    /// leave the range of double; and epsilon by its square, so that the result is the same.
    /// </summary>
    private static (string X, string Epsilon) Scale(OnnxGraph graph, string x, string epsilon, double epsilonValue)
    {
        // A factor leaves values below 2^480, whose squares even 2^31 summands cannot bring to 2^1024.
        double large = Math.ScaleB(1, 480), down = Math.ScaleB(1, -544), small = Math.ScaleB(1, -400), up = Math.ScaleB(1, 850);
        // Beside an epsilon from here on, squares too small for double do not count.
        double largestEpsilonThatNeedsUp = Math.ScaleB(1, -800);
        // Stands for an epsilon that the factor made 0, where the values of a group are equal; too small to count elsewhere. Not
        // added: ONNX Runtime leaves out the addition of a constant so near to 0.
        double leastEpsilon = Math.ScaleB(1, -1000);

        string magnitude = graph.MaxOverLast(graph.Node("Abs", x));
        string factor = graph.Constant(1);
        if (epsilonValue < largestEpsilonThatNeedsUp)
            factor = graph.Node("Where", graph.Node("Less", magnitude, graph.Constant(small)), graph.Constant(up), factor);
        factor = graph.Node("Where", graph.Node("Greater", magnitude, graph.Constant(large)), graph.Constant(down), factor);

        epsilon = graph.Node("Mul", graph.Node("Mul", epsilon, factor), factor);
        return (graph.Node("Mul", x, factor),
            epsilonValue == 0 ? epsilon : graph.Node("Max", epsilon, graph.Constant(leastEpsilon)));
    }
}
