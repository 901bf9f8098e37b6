namespace MLNetGroupNorm.Safetensors;

/// <summary>Finds the names that come nearest to one that is not there.</summary>
internal static class Likeness
{
    private const int MaxNames = 5;

    /// <summary>The most similar names, the nearest first and of two as near the shorter one.</summary>
    public static string[] Nearest(string name, IEnumerable<string> names)
    {
        // The least like is at the head, so that it is the one that goes.
        var nearest = new PriorityQueue<string, (int, int)>();
        foreach (string other in names)
            if (nearest.Count < MaxNames)
                nearest.Enqueue(other, Rank(other));
            else
                nearest.EnqueueDequeue(other, Rank(other));
        return [.. nearest.UnorderedItems.OrderByDescending(item => item.Priority).Select(item => item.Element)];

        (int, int) Rank(string other) => (Of(name, other), -other.Length);
    }

    /// <summary>How many letters two names have in common at their ends: enough to find a prefix left out or a digit mistaken.</summary>
    private static int Of(string a, string b)
    {
        int shorter = Math.Min(a.Length, b.Length);
        int first = 0, last = 0;
        while (first < shorter && AreAlike(a[first], b[first]))
            first++;
        while (last < shorter - first && AreAlike(a[^(last + 1)], b[^(last + 1)]))
            last++;
        return first + last;
    }

    // Libraries differ in separators and in capitals.
    private static bool AreAlike(char a, char b) => Plain(a) == Plain(b);

    private static char Plain(char c) => c is '/' or '_' ? '.' : char.ToLowerInvariant(c);
}
