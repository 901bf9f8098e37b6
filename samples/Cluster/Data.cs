using Microsoft.ML;
using MLNetGroupNorm.Samples.Images;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>What is scored, and with what: painted digits and the classifier of the Images sample, made where missing.</summary>
internal sealed record Data(string RowFile, ModelBytes Model)
{
    private const int Pictures = 10_000;
    private const int TrainingShare = 5; // a fifth of them is enough to train on, of every class

    public static Data Make(string folder, int pictures = Pictures)
    {
        var (rowFile, modelFile) = (Path.Combine(folder, "pictures.rows"), Path.Combine(folder, "model.zip"));
        if (!File.Exists(rowFile) || !File.Exists(modelFile))
        {
            var rows = DigitFolder.PaintAndRead(PicturesIn(folder), pictures);
            Steps.Run("Training", _ =>
            {
                var mlContext = new MLContext(seed: 1);
                var training = rows.Where((_, i) => i % TrainingShare == 0);
                Classifier.Save(mlContext, Classifier.Train(mlContext, training, Normalization.Group), modelFile);
            });
            WriteRows(rowFile, rows);
        }
        var zip = File.ReadAllBytes(modelFile);
        return new Data(rowFile, new ModelBytes(ScoringModel.HashOf(zip), zip));
    }

    public static string PicturesIn(string folder) => Path.Combine(folder, "digits");

    /// <summary>A byte for each level: the pixels of pictures have no more than 256.</summary>
    private static void WriteRows(string path, IEnumerable<PixelRow> rows)
    {
        using (var file = File.Create(path + ".part"))
        {
            foreach (var row in rows)
                file.Write(Array.ConvertAll(row.Pixels, level => (byte)MathF.Round(level * 255)));
        }
        File.Move(path + ".part", path, overwrite: true);
    }
}
