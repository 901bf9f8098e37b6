using System.Numerics;
using Microsoft.ML;
using MLNetGroupNorm.Tests.Support;

namespace MLNetGroupNorm.Tests.Persistence;

/// <summary>A kind of column of which a saved model is kept: what it is made of, and the rows that it is asked for.</summary>
public sealed record FixtureColumn(string Version, Type Item, FixtureColumn.ShapeKind Shape, TensorLayout Layout)
{
    private const int Channels = 4;

    private static readonly Type[] _items = [typeof(float), typeof(double), typeof(byte)];
    private static readonly string[] _versions = ["1.0", "1.1"];

    /// <summary>What tells the shape of rows: the column's type, the channels alone, or the argument dimensions.</summary>
    public enum ShapeKind
    {
        Known,
        Variable,
        Dimensions,
    }

    /// <summary>Every kind of column there is, as each version of the model's format saved it.</summary>
    public static IEnumerable<FixtureColumn> All =>
        from version in _versions
        from item in _items
        from shape in Enum.GetValues<ShapeKind>()
        where version != "1.0" || shape != ShapeKind.Dimensions
        from layout in Enum.GetValues<TensorLayout>()
        select new FixtureColumn(version, item, shape, layout);

    /// <summary>The name of its two files: the version of the library that wrote them, and the kind.</summary>
    public string Name => $"{Version}-{Item.Name}-{Shape}-{Layout}";

    /// <summary>Whether that version computed as this one does: the sums of doubles changed with 1.1.</summary>
    public bool HasBitsOfThisVersion => Version != "1.0" || Item != typeof(double);

    /// <summary>The model that is saved, fitted to <see cref="Rows"/>.</summary>
    public ITransformer Model(MLContext mlContext) => mlContext.Transforms.GroupNormalize(
        Views.Output, 2, Views.Input, Channels, 1e-3, new GroupNormAffine([1f, -0.5f, 3f, 0.1f], [0f, 2f, -1f, 0.75f]), Layout,
        Shape == ShapeKind.Dimensions ? Dimensions : null).Fit(Rows(mlContext));

    private int[] Dimensions => Layout == TensorLayout.ChannelsFirst ? [Channels, 5, 7] : [5, 7, Channels];

    /// <summary>The rows: of one length where it is known.</summary>
    public IDataView Rows(MLContext mlContext) =>
        Item == typeof(float) ? Rows<float>(mlContext) : Item == typeof(double) ? Rows<double>(mlContext) : Rows<byte>(mlContext);

    /// <summary>The bits of each row that a model makes of <see cref="Rows"/>, in hexadecimal.</summary>
    public string Output(MLContext mlContext, ITransformer model)
    {
        var view = model.Transform(Rows(mlContext));
        var rows = Item == typeof(double)
            ? view.Rows<double>().Select(row => row.Select(value => $"{BitConverter.DoubleToInt64Bits(value):x16}"))
            : view.Rows<float>().Select(row => row.Select(value => $"{BitConverter.SingleToInt32Bits(value):x8}"));
        return string.Concat(rows.Select(row => string.Join(" ", row) + "\n"));
    }

    private IDataView Rows<T>(MLContext mlContext) where T : INumberBase<T>
    {
        int[] positions = Shape == ShapeKind.Variable ? [1, 6, 131] : [35, 35];
        int[] dimensions = Shape == ShapeKind.Known ? Dimensions : [];
        return Views.Of(mlContext, positions.Select((length, row) => Row<T>(row, length * Channels)), dimensions);
    }

    // By a formula, so that it stays the same for ever: whole numbers that a byte holds, and tenths where they are not bytes, so
    // that sums are not exact and tell the order of summation.
    private static T[] Row<T>(int row, int length) where T : INumberBase<T> => [.. Enumerable.Range(0, length).Select(
        i => T.CreateChecked((i * i * 7 + i * 3 + row * 31) % 251) + T.CreateChecked(i % 7) / T.CreateChecked(10))];
}
