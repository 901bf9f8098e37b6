using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;
using Microsoft.ML.Runtime;

namespace MLNetGroupNorm.Pipeline;

/// <summary>A data view with normalized columns added to those of its source.</summary>
/// <remarks>
/// The in-box view of row-to-row transforms splits a source's single cursor over threads and gathers the rows again, which
/// costs several times the normalization itself. This one normalizes where the row is read, and offers a set of
/// cursors where its source does.
/// </remarks>
internal sealed class GroupNormView : RowToRowTransformBase, IRowToRowMapper, ITransformCanSaveOnnx, ITransformTemplate
{
    private readonly GroupNormTransformer _transformer;
    private readonly GroupNormRowMapper _mapper;
    private readonly ColumnBindings _bindings;

    public GroupNormView(IHostEnvironment env, GroupNormTransformer transformer, IDataView input)
        : base(env, nameof(GroupNormView), input)
    {
        _transformer = transformer;
        _mapper = new GroupNormRowMapper(Host, transformer, input.Schema);
        _bindings = new ColumnBindings(input.Schema, _mapper.GetOutputColumns());
    }

    public override DataViewSchema OutputSchema => _bindings.Schema;

    public DataViewSchema InputSchema => Source.Schema;

    public override DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var active = ActiveColumns(columnsNeeded);
        return Array.ConvertAll(Source.GetRowCursorSet(NeededColumns(active), n, rand), input => WithGetters(input, active));
    }

    IEnumerable<DataViewSchema.Column> IRowToRowMapper.GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        NeededColumns(ActiveColumns(dependingColumns));

    DataViewRow IRowToRowMapper.GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        Host.CheckValue(input, nameof(input));
        Host.CheckParam(input.Schema == InputSchema, nameof(input), "The row has another schema than the mapper is bound to.");
        return new GroupNormRow(input, _bindings, Getters(input, ActiveColumns(activeColumns)));
    }

    bool ICanSaveOnnx.CanSaveOnnx(OnnxContext ctx) => _mapper.CanSaveOnnx(ctx);

    void ISaveAsOnnx.SaveAsOnnx(OnnxContext ctx) => _mapper.SaveAsOnnx(ctx);

    IDataTransform ITransformTemplate.ApplyToData(IHostEnvironment env, IDataView newSource) =>
        new GroupNormView(env, _transformer, newSource);

    protected override void SaveModel(ModelSaveContext ctx) => ((ICanSaveModel)_transformer).Save(ctx);

    /// <summary>Never split for this view's sake; where none of its columns are asked for, the source decides.</summary>
    protected override bool? ShouldUseParallelCursors(Func<int, bool> predicate) =>
        _bindings.AddedColumnIndices.Any(predicate) ? false : null;

    protected override DataViewRowCursor GetRowCursorCore(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = ActiveColumns(columnsNeeded);
        return WithGetters(Source.GetRowCursor(NeededColumns(active), rand), active);
    }

    /// <summary>Which columns of the output schema are asked for, by index.</summary>
    private bool[] ActiveColumns(IEnumerable<DataViewSchema.Column> columns)
    {
        Host.CheckValue(columns, nameof(columns));
        var active = new bool[OutputSchema.Count];
        foreach (var column in columns)
        {
            if (column.Index >= active.Length || OutputSchema[column.Index].Name != column.Name)
                throw Host.ExceptParam(nameof(columns), $"Column '{column.Name}' is not of this view's schema.");
            active[column.Index] = true;
        }

        return active;
    }

    /// <summary>The source's columns that active columns are, or are made of.</summary>
    private IEnumerable<DataViewSchema.Column> NeededColumns(bool[] active)
    {
        var passed = _bindings.GetActiveInput(column => active[column]);
        var read = _mapper.GetDependencies(added => active[_bindings.AddedColumnIndices[added]]);
        return InputSchema.Where(column => passed[column.Index] || read(column.Index));
    }

    private Delegate?[] Getters(DataViewRow input, bool[] active) =>
        _mapper.CreateGetters(input, added => active[_bindings.AddedColumnIndices[added]], out _);

    private GroupNormCursor WithGetters(DataViewRowCursor input, bool[] active) =>
        new(Host, input, _bindings, Getters(input, active));
}
