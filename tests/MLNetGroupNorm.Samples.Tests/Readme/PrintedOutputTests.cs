namespace MLNetGroupNorm.Samples.Tests.Readme;

public sealed class PrintedOutputTests
{
    [Theory]
    [InlineData("AUC 0.83", "AUC 0.82", "")] // one in the last digit
    [InlineData("4.8E-006 and 2e-7", "4.7E-006 and 1e-7", "")]
    [InlineData("98.4*  28x28", "97.1* 28x28", "within 1.5")]
    [InlineData("98.9* 98.8", "98.8 98.9*", "within 0.5")] // either may be the best
    [InlineData("243 of 400", "200 of 450", "within 20%")]
    [InlineData("12 s\n  [ok] noticed within 15 s", "40 s\n  [ok] noticed within 16 s", "claims")]
    [InlineData("a\n\nb", "a\n  b\n", "")]
    [InlineData("Reading ...\nDone", "Reading ...\nReading ... 40 %\nReading ... 90 %\nDone", "")]
    public void Alike(string documented, string printed, string tolerance) =>
        Assert.Null(PrintedOutput.Difference(documented, printed, tolerance));

    [Theory]
    [InlineData("AUC 0.83", "AUC 0.81", "")]
    [InlineData("149 rows", "150 rows", "")] // whole numbers to the letter
    [InlineData("4.8E-006", "4.8E-005", "")]
    [InlineData("98.4", "100.0", "within 1.5")]
    [InlineData("243", "190", "within 20%")]
    [InlineData("1.0", "NaN", "within 1.5")]
    [InlineData("-0.5", "0.5", "")]
    [InlineData("28x28", "28x29", "within 1.5")]
    [InlineData("[ok] it holds", "[FAILED] it holds", "")]
    [InlineData("[ok] it holds", "[FAILED] it holds", "claims")]
    [InlineData("[ok] it holds", "it holds", "claims")]
    [InlineData("a\nb", "a", "")]
    [InlineData("a", "a\nb", "")]
    [InlineData("Reading ...\nDone", "Reading ...\nWriting ... 40 %\nDone", "")]
    public void Different(string documented, string printed, string tolerance) =>
        Assert.NotNull(PrintedOutput.Difference(documented, printed, tolerance));

    [Fact]
    public void A_tolerance_that_is_none_is_an_error() =>
        Assert.Throws<FormatException>(() => PrintedOutput.Difference("1", "1", "about 1"));
}
