using Microsoft.ML;
using Microsoft.ML.Data;
using MLNetGroupNorm.Kernel;

namespace MLNetGroupNorm.Pipeline;

/// <summary>Makes the delegates that normalize a row's value.</summary>
internal static class RowGetter
{
    private delegate void Normalize<TIn, TOut>(ReadOnlySpan<TIn> input, Span<TOut> output, in SampleShape shape,
        double epsilon, GroupNormAffine? affine);

    /// <summary>A getter of the normalized value of <paramref name="row"/>; the item type is chosen here, once.</summary>
    public static Delegate Create(DataViewRow row, ColumnBinding column)
    {
        var item = column.InputType.ItemType;
        if (item == NumberDataViewType.Double)
            return Create<double, double>(row, column, GroupNormKernel.Normalize);
        return item == NumberDataViewType.Byte
            ? Create<byte, float>(row, column, GroupNormKernel.Normalize)
            : Create<float, float>(row, column, GroupNormKernel.Normalize);
    }

    private static ValueGetter<VBuffer<TOut>> Create<TIn, TOut>(DataViewRow row, ColumnBinding column, Normalize<TIn, TOut> normalize)
    {
        var getSource = row.GetGetter<VBuffer<TIn>>(column.Input);
        double epsilon = column.Options.Epsilon;
        var affine = column.Options.Affine;
        // Buffers belong to the getter: a getter serves one cursor on one thread, the transformer many.
        var source = default(VBuffer<TIn>);
        TIn[] dense = [];

        return (ref VBuffer<TOut> destination) =>
        {
            getSource(ref source);
            var shape = column.ShapeOf(source.Length, row.Position);
            // A new buffer need not be cleared before every value of it is written.
            if (destination.Length == 0)
                destination = new VBuffer<TOut>(source.Length, GC.AllocateUninitializedArray<TOut>(source.Length));
            // The source may be memory that others own (a DataFrame hands out its own arrays): it is only read.
            var editor = VBufferEditor.Create(ref destination, source.Length);
            normalize(source.IsDense ? source.GetValues() : Densify(), editor.Values, shape, epsilon, affine);
            destination = editor.Commit();
        };

        ReadOnlySpan<TIn> Densify()
        {
            if (dense.Length < source.Length)
                dense = new TIn[source.Length];
            source.CopyTo(dense);
            return dense.AsSpan(0, source.Length);
        }
    }
}
