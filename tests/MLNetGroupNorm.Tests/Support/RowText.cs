using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetGroupNorm.Tests.Support;

/// <summary>Rows as text, to compare views whole: values whose bits differ differ in it.</summary>
internal static class RowText
{
    /// <summary>The values of all rows in the columns that are not hidden.</summary>
    public static List<string[]> Visible(IDataView view)
    {
        var columns = view.Schema.Where(column => !column.IsHidden).ToArray();
        using var cursor = view.GetRowCursor(columns);
        return [.. Snapshot(cursor, columns).Select(row => row.Where((_, i) => columns.Any(column => column.Index == i)).ToArray())];
    }

    /// <summary>The values of all rows in some columns, each at the column's index.</summary>
    public static List<string[]> Snapshot(IDataView view, IReadOnlyCollection<DataViewSchema.Column> columns)
    {
        using var cursor = view.GetRowCursor(columns);
        return Snapshot(cursor, columns);
    }

    /// <summary>The same of the rows that a cursor gives.</summary>
    public static List<string[]> Snapshot(DataViewRowCursor cursor, IReadOnlyCollection<DataViewSchema.Column> columns)
    {
        var getters = columns.ToDictionary(column => column.Index, column => Getter(cursor, column));
        var rows = new List<string[]>();
        while (cursor.MoveNext())
            rows.Add([.. Enumerable.Range(0, cursor.Schema.Count).Select(i => getters.TryGetValue(i, out var getter) ? getter() : "")]);
        return rows;
    }

    /// <summary>Reads one column of the current row.</summary>
    public static Func<string> Getter(DataViewRow row, DataViewSchema.Column column)
    {
        return column.Type.RawType switch
        {
            var type when type == typeof(int) => Make<int>(),
            var type when type == typeof(float) => Make<float>(),
            var type when type == typeof(ReadOnlyMemory<char>) => Make<ReadOnlyMemory<char>>(),
            var type when type == typeof(VBuffer<float>) => MakeVector<float>(),
            var type when type == typeof(VBuffer<byte>) => MakeVector<byte>(),
            var type => throw new NotSupportedException(type.Name),
        };

        Func<string> Make<T>()
        {
            var getter = row.GetGetter<T>(column);
            return () =>
            {
                T value = default!;
                getter(ref value);
                return value!.ToString()!;
            };
        }

        Func<string> MakeVector<T>()
        {
            var getter = row.GetGetter<VBuffer<T>>(column);
            return () =>
            {
                VBuffer<T> value = default;
                getter(ref value);
                return string.Join(" ", value.DenseValues());
            };
        }
    }
}
