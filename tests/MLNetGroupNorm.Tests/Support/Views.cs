using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetGroupNorm.Tests.Support;

/// <summary>Data views with one column of vectors, made of rows in memory.</summary>
internal static class Views
{
    public const string Input = "Input";
    public const string Output = "Output";

    /// <summary>A view of dense rows; with no dimensions, its column is of variable size.</summary>
    public static IDataView Of<T>(MLContext mlContext, IEnumerable<T[]> rows, params int[] dimensions) =>
        Of(mlContext, rows.Select(row => new VBuffer<T>(row.Length, row)), dimensions);

    /// <summary>A view of rows, dense or sparse; with no dimensions, its column is of variable size.</summary>
    public static IDataView Of<T>(MLContext mlContext, IEnumerable<VBuffer<T>> rows, params int[] dimensions)
    {
        var schema = SchemaDefinition.Create(typeof(Row<T>));
        schema[Input].ColumnType = new VectorDataViewType(Item<T>(), dimensions.Length == 0 ? [0] : dimensions);
        return mlContext.Data.LoadFromEnumerable(rows.Select(row => new Row<T> { Input = row }), schema);
    }

    /// <summary>The rows of a column, dense.</summary>
    public static T[][] Rows<T>(this IDataView view, string column = Output) =>
        [.. view.GetColumn<VBuffer<T>>(view.Schema[column]).Select(row => row.DenseValues().ToArray())];

    public static PrimitiveDataViewType Item<T>() => typeof(T) switch
    {
        var type when type == typeof(float) => NumberDataViewType.Single,
        var type when type == typeof(double) => NumberDataViewType.Double,
        var type when type == typeof(byte) => NumberDataViewType.Byte,
        var type when type == typeof(int) => NumberDataViewType.Int32,
        var type => throw new NotSupportedException(type.Name),
    };

    private sealed class Row<T>
    {
        public VBuffer<T> Input { get; set; }
    }
}
