using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Runtime;
using Options = MLNetGroupNorm.GroupNormEstimator.ColumnOptions;

namespace MLNetGroupNorm.Pipeline;

/// <summary>How columns' options stand in a model file, sealed by a checksum: parameters never change silently.</summary>
internal static class ColumnsFormat
{
    private const byte HasWeight = 1;
    private const byte HasBias = 2;

    public static void Write(BinaryWriter writer, IReadOnlyCollection<Options> columns)
    {
        // *** Binary format ***
        // int: length of the content in bytes
        // content:
        //   int: number of columns
        //   for each column
        //     string: output column, length-prefixed UTF-8
        //     string: input column
        //     int: number of groups
        //     int: number of channels, 0 where not given
        //     double: epsilon
        //     byte: layout; 0 channels first, 1 channels last
        //     byte: parameters; 1 has weight, 2 has bias
        //     where it has any
        //       int: number of parameters
        //       float[]: weight, if it has one
        //       float[]: bias, if it has one
        // byte[32]: SHA-256 of the content
        using var content = new MemoryStream();
        using (var contentWriter = new BinaryWriter(content, Encoding.UTF8, leaveOpen: true))
        {
            contentWriter.Write(columns.Count);
            foreach (var column in columns)
                Write(contentWriter, column);
        }

        writer.Write((int)content.Length);
        writer.Write(content.GetBuffer(), 0, (int)content.Length);
        writer.Write(SHA256.HashData(content.GetBuffer().AsSpan(0, (int)content.Length)));
    }

    public static Options[] Read(BinaryReader reader, IExceptionContext context)
    {
        // *** Binary format ***
        // as Write says
        var stream = reader.BaseStream;
        if (stream.Length - stream.Position < sizeof(int))
            throw Damaged(context, "it ends before its length");
        int length = reader.ReadInt32();
        if (length < 0 || stream.Length - stream.Position - SHA256.HashSizeInBytes < length)
            throw Damaged(context, $"it ends before the {(uint)length} bytes it announces");
        byte[] content = reader.ReadBytes(length);
        if (!SHA256.HashData(content).AsSpan().SequenceEqual(reader.ReadBytes(SHA256.HashSizeInBytes)))
            throw Damaged(context, "its checksum does not match");

        try
        {
            using var contentReader = new BinaryReader(new MemoryStream(content), Encoding.UTF8);
            var columns = new List<Options>();
            for (int left = contentReader.ReadInt32(); left > 0; left--)
                columns.Add(ReadColumn(contentReader, context));
            if (columns.DistinctBy(column => column.Name).Count() < columns.Count)
                throw Damaged(context, "two of its columns have one name");
            return contentReader.BaseStream.Position == length && columns.Count > 0
                ? [.. columns]
                : throw Damaged(context, $"it holds {columns.Count} columns and {length - contentReader.BaseStream.Position} bytes more");
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            throw Damaged(context, e.Message);
        }
    }

    private static void Write(BinaryWriter writer, Options column)
    {
        writer.Write(column.Name);
        writer.Write(column.InputColumnName);
        writer.Write(column.NumberOfGroups);
        writer.Write(column.NumberOfChannels ?? 0);
        writer.Write(column.Epsilon);
        writer.Write((byte)column.Layout);
        var affine = column.Affine;
        writer.Write((byte)((affine?.Weight is null ? 0 : HasWeight) | (affine?.Bias is null ? 0 : HasBias)));
        if (affine is null)
            return;
        writer.Write(affine.NumberOfChannels);
        foreach (float value in affine.WeightSpan)
            writer.Write(value);
        foreach (float value in affine.BiasSpan)
            writer.Write(value);
    }

    private static Options ReadColumn(BinaryReader reader, IExceptionContext context)
    {
        string name = ReadName(reader);
        string inputColumnName = ReadName(reader);
        int numberOfGroups = reader.ReadInt32();
        int numberOfChannels = reader.ReadInt32();
        double epsilon = reader.ReadDouble();
        byte layout = reader.ReadByte();
        byte parameters = reader.ReadByte();
        if (layout > (byte)TensorLayout.ChannelsLast || parameters > (HasWeight | HasBias))
            throw context.ExceptDecode($"The group normalization of column '{name}' has layout {layout} and parameters of kind {parameters}, "
                + "which this version of MLNetGroupNorm does not know. Load the model with the version that saved it, or a newer one.");
        int count = parameters == 0 ? 0 : reader.ReadInt32();
        float[]? weight = (parameters & HasWeight) == 0 ? null : ReadFloats(reader, count);
        float[]? bias = (parameters & HasBias) == 0 ? null : ReadFloats(reader, count);
        return new Options(name, numberOfGroups, inputColumnName, numberOfChannels == 0 ? null : numberOfChannels, epsilon,
            parameters == 0 ? null : new GroupNormAffine(weight, bias), (TensorLayout)layout);
    }

    private static string ReadName(BinaryReader reader)
    {
        try
        {
            return reader.ReadString();
        }
        catch (FormatException e)
        {
            throw new IOException("a name has no length", e);
        }
    }

    private static float[] ReadFloats(BinaryReader reader, int count)
    {
        // Checked before anything is allocated for it.
        if (count < 0 || count > (reader.BaseStream.Length - reader.BaseStream.Position) / sizeof(float))
            throw new EndOfStreamException($"{count} parameters are announced, and fewer are there");
        var values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = reader.ReadSingle();
        return values;
    }

    private static Exception Damaged(IExceptionContext context, string what) =>
        context.ExceptDecode($"The group normalization in this model is damaged: {what}. Load an intact copy of the model.");
}
