using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace FriendAccess;

/// <summary>
/// The types and members a project counts on: <c>Namespace.Type</c>, <c>Namespace.Type+Nested</c> or <c>Type::Member</c>.
/// </summary>
internal sealed class RequiredInternals
{
    private readonly ImmutableArray<string> _names;

    private RequiredInternals(IEnumerable<string> names) => _names = [.. names];

    /// <summary>One name per line; empty lines and lines that begin with <c>#</c> are left out.</summary>
    public static RequiredInternals Parse(IEnumerable<string> lines) =>
        new(lines.Select(line => line.Trim()).Where(line => line.Length > 0 && !line.StartsWith('#')));

    /// <summary>The required names that none of the assemblies has, or that are private there.</summary>
    public IReadOnlyList<string> MissingFrom(IEnumerable<byte[]> assemblies)
    {
        var known = assemblies.SelectMany(NamesIn).ToHashSet();
        return [.. _names.Where(name => !known.Contains(name))];
    }

    private static List<string> NamesIn(byte[] image)
    {
        using var file = new PEReader(new MemoryStream(image));
        var metadata = file.GetMetadataReader();
        var names = new List<string>();
        foreach (var type in metadata.TypeDefinitions.Select(metadata.GetTypeDefinition))
        {
            if (IsPrivate(metadata, type))
                continue;

            var typeName = FullName(metadata, type);
            names.Add(typeName);
            names.AddRange(MemberNames(metadata, type).Select(member => $"{typeName}::{member}"));
        }

        return names;
    }

    private static bool IsPrivate(MetadataReader metadata, TypeDefinition type) =>
        (type.Attributes & TypeAttributes.VisibilityMask) == TypeAttributes.NestedPrivate
        || type.IsNested && IsPrivate(metadata, metadata.GetTypeDefinition(type.GetDeclaringType()));

    private static string FullName(MetadataReader metadata, TypeDefinition type)
    {
        var name = metadata.GetString(type.Name);
        if (type.IsNested)
            return $"{FullName(metadata, metadata.GetTypeDefinition(type.GetDeclaringType()))}+{name}";

        return type.Namespace.IsNil ? name : $"{metadata.GetString(type.Namespace)}.{name}";
    }

    // Properties count by their accessors: get_Environment.
    private static IEnumerable<string> MemberNames(MetadataReader metadata, TypeDefinition type)
    {
        var methods = type.GetMethods().Select(metadata.GetMethodDefinition)
            .Where(method => (method.Attributes & MethodAttributes.MemberAccessMask) != MethodAttributes.Private)
            .Select(method => method.Name);
        var fields = type.GetFields().Select(metadata.GetFieldDefinition)
            .Where(field => (field.Attributes & FieldAttributes.FieldAccessMask) != FieldAttributes.Private)
            .Select(field => field.Name);
        return methods.Concat(fields).Select(metadata.GetString);
    }
}
