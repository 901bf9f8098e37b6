using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Runtime;
using Options = MLNetGroupNorm.GroupNormEstimator.ColumnOptions;

namespace MLNetGroupNorm.Pipeline;

/// <summary>How columns' options stand in a model file, sealed by a checksum: parameters never change silently.</summary>
internal static class ColumnsFormat
{
    /// <summary>The version that is written. The first, 0x00010001, has no dimensions and a SHA-256 as its checksum.</summary>
    public const uint Version = 0x00010002;

    /// <summary>
    /// The most bytes of content, weight and bias of eight million channels: far above any layer, and far below what a damaged or
    /// hostile file could announce, and even hold, compressed to a thousandth.
    /// </summary>
    public const int MaximumLength = 1 << 26;

    private const byte HasWeight = 1;
    private const byte HasBias = 2;

    public static void Write(BinaryWriter writer, IReadOnlyCollection<Options> columns, IExceptionContext context)
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
        //     int: number of dimensions, 0 where not given (from 0x00010002)
        //     int[]: dimensions (from 0x00010002)
        // uint: CRC-32C of the length and the content (from 0x00010002; in 0x00010001 byte[32]: SHA-256 of the content)
        using var content = new MemoryStream();
        using (var contentWriter = new BinaryWriter(content, Encoding.UTF8, leaveOpen: true))
        {
            contentWriter.Write(columns.Count);
            foreach (var column in columns)
                Write(contentWriter, column);
        }

        if (content.Length > MaximumLength)
            throw context.Except($"The options of this group normalization take {content.Length} bytes, and a model can hold "
                + $"{MaximumLength}. Save its columns as several transforms.");
        var bytes = content.GetBuffer().AsSpan(0, (int)content.Length);
        writer.Write(bytes.Length);
        writer.Write(bytes);
        writer.Write(Checksum(bytes));
    }

    /// <param name="reader">Stands at the length.</param>
    /// <param name="version">The version of the format that was written.</param>
    /// <param name="context">Makes the exceptions.</param>
    public static Options[] Read(BinaryReader reader, uint version, IExceptionContext context)
    {
        // *** Binary format ***
        // as Write says
        bool isFirst = version < Version;
        var stream = reader.BaseStream;
        long available = stream.Length - stream.Position - sizeof(int);
        if (available < 0)
            throw Damaged(context, "it ends before its length");
        int length = reader.ReadInt32();
        // Checked before anything is allocated for it.
        if ((uint)length > MaximumLength)
            throw Damaged(context, $"it announces {(uint)length} bytes, and can have at most {MaximumLength}");
        if (available - length < (isFirst ? SHA256.HashSizeInBytes : sizeof(uint)))
            throw Damaged(context, $"it ends before the {length} bytes it announces");
        byte[] content = reader.ReadBytes(length);
        if (!(isFirst ? HasSha256(content, reader.ReadBytes(SHA256.HashSizeInBytes)) : reader.ReadUInt32() == Checksum(content)))
            throw Damaged(context, "its checksum does not match");

        try
        {
            using var contentReader = new BinaryReader(new MemoryStream(content), Encoding.UTF8);
            var columns = new List<Options>();
            for (int left = contentReader.ReadInt32(); left > 0; left--)
                columns.Add(ReadColumn(contentReader, hasDimensions: !isFirst, context));
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
        if (affine is not null)
        {
            writer.Write(affine.NumberOfChannels);
            foreach (float value in affine.WeightSpan)
                writer.Write(value);
            foreach (float value in affine.BiasSpan)
                writer.Write(value);
        }

        writer.Write(column.Dimensions?.Count ?? 0);
        foreach (int size in column.Dimensions ?? [])
            writer.Write(size);
    }

    private static Options ReadColumn(BinaryReader reader, bool hasDimensions, IExceptionContext context)
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
        float[]? weight = (parameters & HasWeight) == 0 ? null : Read(reader, count, static reader => reader.ReadSingle());
        float[]? bias = (parameters & HasBias) == 0 ? null : Read(reader, count, static reader => reader.ReadSingle());
        int rank = hasDimensions ? reader.ReadInt32() : 0;
        return new Options(name, numberOfGroups, inputColumnName, numberOfChannels == 0 ? null : numberOfChannels, epsilon,
            parameters == 0 ? null : new GroupNormAffine(weight, bias), (TensorLayout)layout,
            rank == 0 ? null : Read(reader, rank, static reader => reader.ReadInt32()));
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

    /// <summary>Reads values of four bytes.</summary>
    private static T[] Read<T>(BinaryReader reader, int count, Func<BinaryReader, T> read)
    {
        // Checked before anything is allocated for it.
        if (count < 0 || count > (reader.BaseStream.Length - reader.BaseStream.Position) / 4)
            throw new EndOfStreamException($"{count} values are announced, and fewer are there");
        var values = new T[count];
        for (int i = 0; i < count; i++)
            values[i] = read(reader);
        return values;
    }

    /// <summary>
    /// CRC-32C of the length and the content. It finds every change of up to 32 bits in a row; a cut shows by the length.
    /// </summary>
    private static uint Checksum(ReadOnlySpan<byte> content)
    {
        uint crc = BitOperations.Crc32C(uint.MaxValue, (uint)content.Length);
        for (; content.Length >= sizeof(ulong); content = content[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(content));
        foreach (byte value in content)
            crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }

    // A method of its own: SHA-256 needs OpenSSL on Linux, and what saves and loads models of this version must not ask for it.
    private static bool HasSha256(byte[] content, byte[] checksum) => SHA256.HashData(content).AsSpan().SequenceEqual(checksum);

    private static Exception Damaged(IExceptionContext context, string what) =>
        context.ExceptDecode($"The group normalization in this model is damaged: {what}. Load an intact copy of the model.");
}
