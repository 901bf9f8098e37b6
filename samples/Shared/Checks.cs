namespace MLNetGroupNorm.Samples;

/// <summary>What this program claims, each printed with whether it held.</summary>
internal sealed class Checks
{
    private int _passed;
    private int _failed;

    public void That(string claim, bool holds)
    {
        if (holds)
            _passed++;
        else
            _failed++;
        Console.WriteLine($"  [{(holds ? "ok" : "FAILED")}] {claim}");
    }

    /// <summary>Prints the sum, and gives the exit code: 0 if every claim held, else 1.</summary>
    public int Summarize()
    {
        Console.WriteLine();
        Console.WriteLine($"{_passed} claims held, {_failed} did not.");
        return _failed == 0 ? 0 : 1;
    }
}
