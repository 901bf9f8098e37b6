using MLNetGroupNorm.Samples.Images.Plot;
using MLNetGroupNorm.Samples.Images.Report;

if (args is not [var table, var picture])
{
    Console.Error.WriteLine("Usage: Images.Plot accuracy.csv accuracy.png");
    return 2;
}
AccuracyPlot.Save(Accuracy.Read(table), picture);
return 0;
