using Microsoft.ML;

namespace FriendAccess.Tests;

public class RequiredInternalsTests
{
    private static readonly byte[] _core = File.ReadAllBytes(typeof(ITransformer).Assembly.Location);

    [Theory]
    [InlineData("Microsoft.ML.ModelLoadContext")]
    [InlineData("Microsoft.ML.ModelSaveContext::CheckAtModel")]
    [InlineData("Microsoft.ML.ModelSaveContext::Writer")]
    [InlineData("Microsoft.ML.SchemaShape+Column::.ctor")]
    public void What_is_there_is_not_missing(string name) => Assert.Empty(RequiredInternals.Parse([name]).MissingFrom([_core]));

    [Theory]
    [InlineData("Microsoft.ML.ModelEatContext")]
    [InlineData("Microsoft.ML.ModelSaveContext::CheckAtNoon")]
    [InlineData("microsoft.ml.ModelSaveContext")]
    [InlineData("Microsoft.ML.SchemaShape::Column")]
    public void What_is_not_there_is_missing(string name) =>
        Assert.Equal([name], RequiredInternals.Parse(["Microsoft.ML.ModelSaveContext", name]).MissingFrom([_core]));

    [Fact]
    public void A_private_member_is_missing() =>
        Assert.Single(RequiredInternals.Parse(["Microsoft.ML.ModelSaveContext::_ectx"]).MissingFrom([_core]));

    [Fact]
    public void Comments_and_empty_lines_name_nothing() =>
        Assert.Empty(RequiredInternals.Parse(["# Models", "", "  ", "  Microsoft.ML.ModelSaveContext  "]).MissingFrom([_core]));
}
