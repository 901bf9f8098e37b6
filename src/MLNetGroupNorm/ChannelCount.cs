using System.Diagnostics.CodeAnalysis;

namespace MLNetGroupNorm;

/// <summary>A number of channels, and a sentence that says where it is from: "numberOfChannels is 12".</summary>
/// <param name="Count">The number; at least 1.</param>
/// <param name="Parameter">The argument to change where it is wrong.</param>
/// <param name="Says">The sentence, without a full stop.</param>
internal sealed record ChannelCount(int Count, string Parameter, string Says)
{
    [return: NotNullIfNotNull(nameof(numberOfChannels))]
    public static ChannelCount? OfNumber(int? numberOfChannels) => numberOfChannels is { } count
        ? new(count, nameof(numberOfChannels), $"numberOfChannels is {count}")
        : null;

    public static ChannelCount? Of(GroupNormAffine? affine) => affine is null ? null
        : new(affine.NumberOfChannels, nameof(affine), $"affine holds {affine.NumberOfChannels} values, one per channel");
}
