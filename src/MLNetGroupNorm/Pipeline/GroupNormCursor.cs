using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNetGroupNorm.Pipeline;

/// <summary>A cursor over the source's rows, in step with it, with normalized columns added.</summary>
internal sealed class GroupNormCursor(IChannelProvider provider, DataViewRowCursor input, ColumnBindings bindings, Delegate?[] addedGetters)
    : SynchronizedCursorBase(provider, input)
{
    private readonly BoundColumns _columns = new(input, bindings, addedGetters);

    public override DataViewSchema Schema => _columns.Schema;

    public override bool IsColumnActive(DataViewSchema.Column column) => _columns.IsActive(column);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _columns.GetGetter<TValue>(column);
}
