using Microsoft.ML;

namespace MLNetGroupNorm;

/// <summary>The fitted transform of <see cref="GroupNormEstimator"/>.</summary>
public sealed class GroupNormTransformer
{
    /// <summary>What is done to each column.</summary>
    public IReadOnlyList<GroupNormEstimator.ColumnOptions> Columns => throw new NotImplementedException();

    /// <summary>Transforms.</summary>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => throw new NotImplementedException();

    /// <summary>Transforms.</summary>
    public IDataView Transform(IDataView input) => throw new NotImplementedException();
}
