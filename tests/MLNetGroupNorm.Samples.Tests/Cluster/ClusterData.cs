using MLNetGroupNorm.Samples.Cluster;

namespace MLNetGroupNorm.Samples.Tests.Cluster;

/// <summary>A few hundred digits and a model of them, where the program looks for its own.</summary>
public sealed class ClusterData
{
    private const int Pictures = 500;

    internal string Folder { get; } = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "out", "Cluster")).FullName;

    internal Data Data { get; }

    internal ScoringModel Model { get; }

    public ClusterData()
    {
        Data = Data.Make(Folder, Pictures);
        Model = new ScoringModel(Data.Model.Zip);
    }
}

[CollectionDefinition(Name)]
public sealed class SharedClusterData : ICollectionFixture<ClusterData>
{
    public const string Name = "Cluster";
}
