namespace MLNetGroupNorm.Samples.Cluster;

/// <summary>A silo was asked to score with a model that it does not have. It never scores with another instead.</summary>
[GenerateSerializer]
internal sealed class WrongModelException(string siloName, string wanted, IEnumerable<string> held) : Exception(
    $"{siloName} does not have model {ScoringModel.Short(wanted)}: it has "
    + (held.Any() ? string.Join(", ", held.Select(ScoringModel.Short)) : "none") + ".");
