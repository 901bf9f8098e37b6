using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetGroupNorm.Pipeline;

namespace MLNetGroupNorm;

/// <summary>
/// Group normalization: in every row, the values of each group of channels get mean 0 and variance 1, then each channel its
/// optional weight and bias.
/// </summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
///
/// ###  Estimator Characteristics
/// |  |  |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Input column data type | Vector of <xref:System.Single>, <xref:System.Double> or <xref:System.Byte>, of known or variable size |
/// | Output column data type | The same vector, or one of `dimensions` where they are given, of <xref:System.Single>; of <xref:System.Double> for a <xref:System.Double> input |
/// | Required NuGet in addition to Microsoft.ML | MLNetGroupNorm |
/// | Exportable to ONNX | Yes, columns of known size and columns with `dimensions` |
///
/// A row holds one sample: a tensor of shape (C, spatial...) for channels first or (spatial..., C) for channels last. Its C
/// channels are split in index order into G groups of C / G contiguous channels. With $S$ the $n$ values of one group, over all
/// of its channels and all positions, each value $x$ of it, of channel $c$, becomes
///
/// $$ y = \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} \cdot weight_c + bias_c, \qquad
///    \mu = \frac{1}{n} \sum_{x \in S} x, \qquad \sigma^2 = \frac{1}{n} \sum_{x \in S} (x - \mu)^2 $$
///
/// The variance is the biased one (divided by $n$), $\epsilon$ is added to it inside the root, and $weight$ and $bias$ are those
/// of [GroupNormAffine](xref:MLNetGroupNorm.GroupNormAffine), 1 and 0 where absent. No statistic crosses rows and none is
/// learned, so rows get the same bits in any batch and on any machine. G = 1 is layer normalization over the whole sample, G = C
/// is instance normalization.
///
/// For Single and Byte columns the arithmetic between load and store is in double: every finite output is within 0.51 units in
/// the last place of the formula's exact value, plus $10^{-15} ((|x| + |\mu|) |a| + |bias_c|)$ with
/// $a = weight_c / \sqrt{\sigma^2 + \epsilon}$. For Double columns it is within 4 units while $|\mu| / \sigma \le 10^8$, beside the same term.
///
/// | In a group | Result |
/// | -- | -- |
/// | all values equal, $\epsilon > 0$ | exactly the bias |
/// | all values equal, $\epsilon = 0$ | NaN in that group |
/// | a NaN or an infinity | NaN in that group of that row, nothing elsewhere |
/// | a single value | an error, since normalizing would erase it |
///
/// Sparse rows count as their dense form, and the output is dense. Slot names are kept, and the output is annotated as
/// normalized. A row of another length than its column or `dimensions` declare, or of no multiple of C in a column of variable
/// size, is an error when it is read; an empty row of variable size stays empty.
///
/// Trainers take rows of a known size. Where rows differ in size, normalize them with `numberOfChannels`, and make features of
/// one length of them after it (a mean of each channel, say), or resize the images before it. Trainers learn from columns of
/// shape (C, H, W) too, but ONNX Runtime refuses the exported model unless a `Concatenate` before the trainer makes them flat.
///
/// The method is from Y. Wu and K. He, [Group Normalization](https://arxiv.org/abs/1803.08494), 2018.
///
/// Check the See Also section for links to usage examples.
/// ]]>
/// </format>
/// </remarks>
/// <seealso cref="GroupNormCatalog.GroupNormalize(TransformsCatalog, string, int, string?, int?, double, GroupNormAffine?, TensorLayout, int[])"/>
/// <seealso cref="GroupNormCatalog.GroupNormalize(TransformsCatalog, ColumnOptions[])"/>
/// <seealso cref="GroupNormalization"/>
public sealed partial class GroupNormEstimator : IEstimator<GroupNormTransformer>
{
    private readonly IHost _host;
    private readonly ColumnOptions[] _columns;

    internal GroupNormEstimator(IHostEnvironment env, params ColumnOptions[] columns)
    {
        Contracts.CheckValue(env, nameof(env));
        _host = env.Register(nameof(GroupNormEstimator));
        _host.CheckValue(columns, nameof(columns));
        if (columns.Length == 0)
            throw _host.ExceptUserArg(nameof(columns), "No columns are given. Give options for at least one.");
        if (Array.IndexOf(columns, null) is >= 0 and var absent)
            throw _host.ExceptUserArg(nameof(columns), $"columns[{absent}] is null. Give options for each column.");
        if (columns.GroupBy(column => column.Name).FirstOrDefault(same => same.Count() > 1) is { } repeated)
            throw _host.ExceptUserArg(nameof(columns), $"{repeated.Count()} columns are to be named '{repeated.Key}'. "
                + "Give every output column a name of its own.");
        _columns = [.. columns];
    }

    /// <summary>Checks that the columns of <paramref name="input"/> fit, and makes the transformer. No row is read.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An input column is missing or no vector of Single, Double or Byte; its channels are unknown, not those given, or not
    /// divided by the number of groups; it has another number of values than the dimensions given; or its groups would hold a
    /// single value each.
    /// </exception>
    public GroupNormTransformer Fit(IDataView input)
    {
        _host.CheckValue(input, nameof(input));
        foreach (var options in _columns)
            ColumnBinding.Check(_host, options, input.Schema);
        return new GroupNormTransformer(_host, _columns);
    }

    /// <summary>
    /// The shape of the schema that the transformer will give; checks what can be known without dimensions. Whether the type of a
    /// column of variable size tells its channels is for <see cref="Fit"/> to see.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// An input column is missing or is no vector of Single, Double or Byte.
    /// </exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        _host.CheckValue(inputSchema, nameof(inputSchema));
        var columns = inputSchema.ToDictionary(column => column.Name);
        foreach (var options in _columns)
            columns[options.Name] = OutputColumn(options, inputSchema);
        return new SchemaShape(columns.Values);
    }

    private SchemaShape.Column OutputColumn(ColumnOptions options, SchemaShape inputSchema)
    {
        if (!inputSchema.TryFindColumn(options.InputColumnName, out var input))
            throw _host.ExceptSchemaMismatch(nameof(inputSchema), "input", options.InputColumnName);
        bool isVector = input.Kind != SchemaShape.Column.VectorKind.Scalar;
        if (!isVector || input.IsKey || !ColumnTypes.IsAccepted(input.ItemType))
            throw ColumnTypes.Mismatch(_host, input.Name, input.GetTypeString(), input.ItemType, input.IsKey, isVector);

        var annotations = new List<SchemaShape.Column>();
        if (input.Annotations.TryFindColumn(AnnotationUtils.Kinds.SlotNames, out var slotNames))
            annotations.Add(slotNames);
        annotations.Add(new SchemaShape.Column(AnnotationUtils.Kinds.IsNormalized, SchemaShape.Column.VectorKind.Scalar,
            BooleanDataViewType.Instance, isKey: false));
        // Where nothing given says the channels of a column of variable size, its type may, known in part, which a shape does not show.
        // Fit sees it. Until then rows count as of known size: else a trainer further on would be the first to complain of them, and
        // beside the point.
        bool mayDiffer = options.Dimensions is null && options.Channels is not null;
        var kind = mayDiffer ? input.Kind : SchemaShape.Column.VectorKind.Vector;
        return new SchemaShape.Column(options.Name, kind, ColumnTypes.OutputItem(input.ItemType), isKey: false,
            new SchemaShape(annotations));
    }
}
