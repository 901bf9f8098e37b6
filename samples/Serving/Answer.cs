using System.Text.Json.Serialization;

namespace MLNetGroupNorm.Samples.Serving;

/// <summary>The answer to an upload.</summary>
/// <param name="Class">The most probable class.</param>
/// <param name="Probabilities">Of every class, by its name.</param>
/// <param name="Colours">What the model saw, where it was asked for.</param>
internal sealed record Answer(
    string Class,
    IReadOnlyDictionary<string, float> Probabilities,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ColourPlane>? Colours);
