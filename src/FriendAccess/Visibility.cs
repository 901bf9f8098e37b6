using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace FriendAccess;

/// <summary>Opens what is internal in an assembly by changing the visibility bits of its metadata, and nothing else.</summary>
/// <remarks>Rows and flags: ECMA-335, II.22.15 (Field), II.22.26 (MethodDef) and II.22.37 (TypeDef).</remarks>
internal static class Visibility
{
    // Types of other namespaces are the compiler's own (NullableAttribute) or stand in for newer ones of the runtime
    // (NotNullWhenAttribute): in the open they would clash with the real ones.
    private const string RootNamespace = "Microsoft.ML";

    private const int MethodFlagsOffset = sizeof(uint) + sizeof(ushort); // after RVA and ImplFlags
    private const int OtherFlagsOffset = 0;

    /// <summary>A copy of the assembly in which internal is public and private protected is protected; private stays.</summary>
    public static byte[] Widen(byte[] image)
    {
        using var file = new PEReader(new MemoryStream(image));
        var metadata = file.GetMetadataReader();
        var copy = (byte[])image.Clone();

        foreach (var handle in metadata.TypeDefinitions)
        {
            var type = metadata.GetTypeDefinition(handle);
            if (!IsInRootNamespace(metadata, type))
                continue;

            var typeFlags = type.Attributes;
            Replace(handle, OtherFlagsOffset, (int)TypeAttributes.VisibilityMask, (int)typeFlags, (int)Widen(typeFlags));
            foreach (var method in type.GetMethods())
            {
                var flags = metadata.GetMethodDefinition(method).Attributes;
                Replace(method, MethodFlagsOffset, (int)MethodAttributes.MemberAccessMask, (int)flags, (int)Widen(flags));
            }

            foreach (var field in type.GetFields())
            {
                var flags = metadata.GetFieldDefinition(field).Attributes;
                Replace(field, OtherFlagsOffset, (int)FieldAttributes.FieldAccessMask, (int)flags, (int)Widen(flags));
            }
        }

        return copy;

        // The mask of each table fits in the first byte of its little-endian flags.
        void Replace(EntityHandle row, int flagsOffset, int mask, int flags, int visibility)
        {
            MetadataTokens.TryGetTableIndex(row.Kind, out var table);
            var rowOffset = file.PEHeaders.MetadataStartOffset + metadata.GetTableMetadataOffset(table)
                + (MetadataTokens.GetRowNumber(row) - 1) * metadata.GetTableRowSize(table);
            copy[rowOffset + flagsOffset] = (byte)(flags & ~mask | visibility);
        }
    }

    private static bool IsInRootNamespace(MetadataReader metadata, TypeDefinition type)
    {
        while (type.IsNested)
            type = metadata.GetTypeDefinition(type.GetDeclaringType());

        var name = metadata.GetString(type.Namespace);
        return name == RootNamespace || name.StartsWith(RootNamespace + ".", StringComparison.Ordinal);
    }

    private static TypeAttributes Widen(TypeAttributes flags) => (flags & TypeAttributes.VisibilityMask) switch
    {
        TypeAttributes.NotPublic => TypeAttributes.Public,
        TypeAttributes.NestedAssembly => TypeAttributes.NestedPublic,
        TypeAttributes.NestedFamANDAssem => TypeAttributes.NestedFamily,
        var visibility => visibility,
    };

    private static MethodAttributes Widen(MethodAttributes flags) => (flags & MethodAttributes.MemberAccessMask) switch
    {
        MethodAttributes.Assembly => MethodAttributes.Public,
        MethodAttributes.FamANDAssem => MethodAttributes.Family,
        var visibility => visibility,
    };

    private static FieldAttributes Widen(FieldAttributes flags) => (flags & FieldAttributes.FieldAccessMask) switch
    {
        FieldAttributes.Assembly => FieldAttributes.Public,
        FieldAttributes.FamANDAssem => FieldAttributes.Family,
        var visibility => visibility,
    };
}
