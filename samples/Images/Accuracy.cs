using System.Globalization;

namespace MLNetGroupNorm.Samples.Images;

/// <summary>The share of right answers, 0 to 1, of one pipeline under one change of the light.</summary>
public sealed record Accuracy(string Change, string Unit, float Strength, string Pipeline, double Share)
{
    /// <summary>The mean of each pipeline, the best first; even light is left out, as it is part of every change.</summary>
    public static IReadOnlyList<(string Pipeline, double Share)> Means(IEnumerable<Accuracy> accuracies) =>
    [
        .. accuracies.Where(a => a.Strength > 0)
            .GroupBy(a => a.Pipeline, (pipeline, of) => (pipeline, Share: of.Average(a => a.Share)))
            .OrderByDescending(mean => mean.Share),
    ];

    /// <summary>A share as it is printed: in percent, without the sign.</summary>
    public static string Percent(double share) => (100 * share).ToString("F1", CultureInfo.InvariantCulture);

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
