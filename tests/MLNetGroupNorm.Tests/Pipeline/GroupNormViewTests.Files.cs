using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Data.IO;
using MLNetGroupNorm.Tests.Support;

namespace MLNetGroupNorm.Tests.Pipeline;

/// <content>A view through files.</content>
public sealed partial class GroupNormViewTests
{
    [Fact]
    public void Binary_and_text_files_keep_the_rows()
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            string binary = Path.Combine(folder.FullName, "rows.idv");
            using (var file = File.Create(binary))
                _mlContext.Data.SaveAsBinary(_view, file);
            // Windows deletes no open file.
            var loaded = _mlContext.Data.LoadFromBinary(binary);
            using (loaded as IDisposable)
                Assert.Equal(RowText.Visible(_view), RowText.Visible(loaded));

            string text = Path.Combine(folder.FullName, "rows.tsv");
            var one = _mlContext.Transforms.SelectColumns("Normalized").Fit(_view).Transform(_view);
            using (var file = File.Create(text))
                _mlContext.Data.SaveAsText(one, file);
            // The saver writes a header only where slots have names.
            var loader = _mlContext.Data.CreateTextLoader([new("Normalized", DataKind.Single, 0, 11)], hasHeader: false);
            Assert.Equal(one.Rows<float>("Normalized"), loader.Load(text).Rows<float>("Normalized"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Transposed_files_keep_the_rows()
    {
        using var file = new MemoryStream();
        new TransposeSaver(_mlContext, new TransposeSaver.Arguments()).SaveData(file, _view, _view.Schema["Normalized"].Index);
        var loaded = new TransposeLoader(_mlContext, new TransposeLoader.Arguments(), new FileInMemory(file.ToArray()));

        Assert.Equal(_view.Rows<float>("Normalized"), loaded.Rows<float>("Normalized"));
    }

    /// <summary>TransposeLoader never closes what it opens, and Windows deletes no open file.</summary>
    private sealed class FileInMemory(byte[] bytes) : IMultiStreamSource
    {
        public int Count => 1;

        public string? GetPathOrNull(int index) => null;

        public Stream Open(int index) => new MemoryStream(bytes, writable: false);

        public TextReader OpenTextReader(int index) => new StreamReader(Open(index));
    }
}
