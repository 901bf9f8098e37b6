using System.Text.Json;

namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>What a run scores. Results of another run are no use to it.</summary>
internal sealed record RunIdentity(string ModelHash, string Data, long Rows, int BatchRows, int Classes);

/// <summary>Which batches are finished, and what was wrong with their rows: a file that is replaced as a whole, or not at all.</summary>
/// <param name="Run">What is scored.</param>
/// <param name="FinishedBelow">Every batch of a lower number is finished.</param>
/// <param name="FinishedAbove">So are these: no more than are in flight at once, whatever the number of rows.</param>
/// <param name="Errors">The rows that could not be scored.</param>
internal sealed record Checkpoint(RunIdentity Run, long FinishedBelow, long[] FinishedAbove, RowError[] Errors)
{
    public static Checkpoint? Load(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            return JsonSerializer.Deserialize<Checkpoint>(File.ReadAllText(path));
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{path} is no checkpoint: {exception.Message} Delete it to start again.", exception);
        }
    }

    /// <summary>Writes a file beside it, makes sure that it is on the disk, and then gives it the name.</summary>
    public void Save(string path)
    {
        var part = path + ".part";
        using (var file = File.Create(part))
        {
            JsonSerializer.Serialize(file, this);
            file.Flush(flushToDisk: true);
        }
        File.Move(part, path, overwrite: true);
    }
}
