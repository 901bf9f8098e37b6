using FriendAccess;

// FriendAccess <required list> <output folder> <assembly>...
if (args.Length < 3)
    return Fail("usage: FriendAccess <required list> <output folder> <assembly>...");

try
{
    var assemblies = args[2..].Select(path => (Path: path, Image: File.ReadAllBytes(path))).ToArray();
    var missing = RequiredInternals.Parse(File.ReadLines(args[0])).MissingFrom(assemblies.Select(assembly => assembly.Image));
    if (missing.Count > 0)
    {
        return Fail($"{string.Join(" and ", args[2..])} lack or keep private what {args[0]} lists: " +
            $"{string.Join(", ", missing)}.");
    }

    Directory.CreateDirectory(args[1]);
    foreach (var (path, image) in assemblies)
        File.WriteAllBytes(Path.Combine(args[1], Path.GetFileName(path)), Visibility.Widen(image));

    return 0;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException)
{
    return Fail(e.Message);
}

static int Fail(string message)
{
    Console.Error.WriteLine(message);
    return 1;
}
