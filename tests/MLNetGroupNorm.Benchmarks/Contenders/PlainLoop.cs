namespace MLNetGroupNorm.Benchmarks.Contenders;

/// <summary>What a user would write who knows to sum in double: mean, variance, result, each in a loop of its own.</summary>
internal sealed class PlainLoop(Workload workload) : Contender(workload)
{
    public override void Run()
    {
        int length = Workload.Shape.Length;
        for (int start = 0; start < Workload.Input.Length; start += length)
            Normalize(Workload.Input.Span.Slice(start, length), Workload.Output.Span.Slice(start, length),
                Workload.Shape.Channels, Workload.Shape.Groups, Workload.Weight, Workload.Bias);
    }

    /// <summary>Normalizes a sample of (C, spatial) values.</summary>
    public static void Normalize(ReadOnlySpan<float> x, Span<float> y, int channels, int groups, float[] weight, float[] bias)
    {
        int spatial = x.Length / channels;
        int length = x.Length / groups;
        for (int start = 0; start < x.Length; start += length)
        {
            double sum = 0;
            for (int i = start; i < start + length; i++)
                sum += x[i];
            double mean = sum / length;

            double squares = 0;
            for (int i = start; i < start + length; i++)
                squares += (x[i] - mean) * (x[i] - mean);
            double inverse = 1 / Math.Sqrt((squares / length) + Sample.Epsilon);

            for (int i = start; i < start + length; i++)
                y[i] = (float)(((x[i] - mean) * inverse * weight[i / spatial]) + bias[i / spatial]);
        }
    }
}
