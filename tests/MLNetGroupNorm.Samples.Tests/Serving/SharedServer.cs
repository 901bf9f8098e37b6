namespace MLNetGroupNorm.Samples.Tests.Serving;

[CollectionDefinition(Name)]
public sealed class SharedServer : ICollectionFixture<ServerFixture>
{
    public const string Name = "Server";
}
