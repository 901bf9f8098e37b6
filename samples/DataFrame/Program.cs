using Microsoft.ML;
using MLNetGroupNorm.Samples;
using MLNetGroupNorm.Samples.DataFrames;

var ml = new MLContext(seed: 1);
var checks = new Checks();

Console.WriteLine("1. Pixel columns of a CSV file");
var (patches, normalized) = CsvColumns.Run(ml, checks);

Console.WriteLine("\n2. A column of vectors, in place");
VectorColumn.Run(ml, patches, checks);

Console.WriteLine("\n3. Results filtered and joined");
FilterAndJoin.Run(normalized, checks);

Console.WriteLine("\n4. Columns that are refused");
RefusedColumns.Run(ml, checks);

return checks.Summarize();
