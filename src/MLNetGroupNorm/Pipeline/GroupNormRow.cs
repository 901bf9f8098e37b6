using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetGroupNorm.Pipeline;

/// <summary>One row of the source with normalized columns added.</summary>
internal sealed class GroupNormRow(DataViewRow input, ColumnBindings bindings, Delegate?[] addedGetters) : WrappingRow(input)
{
    private readonly BoundColumns _columns = new(input, bindings, addedGetters);

    public override DataViewSchema Schema => _columns.Schema;

    public override bool IsColumnActive(DataViewSchema.Column column) => _columns.IsActive(column);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _columns.GetGetter<TValue>(column);
}
