using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetGroupNorm.Kernel;

namespace MLNetGroupNorm.Pipeline;

/// <summary>One column's options bound to the schema column that they read: its type, its channels, the shape of its rows.</summary>
internal sealed class ColumnBinding
{
    private readonly IExceptionContext _context;
    private readonly int? _length;

    /// <summary>Finds the input column in a schema and checks that the options fit it.</summary>
    public ColumnBinding(IExceptionContext context, GroupNormEstimator.ColumnOptions options, DataViewSchema schema)
    {
        _context = context;
        Options = options;
        Input = schema.GetColumnOrNull(options.InputColumnName)
            ?? throw context.ExceptSchemaMismatch(nameof(schema), "input", options.InputColumnName);
        InputType = AcceptedType(context, Input);
        OutputType = new VectorDataViewType(ColumnTypes.OutputItem(InputType.ItemType),
            options.Dimensions is { } dimensions ? [.. dimensions] : InputType.Dimensions);

        _length = OutputType.IsKnownSize ? OutputType.Size : null;
        int channels = FindChannels();
        RowShape = new SampleShape(channels, options.NumberOfGroups, (_length ?? 0) / channels, options.Layout);
    }

    /// <summary>Checks that options fit a schema.</summary>
    public static void Check(IExceptionContext context, GroupNormEstimator.ColumnOptions options, DataViewSchema schema) =>
        _ = new ColumnBinding(context, options, schema);

    /// <summary>What is done to the column.</summary>
    public GroupNormEstimator.ColumnOptions Options { get; }

    /// <summary>The column that is read.</summary>
    public DataViewSchema.Column Input { get; }

    /// <summary>The type of the column that is read.</summary>
    public VectorDataViewType InputType { get; }

    /// <summary>The type of the column that is made: Byte made Single, in the options' dimensions, else in the input's.</summary>
    public VectorDataViewType OutputType { get; }

    /// <summary>The shape of every row of an output of known size; of variable size, its spatial size is 0.</summary>
    public SampleShape RowShape { get; }

    /// <summary>The shape of one row, by its length.</summary>
    /// <param name="length">The row's number of values.</param>
    /// <param name="position">The row's position, for the error.</param>
    public SampleShape ShapeOf(int length, long position)
    {
        if (length == _length)
            return RowShape;
        if (_length is not null)
            throw BadRow(length, position, (Options.Dimensions is { } dimensions
                ? $"dimensions: [{string.Join(", ", dimensions)}] declares {_length}. Leave dimensions out "
                : $"the column's type {InputType} declares {_length}. Leave the size out of the type ")
                + $"and pass numberOfChannels: {RowShape.Channels} where rows differ in size");
        if (length % RowShape.Channels != 0)
            throw BadRow(length, position, $"a multiple of the {RowShape.Channels} channels is expected");
        var shape = RowShape with { SpatialSize = length / RowShape.Channels };
        return shape.GroupLength == 1
            ? throw BadRow(length, position, $"each of {RowShape.Groups} groups must have more than one, "
                + "since to normalize a single value would erase it (use fewer groups)")
            : shape;
    }

    private static VectorDataViewType AcceptedType(IExceptionContext context, DataViewSchema.Column column)
    {
        var vector = column.Type as VectorDataViewType;
        var item = vector?.ItemType ?? column.Type;
        return vector is not null && ColumnTypes.IsAccepted(item)
            ? vector
            : throw ColumnTypes.Mismatch(context, column.Name, column.Type.ToString()!, item, item is KeyDataViewType,
                isVector: vector is not null);
    }

    /// <summary>The channels as the options give them or, where they do not, as the column's dimensions do.</summary>
    private int FindChannels()
    {
        var type = RowDimensions.OfType(InputType, Options.Layout);
        if (Options.Dimensions is { } dimensions
            && ChannelRule.FindLengthFault(RowDimensions.OfArgument(dimensions, Options.Layout), type) is { } otherLength)
            throw Refused(otherLength);

        // Dimensions give a shape to rows that have none, and may say that rows of any shape are one channel.
        bool reshapes = Options.Dimensions is not null && (type.AreFlat || Options.Channels!.Count == 1);
        if (ChannelRule.Join(Options.Channels, reshapes ? null : type, _length, Options.NumberOfGroups, out var channels) is { } fault)
            throw Refused(fault);
        if (channels is not null)
            return channels.Count;
        return ChannelRule.Divide(type, Options.NumberOfGroups, out int count) is { } unknown ? throw Refused(unknown) : count;
    }

    private Exception Refused(Fault fault) =>
        _context.ExceptUserArg(fault.Parameter, $"Column '{Options.InputColumnName}': {fault.Message}");

    private Exception BadRow(int length, long position, string expected) =>
        _context.Except($"Column '{Options.InputColumnName}': the row at position {position} has {length} values, but {expected}.");
}
