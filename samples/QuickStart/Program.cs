using QuickStart;

// With --bits, this program is the new process that a saved model is loaded in; see Picture.
if (args is ["--bits", var model, var picture])
{
    Console.WriteLine(Picture.Bits(model, picture));
    return 0;
}

if (args is [var given] && !File.Exists(given))
{
    Console.Error.WriteLine($"There is no picture at '{given}'. Give the path of a PNG or JPEG file, or none to have one drawn.");
    return 1;
}

var checks = new Checks();
Lesson.Run(checks);
Ones.Run(checks);
Picture.Run(checks, args.FirstOrDefault());
return checks.Summarize();
