using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetGroupNorm.Pipeline;
using MLNetGroupNorm.Tests.Support;
using Options = MLNetGroupNorm.GroupNormEstimator.ColumnOptions;

namespace MLNetGroupNorm.Tests.Pipeline;

/// <summary>What ML.NET's own estimator test checks of a view, and what pipelines do with one.</summary>
public sealed partial class GroupNormViewTests
{
    private const int Rows = 101;
    private readonly MLContext _mlContext = new(seed: 1);
    private readonly IDataView _data;
    private readonly ITransformer _model;
    private readonly IDataView _view;

    public GroupNormViewTests()
    {
        _data = _mlContext.Data.LoadFromEnumerable(Enumerable.Range(0, Rows).Select(i => new Sample
        {
            Number = i,
            Label = i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c",
            Pixels = Values.Byte(i, 12),
            Features = Values.Single(i, 12),
            Target = i % 7,
        }));
        _model = _mlContext.Transforms.GroupNormalize(
            new Options("Normalized", 3, "Features"), new Options("Pixels", 2), new Options("Features", 4)).Fit(_data);
        _view = _model.Transform(_data);
    }

    [Fact]
    public void Columns_that_are_replaced_are_hidden_and_come_right_before_the_new_ones()
    {
        Assert.Equal(["Number", "Label", "Pixels", "Pixels", "Features", "Features", "Target", "Normalized"],
            _view.Schema.Select(column => column.Name));
        Assert.Equal([2, 4], _view.Schema.Where(column => column.IsHidden).Select(column => column.Index));
        Assert.Equal(_view.Schema.Select(c => (c.Name, c.Type)), _model.GetOutputSchema(_data.Schema).Select(c => (c.Name, c.Type)));
    }

    [Fact]
    public void A_column_reads_the_input_also_where_another_one_replaces_it() =>
        Assert.Equal(
            _mlContext.Transforms.GroupNormalize("Alone", 3, "Features").Fit(_data).Transform(_data).Rows<float>("Alone"),
            _view.Rows<float>("Normalized"));

    [Fact]
    public void Values_are_the_same_whichever_columns_are_active()
    {
        var all = RowText.Snapshot(_view, _view.Schema);
        var subsets = Enumerable.Range(0, _view.Schema.Count).Select(i => new[] { _view.Schema[i] })
            .Append([.. _view.Schema.Where(column => column.Index % 2 == 0)])
            .Append([.. _view.Schema.Where(column => column.Index % 2 == 1)])
            .Append([]);

        foreach (var columns in subsets)
        {
            var some = RowText.Snapshot(_view, columns);
            Assert.Equal(all.Count, some.Count);
            foreach (var (one, other) in all.Zip(some))
                Assert.All(columns, column => Assert.Equal(one[column.Index], other[column.Index]));
        }
    }

    [Fact]
    public void Only_asked_for_columns_are_active_and_others_are_refused()
    {
        using var cursor = _view.GetRowCursor([_view.Schema["Target"]]);

        Assert.Equal(["Target"], _view.Schema.Where(cursor.IsColumnActive).Select(column => column.Name));
        using var normalized = _view.GetRowCursor([_view.Schema["Normalized"]]);
        Assert.True(normalized.IsColumnActive(_view.Schema["Normalized"]));
        Assert.False(normalized.IsColumnActive(_view.Schema["Pixels"]));
        Assert.Contains("'Normalized' was not asked for",
            Assert.ThrowsAny<ArgumentException>(() => cursor.GetGetter<VBuffer<float>>(_view.Schema["Normalized"])).Message);
        Assert.ThrowsAny<Exception>(() => cursor.GetGetter<float>(_view.Schema["Number"]));
    }

    [Fact]
    public void No_threads_are_started_for_what_the_view_computes()
    {
        var view = _model.Transform(_mlContext.Data.Cache(_data));

        // One of several columns that are added, and all of them.
        foreach (var columns in new[] { [view.Schema["Normalized"]], [view.Schema["Target"], view.Schema["Pixels"]], view.Schema.ToArray() })
        {
            using var cursor = view.GetRowCursor(columns);
            Assert.IsType<GroupNormCursor>(cursor);
        }

        // For what it only passes on, the source decides, which here has several cursors.
        using var passed = view.GetRowCursor([view.Schema["Target"]]);
        Assert.IsNotType<GroupNormCursor>(passed);
    }

    [Fact]
    public void Null_is_an_error()
    {
        var mapper = _model.GetRowToRowMapper(_data.Schema);
        using var row = _data.GetRowCursor(_data.Schema);

        Assert.Throws<ArgumentNullException>("columns", () => mapper.GetDependencies(null!).ToArray());
        Assert.Throws<ArgumentNullException>("columns", () => mapper.GetRow(row, null!));
        Assert.Throws<ArgumentNullException>("columns", () => _view.GetRowCursorSet(null!, 2));
        Assert.Throws<ArgumentNullException>("input", () => mapper.GetRow(null!, mapper.OutputSchema));
    }

    [Fact]
    public void Columns_of_another_schema_are_refused()
    {
        var larger = _mlContext.Transforms.CopyColumns("One more", "Target").Fit(_view).Transform(_view).Schema;
        var mapper = _model.GetRowToRowMapper(_data.Schema);
        using var cursor = _view.GetRowCursor(_view.Schema);
        var last = _view.Schema[^1];
        var next = larger[_view.Schema.Count];

        // The index of one of the view's columns with another name; and the first index that the view has not.
        foreach (var column in new[] { _data.Schema["Features"], next })
        {
            Assert.Contains($"'{column.Name}'", Refused(() => mapper.GetDependencies([column]).ToArray()).Message);
            Assert.Contains($"'{column.Name}'", Refused(() => _view.GetRowCursorSet([column], 2)).Message);
            // ML.NET looks at these before the view does.
            Assert.ThrowsAny<Exception>(() => _view.GetRowCursor([column]));
        }

        Assert.True(cursor.IsColumnActive(last));
        Assert.NotNull(cursor.GetGetter<VBuffer<float>>(last));
        Refused(() => cursor.IsColumnActive(next));
        Refused(() => cursor.GetGetter<float>(next));

        static ArgumentException Refused(Func<object> call)
        {
            var error = Assert.ThrowsAny<ArgumentException>(call);
            Assert.Contains("schema", error.Message, StringComparison.OrdinalIgnoreCase);
            return error;
        }
    }

    [Fact]
    public void A_row_of_another_schema_is_refused_by_the_row_mapper()
    {
        var mapper = _model.GetRowToRowMapper(_data.Schema);
        using var other = _view.GetRowCursor(_view.Schema);

        Assert.Contains("another schema", Assert.ThrowsAny<ArgumentException>(() => mapper.GetRow(other, mapper.OutputSchema)).Message);
    }

    [Fact]
    public void A_getter_of_another_type_is_refused_with_both_types()
    {
        using var cursor = _view.GetRowCursor(_view.Schema);

        var error = Assert.ThrowsAny<Exception>(() => cursor.GetGetter<VBuffer<double>>(_view.Schema["Normalized"]));

        Assert.Contains("'Normalized'", error.Message);
        Assert.Contains("Double", error.Message);
        Assert.Contains("Single", error.Message);
    }

    [Fact]
    public void Row_count_ids_and_batches_pass_through()
    {
        var list = _mlContext.Data.LoadFromEnumerable(new List<Sample>(Enumerable.Range(0, 5).Select(i => new Sample { Number = i })));
        Assert.Equal(list.GetRowCount(), _model.Transform(list).GetRowCount());
        Assert.Equal(_data.CanShuffle, _view.CanShuffle);

        using var source = _data.GetRowCursor(_data.Schema);
        using var cursor = _view.GetRowCursor(_view.Schema);
        var sourceId = source.GetIdGetter();
        var id = cursor.GetIdGetter();
        var seen = new HashSet<DataViewRowId>();
        while (source.MoveNext())
        {
            Assert.True(cursor.MoveNext());
            DataViewRowId expected = default, actual = default;
            sourceId(ref expected);
            id(ref actual);
            Assert.Equal(expected, actual);
            Assert.True(seen.Add(actual));
            Assert.Equal(source.Position, cursor.Position);
            Assert.Equal(source.Batch, cursor.Batch);
        }

        Assert.False(cursor.MoveNext());
        Assert.Equal(Rows, seen.Count);
    }

    [Fact]
    public void A_source_with_one_cursor_is_not_split_and_one_with_a_set_is_passed_through()
    {
        Assert.Single(_view.GetRowCursorSet(_view.Schema, 4));

        var cached = _mlContext.Data.Cache(_data);
        var view = _model.Transform(cached);
        int offered = cached.GetRowCursorSet(cached.Schema, 3).Length;
        var cursors = view.GetRowCursorSet(view.Schema, 3);
        Assert.True(offered > 1);
        Assert.Equal(offered, cursors.Length);

        var rows = cursors.SelectMany(cursor => RowText.Snapshot(cursor, view.Schema)).OrderBy(row => int.Parse(row[0]));
        Assert.Equal(RowText.Snapshot(_view, _view.Schema), rows);
    }

    [Fact]
    public void Shuffled_cached_and_taken_rows_are_the_same_rows()
    {
        var all = RowText.Snapshot(_view, _view.Schema);
        var cachedSource = _model.Transform(_mlContext.Data.Cache(_data));
        var shuffled = _mlContext.Data.ShuffleRows(_mlContext.Data.Cache(_view), seed: 5);
        var shuffledSource = _model.Transform(_mlContext.Data.ShuffleRows(_data, seed: 5));

        Assert.Equal(all, RowText.Snapshot(cachedSource, cachedSource.Schema));
        foreach (var view in new[] { shuffled, shuffledSource })
        {
            var rows = RowText.Visible(view);
            Assert.NotEqual(RowText.Visible(_view), rows);
            Assert.Equal(RowText.Visible(_view), rows.OrderBy(row => int.Parse(row[0])));
        }

        using var random = cachedSource.GetRowCursor(cachedSource.Schema, new Random(3));
        Assert.Equal(all, RowText.Snapshot(random, cachedSource.Schema).OrderBy(row => int.Parse(row[0])));
        Assert.Equal(RowText.Visible(_view).Skip(10).Take(5), RowText.Visible(_mlContext.Data.TakeRows(_mlContext.Data.SkipRows(_view, 10), 5)));
        int target = RowText.Visible(_view)[0].Length - 2;
        Assert.Equal(RowText.Visible(_view).Where(row => float.Parse(row[target]) is >= 2 and < 4),
            RowText.Visible(_mlContext.Data.FilterRowsByColumn(_view, "Target", 2, 4)));
    }

    [Fact]
    public void Transforms_and_caches_before_and_after_change_nothing()
    {
        var pipeline = _mlContext.Transforms.CopyColumns("Copy", "Features")
            .AppendCacheCheckpoint(_mlContext)
            .Append(_mlContext.Transforms.GroupNormalize("Normalized", 3, "Copy"))
            .Append(_mlContext.Transforms.Concatenate("Twice", "Normalized", "Normalized"));

        var twice = pipeline.Fit(_data).Transform(_data).Rows<float>("Twice");

        Assert.Equal(_view.Rows<float>("Normalized").Select(row => row.Concat(row)), twice);
    }

    [Fact]
    public void The_row_mapper_gives_what_the_view_gives()
    {
        var mapper = _model.GetRowToRowMapper(_data.Schema);
        Assert.True(_model.IsRowToRowMapper);
        var all = RowText.Snapshot(_view, _view.Schema);

        using var input = _data.GetRowCursor(_data.Schema);
        using var row = mapper.GetRow(input, mapper.OutputSchema);
        var rows = new List<string[]>();
        var getters = mapper.OutputSchema.Select(column => RowText.Getter(row, column)).ToArray();
        while (input.MoveNext())
            rows.Add([.. getters.Select(getter => getter())]);

        Assert.Equal(all, rows);
        Assert.Equal(["Features"], mapper.GetDependencies([mapper.OutputSchema["Normalized"]]).Select(column => column.Name));
        Assert.Equal(["Target"], mapper.GetDependencies([mapper.OutputSchema["Target"]]).Select(column => column.Name));
        Assert.Equal(["Features"], mapper.GetDependencies([mapper.OutputSchema["Features"]]).Select(column => column.Name));
    }

    [Fact]
    public void A_preview_shows_the_normalized_values()
    {
        var preview = _view.Preview(maxRows: 3);

        Assert.Equal(3, preview.RowView.Length);
        Assert.Equal(_view.Rows<float>("Normalized")[2],
            ((VBuffer<float>)preview.RowView[2].Values.Single(pair => pair.Key == "Normalized").Value).DenseValues());
    }

    private sealed class Sample
    {
        public int Number { get; set; }

        public string Label { get; set; } = "";

        [VectorType(6, 2)]
        public byte[] Pixels { get; set; } = new byte[12];

        [VectorType(12)]
        public float[] Features { get; set; } = new float[12];

        public float Target { get; set; }
    }
}
