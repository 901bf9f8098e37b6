using Microsoft.ML.Data;

namespace MLNetGroupNorm.Tests.Pipeline;

/// <content>The rows of the programs.</content>
public sealed partial class SlipTests
{
    private sealed class Plain
    {
        public float[] Features { get; set; } = [];
    }

    private sealed class Sized
    {
        [VectorType(12)]
        public float[] Features { get; set; } = [];
    }

    private sealed class Map
    {
        [VectorType(1, 6, 4, 5)]
        [ColumnName("pixels")]
        public float[] Pixels { get; set; } = [];
    }

    private sealed class Picture
    {
        [Microsoft.ML.Transforms.Image.ImageType(Height, Width)]
        public MLImage Image { get; set; } = null!;
    }
}
