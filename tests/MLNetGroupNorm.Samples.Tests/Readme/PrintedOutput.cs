using System.Globalization;
using System.Text.RegularExpressions;

namespace MLNetGroupNorm.Samples.Tests.Readme;

/// <summary>Compares what a README says a program prints with what it prints.</summary>
/// <remarks>
/// Words are compared to the letter, numbers within a tolerance, blank lines and runs of spaces not at all. A line that ends in
/// " ..." is progress: further lines that begin the same are passed over.
/// </remarks>
internal static partial class PrintedOutput
{
    /// <summary>Says where the two differ; null where they do not.</summary>
    /// <param name="documented">The README's block.</param>
    /// <param name="printed">The program's output.</param>
    /// <param name="tolerance">
    /// "within 1.5", "within 20%" (of the README's number), or "": then decimals may differ by 1 in the last digit printed, and
    /// whole numbers not at all. "claims", for a program that prints times: only the lines that say what held, with any numbers.
    /// </param>
    public static string? Difference(string documented, string printed, string tolerance = "")
    {
        if (tolerance == "claims")
            return Difference(Claims(documented), Claims(printed), _ => double.PositiveInfinity);
        return Difference(Lines(documented), Lines(printed), Allowed(tolerance));
    }

    private static string? Difference(IEnumerable<string> documented, IEnumerable<string> printed, Func<string, double> allowed)
    {
        var rest = new Queue<string>(printed);
        foreach (string expected in documented)
        {
            if (!rest.TryDequeue(out string? actual))
                return $"Not printed: {expected}";
            if (LineDifference(expected, actual, allowed) is { } difference)
                return $"Documented: {expected}\nPrinted:    {actual}\n{difference}";
            while (expected.EndsWith(" ...", StringComparison.Ordinal) && rest.TryPeek(out string? next)
                && next.StartsWith(expected, StringComparison.Ordinal))
                rest.Dequeue();
        }

        return rest.Count == 0 ? null : $"Not documented: {rest.Peek()}";
    }

    private static string? LineDifference(string expected, string actual, Func<string, double> allowed)
    {
        if (Number().Replace(expected, "#") != Number().Replace(actual, "#"))
            return "The words differ.";
        foreach (var (documented, printed) in Numbers(expected).Zip(Numbers(actual)))
        {
            double difference = Math.Abs(Parse(documented) - Parse(printed));
            // Decimal fractions are not exact in binary: 0.83 - 0.82 is a little more than 0.01.
            if (difference > allowed(documented) * (1 + 1e-9))
                return $"{printed} is {difference:G3} from {documented}, {allowed(documented):G3} are allowed.";
        }

        return null;
    }

    private static IEnumerable<string> Numbers(string line) => Number().Matches(line).Select(match => match.Groups["number"].Value);

    /// <summary>How far a number may be from the one documented.</summary>
    private static Func<string, double> Allowed(string tolerance)
    {
        if (tolerance.Length == 0)
            return LastDigit;
        var match = WithinNumber().Match(tolerance);
        if (!match.Success)
            throw new FormatException($"'{tolerance}' behind ```output is none of 'within 1.5', 'within 20%' and 'claims'.");
        double number = Parse(match.Groups["number"].Value);
        return match.Groups["percent"].Success ? documented => Math.Abs(Parse(documented)) * number / 100 : _ => number;
    }

    private static double LastDigit(string number)
    {
        int point = number.IndexOf('.', StringComparison.Ordinal);
        int exponent = number.IndexOfAny(['e', 'E']);
        if (point < 0 && exponent < 0)
            return 0;
        int end = exponent < 0 ? number.Length : exponent;
        int decimals = point < 0 ? 0 : end - point - 1;
        int power = exponent < 0 ? 0 : int.Parse(number[(exponent + 1)..], CultureInfo.InvariantCulture);
        return Math.Pow(10, power - decimals);
    }

    private static double Parse(string number) => double.Parse(number, CultureInfo.InvariantCulture);

    /// <summary>The lines of a sample's Checks.</summary>
    private static IEnumerable<string> Claims(string text) => Lines(text)
        .Where(line => line.StartsWith('[') || line.EndsWith("did not.", StringComparison.Ordinal));

    private static IEnumerable<string> Lines(string text) => text.Split('\n')
        .Select(line => Spaces().Replace(line, " ").Trim())
        .Where(line => line.Length > 0);

    /// <summary>
    /// A number that stands by itself, not the digits of 28x28, of a name or of a digest. A star behind it, which marks the best,
    /// belongs to it: of two numbers that are as good as equal either may be the best.
    /// </summary>
    [GeneratedRegex(@"(?<![\w.])(?<number>-?\d+(\.\d+)?([eE][-+]?\d+)?)(?!\w)\*?")]
    private static partial Regex Number();

    [GeneratedRegex(@"^within (?<number>[\d.]+) ?(?<percent>%)?$")]
    private static partial Regex WithinNumber();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
