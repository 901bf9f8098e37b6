using MLNetGroupNorm.Samples;
using MLNetGroupNorm.Samples.Lesson;

// With --bits, this program is the new process that a saved model is loaded in; see Picture.
if (args is ["--bits", var model, var picture])
{
    Console.WriteLine(Picture.Bits(model, picture));
    return 0;
}

string? fault = args switch
{
    [] => null,
    [var path] => Picture.Fault(path),
    _ => "Give the path of one picture, or none to have one drawn.",
};
if (fault is not null)
{
    Console.Error.WriteLine(fault);
    return 2;
}

var checks = new Checks();
Figures.Run(checks);
Ones.Run(checks);
Picture.Run(checks, args.FirstOrDefault());
return checks.Summarize();
