namespace MLNetGroupNorm;

/// <summary>The order in which a sample's values stand in its vector.</summary>
public enum TensorLayout
{
    /// <summary>(C, spatial...): all positions of channel 0, then all of channel 1, and so on; PyTorch's and ONNX's order.</summary>
    ChannelsFirst = 0,

    /// <summary>(spatial..., C): all channels of position 0, then all of position 1, and so on; the order of Keras and
    /// Flax, and of pixels with interleaved colours.</summary>
    ChannelsLast = 1,
}
