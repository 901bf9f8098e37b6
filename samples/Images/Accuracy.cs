using System.Globalization;

namespace MLNetGroupNorm.Samples.Images;

/// <summary>The share of right answers, 0 to 1, of one pipeline under one change of the light.</summary>
public sealed record Accuracy(string Change, string Unit, float Strength, string Pipeline, double Share)
{
    /// <summary>Writes a table for <see cref="Read"/> and for spreadsheets.</summary>
    public static void Save(string path, IEnumerable<Accuracy> accuracies) => File.WriteAllLines(path,
    [
        "change,unit,strength,pipeline,share",
        .. accuracies.Select(a => string.Create(CultureInfo.InvariantCulture,
            $"{a.Change},{a.Unit},{a.Strength},{a.Pipeline},{a.Share}")),
    ]);

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public static IReadOnlyList<Accuracy> Read(string path) =>
    [
        .. File.ReadLines(path).Skip(1).Select(line => line.Split(',')).Select(fields => new Accuracy(
            fields[0],
            fields[1],
            float.Parse(fields[2], CultureInfo.InvariantCulture),
            fields[3],
            double.Parse(fields[4], CultureInfo.InvariantCulture))),
    ];
}
