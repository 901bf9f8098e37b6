using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNetGroupNorm.Pipeline;

/// <summary>The columns of one row: those of its input, passed through, and those added, each with its getter if active.</summary>
internal readonly struct BoundColumns(DataViewRow input, ColumnBindings bindings, Delegate?[] addedGetters)
{
    public DataViewSchema Schema => bindings.Schema;

    public bool IsActive(DataViewSchema.Column column)
    {
        int index = Map(column, out bool isInput);
        return isInput ? input.IsColumnActive(input.Schema[index]) : addedGetters[index] is not null;
    }

    public ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        int index = Map(column, out bool isInput);
        if (isInput)
            return input.GetGetter<TValue>(input.Schema[index]);
        var getter = addedGetters[index]
            ?? throw Contracts.ExceptParam(nameof(column), $"Column '{column.Name}' was not asked for when the row was requested.");
        return getter as ValueGetter<TValue>
            ?? throw Contracts.ExceptParam(nameof(column), $"Column '{column.Name}' has values of type {column.Type.RawType}, "
                + $"not {typeof(TValue)}.");
    }

    private int Map(DataViewSchema.Column column, out bool isInput)
    {
        Contracts.CheckParam(column.Index < Schema.Count, nameof(column), "The column is not of this row's schema.");
        return bindings.MapColumnIndex(out isInput, column.Index);
    }
}
