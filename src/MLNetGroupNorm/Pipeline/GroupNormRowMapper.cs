using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace MLNetGroupNorm.Pipeline;

/// <summary>A transformer bound to an input schema: which columns it makes, which it needs, and the getters between them.</summary>
internal sealed partial class GroupNormRowMapper : IRowMapper
{
    private readonly IHost _host;
    private readonly GroupNormTransformer _transformer;
    private readonly ColumnBinding[] _columns;

    public GroupNormRowMapper(IHost host, GroupNormTransformer transformer, DataViewSchema inputSchema)
    {
        _host = host;
        _transformer = transformer;
        _columns = [.. transformer.Columns.Select(options => new ColumnBinding(host, options, inputSchema))];
    }

    public DataViewSchema.DetachedColumn[] GetOutputColumns() => Array.ConvertAll(_columns, column =>
    {
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.Add(column.Input.Annotations, kind => kind == AnnotationUtils.Kinds.SlotNames);
        annotations.Add(AnnotationUtils.Kinds.IsNormalized, BooleanDataViewType.Instance, (ref bool value) => value = true);
        return new DataViewSchema.DetachedColumn(column.Options.Name, column.OutputType, annotations.ToAnnotations());
    });

    public Func<int, bool> GetDependencies(Func<int, bool> activeOutput)
    {
        var needed = _columns.Where((_, i) => activeOutput(i)).Select(column => column.Input.Index).ToHashSet();
        return needed.Contains;
    }

    public Delegate?[] CreateGetters(DataViewRow input, Func<int, bool> activeOutput, out Action? disposer)
    {
        disposer = null;
        return [.. _columns.Select((column, i) => activeOutput(i) ? RowGetter.Create(input, column) : null)];
    }

    public ITransformer GetTransformer() => _transformer;

    void ICanSaveModel.Save(ModelSaveContext ctx) => ((ICanSaveModel)_transformer).Save(ctx);
}
