namespace MLNetGroupNorm.Onnx;

/// <summary>The types of tensors' elements, by their numbers in ONNX's TensorProto.DataType.</summary>
internal enum OnnxType
{
    Single = 1,
    Byte = 2,
    Int64 = 7,
    Double = 11,
}
