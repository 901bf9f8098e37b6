using System.Buffers.Binary;
using System.IO.Compression;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;
using MLNetGroupNorm.Tests.Support;

namespace MLNetGroupNorm.Tests;

/// <summary>What is in the package, and whether a project that has nothing but the package can use it.</summary>
public sealed class PackageTests(PackedLibrary package) : IClassFixture<PackedLibrary>
{
    private static MarkdownFile Publishing { get; } = new("src/MLNetGroupNorm/docs/publishing.md");

    [Fact]
    public void The_package_says_what_it_is_and_depends_on_ML_NET_alone()
    {
        using var archive = package.Open();
        var nuspec = XDocument.Load(archive.GetEntry("MLNetGroupNorm.nuspec")!.Open());
        string Value(string name) => nuspec.Descendants().First(element => element.Name.LocalName == name).Value;

        Assert.Equal("MLNetGroupNorm", Value("id"));
        Assert.Equal("MIT", Value("license"));
        Assert.Equal("README.md", Value("readme"));
        Assert.Equal("icon.png", Value("icon"));
        Assert.NotEmpty(Value("description"));
        Assert.Contains("GroupNorm", Value("tags"));
        var dependencies = nuspec.Descendants().Where(element => element.Name.LocalName == "dependency");
        Assert.Equal(["Microsoft.ML", "Microsoft.ML.DataView"], dependencies.Select(element => element.Attribute("id")!.Value));
    }

    [Fact]
    public void The_package_holds_one_assembly_its_docs_the_readme_and_the_icon()
    {
        using var archive = package.Open();
        string[] own = [.. archive.Entries.Select(entry => entry.FullName)
            .Where(name => !name.StartsWith("_rels/", StringComparison.Ordinal)
                && !name.StartsWith("package/", StringComparison.Ordinal) && name != "[Content_Types].xml")
            .Order(StringComparer.Ordinal)];

        Assert.Equal(["MLNetGroupNorm.nuspec", "README.md", "icon.png", "lib/net8.0/MLNetGroupNorm.dll",
            "lib/net8.0/MLNetGroupNorm.xml"], own);
        byte[] icon = Bytes(archive, "icon.png");
        Assert.Equal([0x89, .. "PNG"u8], icon[..4]);
        Assert.Equal(128, BinaryPrimitives.ReadInt32BigEndian(icon.AsSpan(16)));
        Assert.Equal(128, BinaryPrimitives.ReadInt32BigEndian(icon.AsSpan(20)));
        Assert.Equal(File.ReadAllBytes(Path.Combine(DotnetCommand.RepositoryRoot, "src/MLNetGroupNorm/PACKAGE.md")), Bytes(archive, "README.md"));
        using var docs = archive.GetEntry("lib/net8.0/MLNetGroupNorm.xml")!.Open();
        Assert.Contains(XDocument.Load(docs).Descendants("member"),
            member => member.Attribute("name")!.Value == "T:MLNetGroupNorm.GroupNormEstimator");
    }

    [Fact]
    public void The_assembly_is_built_reproducibly_and_its_symbols_lie_beside_it()
    {
        using var archive = package.Open();
        using var symbols = package.Open("snupkg");
        using var assembly = new PEReader(new MemoryStream(Bytes(archive, "lib/net8.0/MLNetGroupNorm.dll")));

        Assert.Contains(assembly.ReadDebugDirectory(), entry => entry.Type == DebugDirectoryEntryType.Reproducible);
        Assert.NotNull(symbols.GetEntry("lib/net8.0/MLNetGroupNorm.pdb"));
    }

    [Fact]
    public void A_project_outside_the_repository_runs_a_pipeline_and_saves_and_loads_it_in_another_process()
    {
        string saved = package.SavingProgram.Run("save");
        string loaded = package.SavingProgram.Run("load");

        Assert.Equal(SavingProgram.Expected, saved);
        Assert.Equal(SavingProgram.Expected, loaded);
    }

    /// <summary>With the lines of docs/publishing.md.</summary>
    [Fact]
    public void A_trimmed_program_trains_saves_loads_and_predicts()
    {
        var lines = XElement.Parse($"<Project>{Publishing.Blocks.Single(block => block.Language == "xml").Text}</Project>");
        string fastTree = XDocument.Load(Path.Combine(DotnetCommand.RepositoryRoot, "Directory.Packages.props"))
            .Descendants("PackageVersion").Single(element => element.Attribute("Include")!.Value == "Microsoft.ML.FastTree")
            .Attribute("Version")!.Value;
        var consumer = new PackageConsumer(package, "trimmed", """
            using Microsoft.ML;
            using Microsoft.ML.Data;

            var mlContext = new MLContext(seed: 1);
            var rows = Enumerable.Range(0, 100).Select(i => new Row
            {
                Label = i % 2 == 1,
                Readings = [.. Enumerable.Range(0, 24).Select(j => i + MathF.Sin(i % 2 == 1 ? j : 1.3f * j))],
            }).ToList();
            var data = mlContext.Data.LoadFromEnumerable(rows);
            var pipeline = mlContext.Transforms.GroupNormalize("Features", numberOfGroups: 3, "Readings", epsilon: 0)
                .Append(mlContext.BinaryClassification.Trainers.FastTree());
            mlContext.Model.Save(pipeline.Fit(data), data.Schema, "model.zip");
            var engine = mlContext.Model.CreatePredictionEngine<Row, Answer>(mlContext.Model.Load("model.zip", out _));
            var answers = rows.ConvertAll(row => engine.Predict(row));
            Console.WriteLine(answers.Zip(rows).Count(pair => pair.First.PredictedLabel == pair.Second.Label));
            Console.WriteLine($"{answers[1].Features.Sum(value => value * value):F3}");

            class Row { public bool Label { get; set; } [VectorType(24)] public float[] Readings { get; set; } = []; }
            class Answer { public bool PredictedLabel { get; set; } public float[] Features { get; set; } = []; }
            """, [.. lines.Elements(), new XElement("ItemGroup", PackageConsumer.Reference("Microsoft.ML.FastTree", fastTree))]);

        consumer.Publish();

        Assert.Equal(["100", "24.000"], consumer.RunPublished().Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The program of docs/publishing.md.</summary>
    [Fact]
    public void A_program_without_a_pipeline_is_compiled_ahead_of_time()
    {
        var consumer = new PackageConsumer(package, "native", Publishing.CodeBlocks.Single(),
            new XElement("PropertyGroup", new XElement("PublishAot", "true")));

        consumer.Publish();

        Assert.Equal(Publishing.Blocks.Single(block => block.Language == "output").Text, consumer.RunPublished().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void A_model_is_saved_and_loaded_where_there_is_no_OpenSSL()
    {
        HiddenOpenSsl.SkipTestWhereNotAllowed();

        var hashed = package.SavingProgram.RunWithoutOpenSsl("hash");
        var saved = package.SavingProgram.RunWithoutOpenSsl("save");
        var loaded = package.SavingProgram.RunWithoutOpenSsl("load");

        // The runtime ends a process that asks for it.
        Assert.NotEqual(0, hashed.ExitCode);
        Assert.Contains("libssl", hashed.Output);
        Assert.Equal((0, SavingProgram.Expected), saved);
        Assert.Equal((0, SavingProgram.Expected), loaded);
    }

    private static byte[] Bytes(ZipArchive archive, string name)
    {
        using var stream = archive.GetEntry(name)!.Open();
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
