using System.Globalization;
using Microsoft.Playwright;
using MLNetGroupNorm.Samples.Tests.Images;

namespace MLNetGroupNorm.Samples.Tests.Serving;

/// <summary>The page in a real browser.</summary>
[Collection(SharedServer.Name)]
public sealed class PageTests(ServerFixture server)
{
    private const string Chromium = "/usr/bin/chromium";

    [Fact]
    public async Task A_dropped_or_chosen_image_shows_its_class_and_its_channels_and_a_broken_one_its_problem()
    {
        await using var browser = await Browser();
        var page = await browser.NewPageAsync();
        var faults = new List<string>();
        page.PageError += (_, fault) => faults.Add(fault);
        await page.GotoAsync(server.Address.ToString());

        var chosen = new FilePayload { Name = "a.png", MimeType = "image/png", Buffer = Pictures.Digit(0, seed: 20) };
        await page.SetInputFilesAsync("#file", chosen);
        await Assertions.Expect(page.Locator("#class")).ToHaveTextAsync("0");
        Assert.Equal(10, await page.Locator("#probabilities meter").CountAsync());
        var percents = await page.Locator("#probabilities td:last-child").AllInnerTextsAsync();
        Assert.Equal(100, percents.Sum(text => double.Parse(text[..^2], CultureInfo.InvariantCulture)), tolerance: 1);
        await Assertions.Expect(page.Locator("#raw .class")).ToHaveTextAsync("0");
        var before = await Canvases(page, row: "before");
        var after = await Canvases(page, row: "after");
        Assert.Equal(6, before.Concat(after).Distinct().Count()); // three colours, two times, none alike
        await Drop(page, Pictures.Digit(1, seed: 21), "image/png");
        await Assertions.Expect(page.Locator("#class")).ToHaveTextAsync("1");
        Assert.Empty(before.Intersect(await Canvases(page, row: "before")));

        await Drop(page, [1, 2, 3], "image/png");
        await Assertions.Expect(page.Locator("#problem")).ToContainTextAsync("not the bytes of a PNG or JPEG image");
        await Assertions.Expect(page.Locator("#answer")).ToBeHiddenAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "7" }).ClickAsync();
        await Assertions.Expect(page.Locator("#answer")).ToBeVisibleAsync();
        await Assertions.Expect(page.Locator("#problem")).ToBeEmptyAsync();
        Assert.Empty(faults);
    }

    [Fact]
    public async Task In_haze_the_raw_classifier_changes_its_answer_and_the_normalized_one_does_not()
    {
        await using var browser = await Browser();
        var page = await browser.NewPageAsync();
        await page.GotoAsync(server.Address.ToString());
        var chosen = new FilePayload { Name = "a.png", MimeType = "image/png", Buffer = Pictures.Digit(5, seed: 35) };
        await page.SetInputFilesAsync("#file", chosen);
        await Assertions.Expect(page.Locator("#raw .class")).ToHaveTextAsync("5");

        foreach (var lost in Enumerable.Range(1, 9)) await page.FillAsync("#haze", $"{10 * lost}"); // as a hand does

        await Assertions.Expect(page.Locator("#raw .note")).ToHaveTextAsync("was 5 in even light");
        await Assertions.Expect(page.Locator("[for=haze]")).ToHaveTextAsync("90 %");
        await Assertions.Expect(page.Locator("#class")).ToHaveTextAsync("5");
        await Assertions.Expect(page.Locator("#normalized .note")).ToBeEmptyAsync();
        // The picture of the README, for those who look.
        await page.ScreenshotAsync(new() { Path = Path.Combine(AppContext.BaseDirectory, "page.png"), FullPage = true });

        await page.FillAsync("#haze", "0");
        await Assertions.Expect(page.Locator("#raw .note")).ToBeEmptyAsync();
        await Assertions.Expect(page.Locator("#raw .class")).ToHaveTextAsync("5");
    }

    private static async Task<string[]> Canvases(IPage page, string row) => await page
        .Locator($"#colours tr:has(td:text-is('{row}')) canvas")
        .EvaluateAllAsync<string[]>("all => all.map(canvas => canvas.toDataURL())");

    private static async Task<IBrowser> Browser()
    {
        Assert.SkipUnless(File.Exists(Chromium), $"There is no browser at {Chromium}.");
        var playwright = await Playwright.CreateAsync();
        return await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
    }

    private static async Task Drop(IPage page, byte[] file, string type) => await page.EvaluateAsync(
        """
        ([bytes, type]) => {
            const data = new DataTransfer();
            data.items.add(new File([new Uint8Array(bytes)], "dropped", { type }));
            const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
            document.getElementById("drop").dispatchEvent(drop);
        }
        """, new object[] { file.Select(value => (int)value).ToArray(), type });
}
