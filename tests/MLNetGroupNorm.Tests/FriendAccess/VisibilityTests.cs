using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace FriendAccess.Tests;

public sealed class VisibilityTests
{
    private const int TypeMask = (int)TypeAttributes.VisibilityMask;
    private const int MemberMask = (int)MethodAttributes.MemberAccessMask; // FieldAccessMask has the same bits and meanings

    public static TheoryData<string> Assemblies =>
        [typeof(ITransformer).Assembly.Location, typeof(RowToRowTransformerBase).Assembly.Location];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Internal_becomes_public_and_private_protected_protected_and_nothing_else_changes(string path)
    {
        var image = File.ReadAllBytes(path);
        var widened = Visibility.Widen(image);

        var before = FlagsOf(image);
        var after = FlagsOf(widened);
        Assert.Equal(before.Keys, after.Keys);
        var changed = before.Keys.Where(row => before[row] != after[row]).ToList();
        Assert.All(changed, row => Assert.Equal(Widened(row.Kind, before[row]), after[row]));
        Assert.NotEmpty(changed);
        Assert.Equal(changed.Count, image.Zip(widened).Count(pair => pair.First != pair.Second));
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Every_internal_of_the_root_namespace_is_opened(string path)
    {
        using var file = new PEReader(new MemoryStream(Visibility.Widen(File.ReadAllBytes(path))));
        var metadata = file.GetMetadataReader();
        var own = metadata.TypeDefinitions.Select(metadata.GetTypeDefinition)
            .Where(type => metadata.GetString(type.Namespace).StartsWith("Microsoft.ML", StringComparison.Ordinal))
            .ToList();
        var methods = own.SelectMany(type => type.GetMethods()).Select(row => (int)metadata.GetMethodDefinition(row).Attributes);
        var fields = own.SelectMany(type => type.GetFields()).Select(row => (int)metadata.GetFieldDefinition(row).Attributes);

        Assert.All(own, type => Assert.Equal(TypeAttributes.Public, type.Attributes & TypeAttributes.VisibilityMask));
        Assert.All(methods.Concat(fields), flags =>
            Assert.False((MethodAttributes)(flags & MemberMask) is MethodAttributes.Assembly or MethodAttributes.FamANDAssem));
    }

    [Fact]
    public void Types_of_other_namespaces_stay_internal()
    {
        var image = Visibility.Widen(File.ReadAllBytes(typeof(ITransformer).Assembly.Location));
        using var file = new PEReader(new MemoryStream(image));
        var metadata = file.GetMetadataReader();
        var embedded = metadata.TypeDefinitions.Select(metadata.GetTypeDefinition)
            .Single(type => metadata.GetString(type.Name) == "IsReadOnlyAttribute");

        Assert.Equal(TypeAttributes.NotPublic, embedded.Attributes & TypeAttributes.VisibilityMask);
    }

    private static int Widened(HandleKind kind, int flags) =>
        kind == HandleKind.TypeDefinition ? WidenedType(flags) : WidenedMember(flags);

    private static int WidenedType(int flags) => flags & ~TypeMask | (TypeAttributes)(flags & TypeMask) switch
    {
        TypeAttributes.NotPublic => (int)TypeAttributes.Public,
        TypeAttributes.NestedAssembly => (int)TypeAttributes.NestedPublic,
        TypeAttributes.NestedFamANDAssem => (int)TypeAttributes.NestedFamily,
        var visibility => throw new InvalidOperationException($"{visibility} should not have changed."),
    };

    private static int WidenedMember(int flags) => flags & ~MemberMask | (MethodAttributes)(flags & MemberMask) switch
    {
        MethodAttributes.Assembly => (int)MethodAttributes.Public,
        MethodAttributes.FamANDAssem => (int)MethodAttributes.Family,
        var visibility => throw new InvalidOperationException($"{visibility} should not have changed."),
    };

    private static Dictionary<EntityHandle, int> FlagsOf(byte[] image)
    {
        using var file = new PEReader(new MemoryStream(image));
        var metadata = file.GetMetadataReader();
        var flags = new Dictionary<EntityHandle, int>();
        foreach (var type in metadata.TypeDefinitions)
            flags[type] = (int)metadata.GetTypeDefinition(type).Attributes;
        foreach (var method in metadata.MethodDefinitions)
            flags[method] = (int)metadata.GetMethodDefinition(method).Attributes;
        foreach (var field in metadata.FieldDefinitions)
            flags[field] = (int)metadata.GetFieldDefinition(field).Attributes;

        return flags;
    }
}
