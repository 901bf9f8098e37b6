using SkiaSharp;

namespace MLNetGroupNorm.Samples.Images.Strokes;

/// <summary>
/// Pen strokes of digits, letters and signs as SVG path data: what the digits are painted from, and what the pictures are
/// labelled with, so that no font of the machine is needed. Digits and capitals reach from y = 0 to 14, small letters from 5.
/// </summary>
public static class Glyphs
{
    public const float Height = 14;

    private static readonly Dictionary<char, SKPath> _paths = new Dictionary<char, string>
    {
        ['0'] = "M5 0 C1 0 0 4 0 7 C0 10 1 14 5 14 C9 14 10 10 10 7 C10 4 9 0 5 0 Z",
        ['1'] = "M1 3 L5 0 V14",
        ['2'] = "M0 4 C0 -1.5 9.5 -1.5 9.5 4 C9.5 7 4 10 0 14 H10",
        ['3'] = "M0 2 C3 -1 9 -1 9 3.5 C9 6 7 7 4 7 C8 7 10 8 10 10.5 C10 15 2 15 0 12",
        ['4'] = "M7.5 14 V0 L0 10 H10",
        ['5'] = "M9 0 H1.5 L1 6.5 C4 4 10 5 10 9.5 C10 15 2 15 0 12.5",
        ['6'] = "M8.5 0 C3 1.5 0 5.5 0 9.8 C0 15.4 10 15.4 10 9.8 C10 4.8 1.5 4.8 0 9.5",
        ['7'] = "M0 0 H10 L4 14",
        ['8'] = "M5 6.5 C-0.5 6 -0.5 0 5 0 C10.5 0 10.5 6 5 6.5 C-1.5 7 -1.5 14 5 14 C11.5 14 11.5 7 5 6.5 Z",
        ['9'] = "M10 4.5 C8.5 9 0 9.2 0 4.3 C0 -1.4 10 -1.4 10 4.2 C10 8.5 7 12.5 1.5 14",
        ['a'] = "M0.5 6 C2.5 4.5 7 4.2 7 8 V14 M7 9 C3 8.5 0 9 0 11.6 C0 14.8 5.5 14.8 7 11.5",
        ['b'] = "M0 0 V14 M0 9.5 C0 3.5 8 3.5 8 9.5 C8 15.5 0 15.5 0 9.5",
        ['c'] = "M7 6.3 C4 3.7 0 5.3 0 9.5 C0 13.7 4 15.3 7 12.7",
        ['d'] = "M8 0 V14 M8 9.5 C8 3.5 0 3.5 0 9.5 C0 15.5 8 15.5 8 9.5",
        ['e'] = "M0 9.3 H7.5 C7.5 3.5 0 3.5 0 9.5 C0 14 4 15.3 7 12.8",
        ['f'] = "M6 0.5 C3.5 -0.7 2 0.5 2 3 V14 M0 5 H5.5",
        ['g'] = "M8 5 V15 C8 19 2.5 19 0.5 17.2 M8 9.3 C8 3.5 0 3.5 0 9.3 C0 15 8 15 8 9.3",
        ['h'] = "M0 0 V14 M0 9 C0.5 3.8 7.5 3.3 7.5 8.5 V14",
        ['i'] = "M0 5 V14 M0 1.2 V1.3",
        ['j'] = "M2 5 V15.5 C2 18 0.5 18 -0.5 17.6 M2 1.2 V1.3",
        ['k'] = "M0 0 V14 M6.5 5 L0 10.5 M2.5 8.5 L7 14",
        ['l'] = "M0 0 V14",
        ['m'] = "M0 5 V14 M0 9 C0.5 4 6 3.5 6 8.5 V14 M6 9 C6.5 4 12 3.5 12 8.5 V14",
        ['n'] = "M0 5 V14 M0 9 C0.5 3.8 7.5 3.3 7.5 8.5 V14",
        ['o'] = "M4 5 C-1.3 5 -1.3 14 4 14 C9.3 14 9.3 5 4 5 Z",
        ['p'] = "M0 5 V18.5 M0 9.5 C0 3.5 8 3.5 8 9.5 C8 15.5 0 15.5 0 9.5",
        ['q'] = "M8 5 V18.5 M8 9.5 C8 3.5 0 3.5 0 9.5 C0 15.5 8 15.5 8 9.5",
        ['r'] = "M0 5 V14 M0 9 C0.5 6 2 4.7 4.5 5.2",
        ['s'] = "M6 6 C3.5 4.3 0.3 4.7 0.3 7 C0.3 10 6.7 8.7 6.7 11.7 C6.7 14.5 2.5 14.7 0 12.8",
        ['t'] = "M2 1.5 V11.5 C2 13.8 3.5 14.3 5.5 13.7 M0 5 H5.3",
        ['u'] = "M0 5 V10.5 C0 15.5 7 15 7.5 10 M7.5 5 V14",
        ['v'] = "M0 5 L3.8 14 L7.6 5",
        ['w'] = "M0 5 L3 14 L6 6 L9 14 L12 5",
        ['x'] = "M0 5 L7 14 M7 5 L0 14",
        ['y'] = "M0 5 L4 14 M8 5 L3.5 15.5 C2.8 17.5 1.5 18.3 0 18",
        ['z'] = "M0 5 H7 L0 14 H7",
        ['C'] = "M10 2.3 C6 -1.8 0 0.5 0 7 C0 13.5 6 15.8 10 11.7",
        ['G'] = "M10 2.3 C6 -1.8 0 0.5 0 7 C0 13.8 6.5 15.7 10.3 11.5 V7.5 H6",
        ['M'] = "M0 14 V0 L5.5 10 L11 0 V14",
        ['N'] = "M0 14 V0 L9 14 V0",
        ['V'] = "M0 0 L5 14 L10 0",
        ['.'] = "M0 13.7 V13.8",
        [','] = "M0.8 13.5 L0 16",
        [':'] = "M0 6.7 V6.8 M0 13.2 V13.3",
        ['-'] = "M0 8.5 H5",
        ['−'] = "M0 8 H7",
        ['+'] = "M0 8 H8 M4 4 V12",
        ['×'] = "M0 4.5 L7 11.5 M7 4.5 L0 11.5",
        ['%'] = "M2.5 0 C-0.5 0 -0.5 6 2.5 6 C5.5 6 5.5 0 2.5 0 Z M10 0 L2 14"
            + "M9.5 8 C6.5 8 6.5 14 9.5 14 C12.5 14 12.5 8 9.5 8 Z",
        ['('] = "M2.5 -1 C-0.8 3.5 -0.8 12.5 2.5 17",
        [')'] = "M0 -1 C3.3 3.5 3.3 12.5 0 17",
        ['/'] = "M6 -0.5 L0 15.5",
    }.ToDictionary(glyph => glyph.Key, glyph => SKPath.ParseSvgPathData(glyph.Value));

    /// <summary>The strokes of a character; those of no strokes at all for a space or a character that is not here.</summary>
    public static SKPath Of(char character) => _paths.TryGetValue(character, out var path) ? path : Empty;

    private static SKPath Empty { get; } = new();
}
