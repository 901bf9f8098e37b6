using QuickStart;

// With --bits, this program is the new process that a saved model is loaded in; see Picture.
if (args is ["--bits", var model, var picture])
{
    Console.WriteLine(Picture.Bits(model, picture));
    return 0;
}

var checks = new Checks();
Lesson.Run(checks);
Ones.Run(checks);
Picture.Run(checks, args.FirstOrDefault());
return checks.Summarize();
