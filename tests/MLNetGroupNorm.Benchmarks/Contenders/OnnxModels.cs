using MLNetGroupNorm.Onnx;

namespace MLNetGroupNorm.Benchmarks.Contenders;

/// <summary>The two ways to say group normalization in ONNX.</summary>
internal static class OnnxModels
{
    public const string Input = "Features";
    public const string Output = "Normalized";
    private const int Opset = 21; // the first whose GroupNormalization has parameters per channel

    /// <summary>The operator of that name.</summary>
    public static byte[] GroupNormalization(Workload<float> workload)
    {
        var model = Create(workload)
            .Constant("weight", workload.Weight, workload.Shape.Channels)
            .Constant("bias", workload.Bias, workload.Shape.Channels);
        model.Node("GroupNormalization", [Input, "weight", "bias"], Output)
            .Attribute("num_groups", workload.Shape.Groups).Attribute("epsilon", (float)Sample.Epsilon);
        return model.ToArray();
    }

    /// <summary>Groups as the channels of an instance normalization, which exporters write for opsets before 18.</summary>
    public static byte[] InstanceNormalization(Workload<float> workload)
    {
        int groups = workload.Shape.Groups;
        var model = Create(workload)
            .Constant("ones", [.. Enumerable.Repeat(1f, groups)], groups)
            .Constant("zeros", new float[groups], groups)
            .Constant("weight", workload.Weight, workload.Shape.Channels, 1, 1)
            .Constant("bias", workload.Bias, workload.Shape.Channels, 1, 1)
            .Constant("grouped", [workload.BatchSize, groups, -1L], 3)
            .Constant("whole", [.. Dimensions(workload).Select(size => (long)size)], 4);
        model.Node("Reshape", [Input, "grouped"], "groups");
        model.Node("InstanceNormalization", ["groups", "ones", "zeros"], "normalized").Attribute("epsilon", (float)Sample.Epsilon);
        model.Node("Reshape", ["normalized", "whole"], "maps");
        model.Node("Mul", ["maps", "weight"], "weighted");
        model.Node("Add", ["weighted", "bias"], Output);
        return model.ToArray();
    }

    private static OnnxModel Create(Workload<float> workload) => new OnnxModel(Opset)
        .Input(Input, OnnxType.Single, Dimensions(workload))
        .Output(Output, OnnxType.Single, Dimensions(workload));

    private static int[] Dimensions(Workload<float> workload) =>
        [workload.BatchSize, workload.Shape.Channels, workload.Shape.Height, workload.Shape.Width];
}
