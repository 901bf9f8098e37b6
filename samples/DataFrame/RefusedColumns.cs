using Microsoft.Data.Analysis;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace MLNetGroupNorm.Samples.DataFrames;

/// <summary>Columns that group normalization does not take, what it says of them, and what helps.</summary>
internal static class RefusedColumns
{
    public static void Run(MLContext ml, Checks checks)
    {
        var vectors = new VBufferDataFrameColumn<float>("pixels", [Vector(1f, 2, 3, 4, 5, 6, 7, 8), Vector(4f, 3, 2, 1)]);
        var ints = new VBufferDataFrameColumn<int>("pixels", [Vector(1, 2, 3, 4, 5, 6, 7, 8), Vector(4, 3, 2, 1)]);
        var numbers = new SingleDataFrameColumn("pixels", [1f, 2f]);
        var unlike = new VBufferDataFrameColumn<float>("pixels", [Vector(1f, 2, 3, 4, 5, 6, 7, 8), Vector(4f, 3, 2)]);
        var normalize = ml.Transforms.GroupNormalize("pixels", numberOfGroups: 2, numberOfChannels: 4);
        var uncounted = ml.Transforms.GroupNormalize("pixels", numberOfGroups: 2);

        void Refused(string what, DataFrameColumn column, IEstimator<ITransformer> estimator, params string[] named)
        {
            string message = MessageOf(() => Normalize(column, estimator));
            Console.WriteLine($"{what}:\n    {message}");
            checks.That($"refused, with a message that names {string.Join(", ", named)}", named.All(message.Contains));
        }

        Refused("A column of int vectors", ints, normalize, "pixels", "Int32", "Single", "Double", "Byte");
        Refused("A column of numbers, not vectors", numbers, normalize, "pixels", "Single");
        Refused("Vectors, and no count of channels", vectors, uncounted, "pixels", "numberOfChannels");
        Refused("Rows of different lengths, one odd", unlike, normalize, "pixels", "position 1", "3 values", "4 channels");

        Console.WriteLine("What helps with int vectors: ConvertType before");
        var converted = ml.Transforms.Conversion.ConvertType("pixels", outputKind: DataKind.Single).Append(normalize);
        var pairs = Normalize(ints, converted).Zip(Normalize(vectors, normalize));
        checks.That("then they give what the same numbers as Single give",
            pairs.All(pair => pair.First.DenseValues().SequenceEqual(pair.Second.DenseValues())));
    }

    private static string MessageOf(Action refused)
    {
        try
        {
            refused();
            return "(no error)";
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            return exception.Message;
        }
    }

    private static VBufferDataFrameColumn<float> Normalize(DataFrameColumn column, IEstimator<ITransformer> estimator)
    {
        var frame = new DataFrame(column.Clone());
        return estimator.Fit(frame).Transform(frame).ToDataFrame(-1).Vectors("pixels");
    }

    private static VBuffer<T> Vector<T>(params T[] values) => new(values.Length, values);
}
