using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>Rows of pixels in a file, <see cref="ScoringModel.RowBytes"/> bytes each, end to end; read where they are wanted.</summary>
internal sealed class RowFile : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly long _length;

    /// <param name="path">The file. A row that it has in part only is a row, damaged.</param>
    /// <param name="rows">How many rows to give: the file's over and over, as a load that any size can be made of. By default each once.</param>
    public RowFile(string path, long? rows = null)
    {
        _file = File.OpenHandle(path);
        _length = RandomAccess.GetLength(_file);
        RowsInFile = (_length + ScoringModel.RowBytes - 1) / ScoringModel.RowBytes;
        if (RowsInFile == 0) throw new InvalidDataException($"{path} is empty.");
        Rows = rows ?? RowsInFile;
        Identity = string.Create(CultureInfo.InvariantCulture, $"{_length} bytes written {File.GetLastWriteTimeUtc(path):O}");
    }

    public long Rows { get; }

    public long RowsInFile { get; }

    /// <summary>Tells one file from another without reading all of it.</summary>
    public string Identity { get; }

    public byte[][] Read(long firstRow, int count)
    {
        var rows = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            var offset = (firstRow + i) % RowsInFile * ScoringModel.RowBytes;
            rows[i] = new byte[Math.Min(ScoringModel.RowBytes, _length - offset)];
            if (RandomAccess.Read(_file, rows[i], offset) != rows[i].Length) // files on disk are not read in part
                throw new EndOfStreamException("The file of rows was cut while it was read.");
        }
        return rows;
    }

    public void Dispose() => _file.Dispose();
}
