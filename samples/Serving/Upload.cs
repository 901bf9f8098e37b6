using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using MLNetGroupNorm.Samples.Images.Files;

namespace MLNetGroupNorm.Samples.Serving;

/// <summary>What the model takes. Pictures may have any size: the one declared here is what the model makes of them.</summary>
internal sealed class Upload
{
    // ResizeImages hands an image on that already has the size, and disposes of it when the same row is asked for again,
    // as it is for each column of the prediction: so it gets such an image anew each time.
    [ImageType(PixelRow.Side, PixelRow.Side)]
    public required MLImage Image
    {
        get => field is { Width: PixelRow.Side, Height: PixelRow.Side }
            ? MLImage.CreateFromPixels(field.Width, field.Height, field.PixelFormat, field.Pixels)
            : field;
        set;
    }
}
