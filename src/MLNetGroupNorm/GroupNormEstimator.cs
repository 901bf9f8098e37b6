using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace MLNetGroupNorm;

/// <summary>Normalizes vector columns group by group of their channels.</summary>
public sealed partial class GroupNormEstimator
{
    internal GroupNormEstimator(IHostEnvironment env, params ColumnOptions[] columns) => throw new NotImplementedException();

    /// <summary>Fits.</summary>
    public GroupNormTransformer Fit(IDataView input) => throw new NotImplementedException();

    /// <summary>Fits.</summary>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => throw new NotImplementedException();
}
