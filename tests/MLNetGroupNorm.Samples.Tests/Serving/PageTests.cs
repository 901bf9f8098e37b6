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
        Assert.SkipUnless(File.Exists(Chromium), $"There is no browser at {Chromium}.");
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Chromium,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync",
            ],
        });
        var page = await browser.NewPageAsync();
        var faults = new List<string>();
        page.PageError += (_, fault) => faults.Add(fault);
        await page.GotoAsync(server.Address.ToString());

        var chosen = new FilePayload { Name = "a.png", MimeType = "image/png", Buffer = Pictures.Digit(0, seed: 20) };
        await page.SetInputFilesAsync("#file", chosen);
        await Assertions.Expect(page.Locator("#class")).ToHaveTextAsync("0");
        Assert.Equal(10, await page.Locator("#probabilities meter").CountAsync());
        var before = await Canvases(page, row: "before");
        var after = await Canvases(page, row: "after");
        Assert.Equal(6, before.Concat(after).Distinct().Count()); // three colours, two times, none alike
        // The picture of the README, for those who look.
        await page.ScreenshotAsync(new() { Path = Path.Combine(AppContext.BaseDirectory, "page.png"), FullPage = true });

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

    private static async Task<string[]> Canvases(IPage page, string row) => await page
        .Locator($"#colours tr:has(td:text-is('{row}')) canvas")
        .EvaluateAllAsync<string[]>("all => all.map(canvas => canvas.toDataURL())");

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
