using System.Diagnostics;
using MLNetGroupNorm.Samples;
using MLNetGroupNorm.Samples.Images;

const int Pictures = 4000;
const int FewestPerClass = 4;
const int SkippedShown = 10;

var output = SampleFolder.Out("Images.csproj");
string folder;
switch (args)
{
    case []:
        folder = Path.Combine(output, "digits");
        Steps.Run("Painting digits", progress => DigitFolder.Paint(folder, Pictures, progress));
        break;
    case ["--images", var own]:
        folder = own;
        if (Directory.Exists(folder)) break;
        Console.Error.WriteLine(File.Exists(folder)
            ? $"'{folder}' is a file. Give the folder that holds a folder of pictures for each class."
            : $"There is no folder '{Path.GetFullPath(folder)}'.");
        return 2;
    default:
        Console.Error.WriteLine("Usage: Images [--images FOLDER]   FOLDER holds a folder of PNG and JPEG files for each class");
        return 2;
}

var skipped = new List<string>();
var files = Steps.Run("Looking for pictures", progress => ImageFolder.Read(folder, skipped.Add, progress));
foreach (var line in skipped.Take(SkippedShown)) Console.WriteLine($"Skipped {line}");
if (skipped.Count > SkippedShown) Console.WriteLine($"Skipped {skipped.Count - SkippedShown} more");
var classes = files.CountBy(file => file.Label).ToArray();
if (classes.Length < 2 || classes.Any(c => c.Value < FewestPerClass))
{
    var found = classes is [] ? "none" : string.Join(", ", classes.Select(c => $"{c.Key} ({c.Value})"));
    Console.Error.WriteLine($"Too few pictures in '{folder}': it needs two folders or more, one for each class, each with {FewestPerClass} "
        + $"pictures or more. Found: {found}.");
    return 2;
}

var rows = Steps.Run("Reading pictures", progress => Pixels.Read(files, progress));
var experiment = Steps.Run("Training", progress => new Experiment(rows, progress));
var accuracies = Steps.Run("Scoring in other light", experiment.Score);
var (differing, compared) = Steps.Run("Scoring one by one", experiment.CompareOneByOneWithAllAtOnce);

Console.WriteLine();
Console.WriteLine($"{rows.Count} pictures of {classes.Length} classes, {experiment.TestCount} of them kept for testing.");
Console.WriteLine("Right answers in %, trained on even light, the best of each line marked:");
Console.WriteLine();
AccuracyTable.Write(accuracies);
Console.WriteLine();
foreach (var line in Verdict.Of(accuracies, experiment.CommonestShare, experiment.TestCount)) Console.WriteLine(line);

var table = Path.Combine(output, "accuracy.csv");
var plot = Path.ChangeExtension(table, ".png");
var sheet = Path.Combine(output, "light.png");
Accuracy.Save(table, accuracies);
Plot(table, plot);
experiment.SaveContactSheet(sheet, accuracies);
Console.WriteLine();
foreach (var path in new[] { table, plot, sheet })
    Console.WriteLine($"Wrote {Path.GetRelativePath(Environment.CurrentDirectory, path)}");

Console.WriteLine();
var checks = new Checks();
checks.That($"Scored one by one and all at once: {differing} of {compared} values differ in a bit", differing == 0);
if (args is []) // what can be said of these pictures; others answer for themselves
{
    var group = accuracies.Where(a => a.Pipeline == Normalization.Group.Name).ToArray();
    var even = group.First(a => a.Strength == 0).Share;
    string[] evenlyChanged = [LightChange.Brightness.Name, LightChange.Contrast.Name];
    var cost = even - group.Where(a => evenlyChanged.Contains(a.Change)).Min(a => a.Share);
    checks.That($"Brightness and contrast cost GroupNormalize 2 points at most: {Accuracy.Percent(cost)}", cost <= 0.02);

    var gradient = accuracies.Where(a => a.Change == LightChange.Gradient.Name);
    var best = gradient.GroupBy(a => a.Strength).MaxBy(ofStrength => ofStrength.Key)!.MaxBy(a => a.Share)!.Pipeline;
    checks.That($"Under the strongest gradient GroupNormalize is the best: {best}", best == Normalization.Group.Name);
}
return checks.Summarize();

// A program of its own, because ScottPlot needs SkiaSharp 3, and ML.NET's image transforms need SkiaSharp 2
// (dotnet/machinelearning#7413).
static void Plot(string table, string picture)
{
    var program = Path.Combine(AppContext.BaseDirectory, "plot", "Images.Plot.dll");
    using var process = Process.Start("dotnet", [program, table, picture]);
    process.WaitForExit();
    if (process.ExitCode != 0) throw new InvalidOperationException($"Images.Plot ended with exit code {process.ExitCode}.");
}
