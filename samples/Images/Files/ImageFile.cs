namespace MLNetGroupNorm.Samples.Images.Files;

/// <summary>An image on disk and the class it belongs to; the row type that <c>LoadImages</c> starts from.</summary>
public sealed class ImageFile
{
    public required string Path { get; init; }

    public required string Label { get; init; }
}
