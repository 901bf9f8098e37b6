using System.Net.Http.Json;
using MLNetGroupNorm.Tests.Support;

namespace MLNetGroupNorm.Samples.Tests.Readme;

/// <summary>The first page: short, its programs run as they stand and print what it says.</summary>
public sealed class ReadmeTests
{
    private const int MostWords = 1300;
    private static readonly MarkdownFile _readme = new("README.md");

    [Fact]
    public void It_is_short_with_all_its_code() => Assert.InRange(
        _readme.Text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length, 1, MostWords);

    [Fact]
    public void Its_first_program_is_QuickStart_and_its_first_command_runs_it()
    {
        var quickStart = new MarkdownFile("samples/QuickStart/README.md");

        Assert.Equal("dotnet run --project samples/QuickStart\n", _readme.Blocks[0].Text);
        Assert.Equal(File.ReadAllText(Path.Combine(SampleProgram.Folder("QuickStart"), "Program.cs")), _readme.CodeBlocks.First());
        Assert.InRange(_readme.CodeBlocks.First().Split('\n').Length - 1, 20, 30);
        Assert.Equal(quickStart.Blocks.Single(block => block.Language == "output"), _readme.Blocks.Single(block => block.Language == "output"));
    }

    /// <summary>One after the other in one folder, as a reader would: one program saves the model that another serves.</summary>
    [Fact]
    public async Task Its_programs_compile_and_run()
    {
        using var folder = new TemporaryFolder();
        ReadmeFiles.Write(folder.Path);
        for (int i = 0; i < _readme.Blocks.Count; i++)
        {
            if (_readme.Blocks[i].Language != "csharp")
                continue;
            using var program = new ReadmeProgram(_readme.Blocks[i].Text);
            if (program.IsWeb)
            {
                await Serves(program, folder.Path);
                continue;
            }

            string printed = DotnetCommand.Run(folder.Path, program.Arguments);
            if (i + 1 < _readme.Blocks.Count && _readme.Blocks[i + 1] is { Language: "output" } documented)
                Assert.Null(PrintedOutput.Difference(documented.Text, printed, documented.Options));
        }
    }

    private static async Task Serves(ReadmeProgram program, string folder)
    {
        var cancellation = TestContext.Current.CancellationToken;
        using var server = DotnetCommand.Start(folder, DotnetCommand.Program, [.. program.Arguments, "--urls", "http://127.0.0.1:0"]);
        try
        {
            const string Before = "Now listening on: ";
            string? line;
            do line = await server.StandardOutput.ReadLineAsync(cancellation);
            while (line?.Contains(Before, StringComparison.Ordinal) == false);
            if (line is null)
                Assert.Fail(await server.StandardError.ReadToEndAsync(cancellation));
            string url = line[(line.IndexOf(Before, StringComparison.Ordinal) + Before.Length)..];

            using var client = new HttpClient { BaseAddress = new Uri(url) };
            float[] worn = [.. Enumerable.Range(0, 24).Select(i => 7 + MathF.Sin(1.1f * (i % 8)))];
            var response = await client.PostAsJsonAsync("/score", new { readings = worn }, cancellation);

            var answer = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<Answer>(cancellation);
            Assert.True(answer!.PredictedLabel);
            Assert.InRange(answer.Probability, 0.5f, 1);
        }
        finally
        {
            server.Kill(entireProcessTree: true);
        }
    }

    private sealed record Answer(bool PredictedLabel, float Probability);
}
