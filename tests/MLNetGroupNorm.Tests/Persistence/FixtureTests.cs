using System.Globalization;
using System.Reflection;
using System.Text;
using Microsoft.ML;
using MLNetGroupNorm.Tests.Support;

namespace MLNetGroupNorm.Tests.Persistence;

/// <summary>
/// Models that earlier versions saved load, and give the bits that they gave then; doubles of 1.0, whose sums were others, their
/// digits but for the last ones. The tests' README.md says how to add one.
/// </summary>
public sealed class FixtureTests
{
    /// <summary>Some ulps of results up to 10, and what cancels in them.</summary>
    private const double LastDigits = 2e-14;

    private readonly MLContext _mlContext = new(seed: 1);

    public static TheoryData<string> Names => [.. FixtureColumn.All.Select(column => column.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_model_saved_by_a_released_version_gives_the_same_bits(string name)
    {
        var column = FixtureColumn.All.Single(column => column.Name == name);

        var model = SavedModel.Load(_mlContext, Fixture(name + ".zip"));

        string expected = Encoding.ASCII.GetString(Fixture(name + ".txt")), actual = column.Output(_mlContext, model);
        if (column.HasBitsOfThisVersion)
            Assert.Equal(expected, actual);
        else
            Assert.All(Doubles(expected).Zip(Doubles(actual)), pair => Assert.Equal(pair.First, pair.Second, LastDigits));
    }

    private static IEnumerable<double> Doubles(string text) =>
        text.Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
            .Select(bits => BitConverter.UInt64BitsToDouble(ulong.Parse(bits, NumberStyles.HexNumber, CultureInfo.InvariantCulture)));

    [Fact]
    public void Every_fixture_is_tested()
    {
        var files = Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith("Fixtures/", StringComparison.Ordinal));

        var names = FixtureColumn.All.Select(column => $"Fixtures/{column.Name}");
        Assert.Equal(names.SelectMany(name => new[] { name + ".txt", name + ".zip" }).Order(StringComparer.Ordinal),
            files.Order(StringComparer.Ordinal));
    }

    [Fact(Explicit = true)]
    public void Write_the_fixtures_that_are_not_there()
    {
        string folder = Path.Combine(DotnetCommand.RepositoryRoot, "tests", "MLNetGroupNorm.Tests", "Fixtures");
        foreach (var column in FixtureColumn.All)
        {
            string path = Path.Combine(folder, column.Name);
            if (File.Exists(path + ".zip"))
                continue;
            var model = column.Model(_mlContext);
            File.WriteAllBytes(path + ".zip", SavedModel.Save(_mlContext, model, column.Rows(_mlContext).Schema));
            File.WriteAllText(path + ".txt", column.Output(_mlContext, model));
        }
    }

    private static byte[] Fixture(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("Fixtures/" + name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
