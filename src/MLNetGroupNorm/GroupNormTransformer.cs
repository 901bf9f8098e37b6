using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetGroupNorm.Pipeline;

namespace MLNetGroupNorm;

/// <summary>
/// The <see cref="ITransformer"/> that <see cref="GroupNormEstimator"/> makes: group normalization of one or more vector columns,
/// row by row.
/// </summary>
/// <remarks>
/// It holds its options and nothing that was learned from data, is immutable, and may be shared by threads. It is saved with
/// <c>mlContext.Model.Save</c> and loaded with <c>mlContext.Model.Load</c>, with nothing to register, wherever this library's
/// assembly can be found. ML.NET looks for it in <c>AssemblyLoadContext.Default</c>: a plugin that brings this library and shares
/// its host's ML.NET has to add a handler to <c>AssemblyLoadContext.Default.Resolving</c> that returns this assembly, before it
/// loads a model.
/// </remarks>
/// <seealso cref="GroupNormCatalog.GroupNormalize(TransformsCatalog, GroupNormEstimator.ColumnOptions[])"/>
public sealed partial class GroupNormTransformer : ITransformer
{
    private readonly IHost _host;

    internal GroupNormTransformer(IHostEnvironment env, IEnumerable<GroupNormEstimator.ColumnOptions> columns)
    {
        Contracts.CheckValue(env, nameof(env));
        _host = env.Register(nameof(GroupNormTransformer));
        Columns = columns.ToArray().AsReadOnly();
    }

    /// <summary>What is done to each column, as the estimator was told.</summary>
    public IReadOnlyList<GroupNormEstimator.ColumnOptions> Columns { get; }

    bool ITransformer.IsRowToRowMapper => true;

    /// <summary>The schema that <see cref="Transform"/> gives for an input of <paramref name="inputSchema"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An input column is missing, or its type or shape does not fit.</exception>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        return new ColumnBindings(inputSchema, new GroupNormRowMapper(_host, this, inputSchema).GetOutputColumns()).Schema;
    }

    /// <summary>
    /// A view of <paramref name="input"/> with the normalized columns added. Nothing is computed before a cursor asks for it.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">An input column is missing, or its type or shape does not fit.</exception>
    public IDataView Transform(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        return new GroupNormView(_host, this, input);
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        return new GroupNormView(_host, this, new EmptyDataView(_host, inputSchema));
    }
}
