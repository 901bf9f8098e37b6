using System.Diagnostics;
using System.Text.Json;
using MLNetGroupNorm.Benchmarks.Contenders;
using MLNetGroupNorm.Kernel;

namespace MLNetGroupNorm.Benchmarks.Measuring;

/// <summary>Starts this program again, as a process that only times its own first calls.</summary>
internal static class FirstCall
{
    /// <summary>The first argument of such a process; the type and the layout follow.</summary>
    public const string Argument = "--first-call";

    private static readonly TimeSpan _later = TimeSpan.FromSeconds(0.2);

    public static TensorShape Shape { get; } = new(64, 56, 56, 32);

    /// <summary>Types of the values.</summary>
    public static string[] Types { get; } = [nameof(Single), nameof(Byte), nameof(Double)];

    public static CallTimes Measure(string type, TensorLayout layout)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [Argument, type, layout.ToString()]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        string times = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? JsonSerializer.Deserialize<CallTimes>(times)!
            : throw new InvalidOperationException($"The process for {type}, {layout} ended with {process.ExitCode}.");
    }

    /// <summary>What such a process does.</summary>
    public static void Run(string type, TensorLayout layout)
    {
        Action call = Prepare(type, layout);
        double first = Time(call), second = Time(call), later = double.PositiveInfinity;
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < _later)
            later = Math.Min(later, Time(call));
        Console.WriteLine(JsonSerializer.Serialize(new CallTimes(first, second, later)));
    }

    /// <summary>Bytes go straight to the kernel, as those of a column do: there is no public method for them.</summary>
    private static Action Prepare(string type, TensorLayout layout)
    {
        var affine = new GroupNormAffine(Ones(), Ones());
        float[] y = new float[Shape.Length];
        switch (type)
        {
            case nameof(Single):
                float[] floats = Array.ConvertAll(Shape.RandomPixels(), x => (float)x);
                return () => GroupNormalization.Normalize(floats, y, Shape.Channels, Shape.Groups, Sample.Epsilon, affine, layout);
            case nameof(Double):
                double[] doubles = Array.ConvertAll(Shape.RandomPixels(), x => (double)x), results = new double[Shape.Length];
                return () => GroupNormalization.Normalize(doubles, results, Shape.Channels, Shape.Groups, Sample.Epsilon, affine, layout);
            default:
                byte[] bytes = Shape.RandomPixels();
                return () => GroupNormKernel.Normalize(bytes, y, new SampleShape(Shape.Channels, Shape.Groups, Shape.SpatialSize, layout),
                    Sample.Epsilon, affine);
        }
    }

    private static float[] Ones()
    {
        var ones = new float[Shape.Channels];
        Array.Fill(ones, 1);
        return ones;
    }

    private static double Time(Action call)
    {
        long start = Stopwatch.GetTimestamp();
        call();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
