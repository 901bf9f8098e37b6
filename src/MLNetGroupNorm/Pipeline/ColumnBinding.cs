using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetGroupNorm.Kernel;

namespace MLNetGroupNorm.Pipeline;

/// <summary>One column's options bound to the schema column that they read: its type, its channels, the shape of its rows.</summary>
internal sealed class ColumnBinding
{
    private readonly IExceptionContext _context;

    /// <summary>Finds the input column in a schema and checks that the options fit it.</summary>
    public ColumnBinding(IExceptionContext context, GroupNormEstimator.ColumnOptions options, DataViewSchema schema)
    {
        _context = context;
        Options = options;
        Input = schema.GetColumnOrNull(options.InputColumnName)
            ?? throw context.ExceptSchemaMismatch(nameof(schema), "input", options.InputColumnName);
        InputType = Input.Type is VectorDataViewType vector && ColumnTypes.IsAccepted(vector.ItemType)
            ? vector
            : throw Mismatch(ColumnTypes.Accepted);
        OutputType = new VectorDataViewType(ColumnTypes.OutputItem(InputType.ItemType), InputType.Dimensions);

        int channels = FindChannels();
        if (GroupNormArguments.FindFault(channels, options.NumberOfGroups, options.Affine) is { } fault)
            throw context.ExceptUserArg(fault.Parameter, $"Column '{options.InputColumnName}': {fault.Message}");
        RowShape = new SampleShape(channels, options.NumberOfGroups, InputType.Size / channels, options.Layout);
        if (InputType.Size % channels != 0)
            throw Mismatch($"a vector whose length is a multiple of its {channels} channels");
        if (InputType.IsKnownSize && RowShape.GroupLength == 1)
            throw Mismatch($"more than one value in each of {options.NumberOfGroups} groups, since to normalize a single value "
                + "would erase it (use fewer groups)");
    }

    /// <summary>What is done to the column.</summary>
    public GroupNormEstimator.ColumnOptions Options { get; }

    /// <summary>The column that is read.</summary>
    public DataViewSchema.Column Input { get; }

    /// <summary>The type of the column that is read.</summary>
    public VectorDataViewType InputType { get; }

    /// <summary>The type of the column that is made: the same dimensions, Byte made Single.</summary>
    public VectorDataViewType OutputType { get; }

    /// <summary>The shape of every row of a column of known size; of variable size, its spatial size is 0.</summary>
    public SampleShape RowShape { get; }

    /// <summary>The shape of one row, by its length.</summary>
    /// <param name="length">The row's number of values.</param>
    /// <param name="position">The row's position, for the error.</param>
    public SampleShape ShapeOf(int length, long position)
    {
        if (length == InputType.Size && InputType.IsKnownSize)
            return RowShape;
        if (InputType.IsKnownSize)
            throw BadRow(length, position, $"the column's type {InputType} declares {InputType.Size}");
        if (length % RowShape.Channels != 0)
            throw BadRow(length, position, $"a multiple of the {RowShape.Channels} channels is expected");
        var shape = RowShape with { SpatialSize = length / RowShape.Channels };
        return shape.GroupLength == 1
            ? throw BadRow(length, position, $"each of {RowShape.Groups} groups must have more than one, "
                + "since to normalize a single value would erase it (use fewer groups)")
            : shape;
    }

    /// <summary>The channels as the options give them or, where they do not, as the column's dimensions do.</summary>
    private int FindChannels()
    {
        int? given = Options.NumberOfChannels ?? Options.Affine?.NumberOfChannels;
        if (!InputType.IsKnownSize)
            return given ?? throw Mismatch(ColumnTypes.VariableSizeNeedsChannels);

        bool first = Options.Layout == TensorLayout.ChannelsFirst;
        if (InputType.Dimensions.Length > 1)
        {
            int own = first ? InputType.Dimensions[0] : InputType.Dimensions[^1];
            // A network's output, as ApplyOnnxModel gives it, has its batch of one row in front: (1, C, spatial...).
            if (first && own == 1 && given == InputType.Dimensions[1])
                return given.Value;
            return Options.NumberOfChannels is null || Options.NumberOfChannels == own
                ? own
                : throw Mismatch($"{given} channels ({(first ? "first" : "last")} dimension)");
        }

        if (given is not null)
            return given.Value;
        if (!first)
            throw Mismatch("a vector with dimensions (spatial..., channels), or numberOfChannels to be given");
        // A flat vector's groups are its G equal parts: without parameters per channel, a group may count as one channel.
        return InputType.Size % Options.NumberOfGroups == 0
            ? Options.NumberOfGroups
            : throw Mismatch($"a vector whose length is a multiple of {Options.NumberOfGroups} groups");
    }

    private Exception Mismatch(string expected) =>
        _context.ExceptSchemaMismatch("schema", "input", Options.InputColumnName, expected, Input.Type.ToString()!);

    private Exception BadRow(int length, long position, string expected) =>
        _context.Except($"Column '{Options.InputColumnName}': the row at position {position} has {length} values, but {expected}.");
}
