using System.Reflection;

namespace MLNetGroupNorm.Tests;

/// <summary>
/// The library is compiled against copies of ML.NET whose internals are public. What users see must not need them: at run time
/// the true assemblies are loaded, and every type that the public surface names must be public there.
/// </summary>
public sealed class PublicSurfaceTests
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Assembly _library = typeof(GroupNormTransformer).Assembly;

    [Fact]
    public void Public_members_name_only_types_that_are_public_in_ML_NET()
    {
        var seen = _library.GetExportedTypes().SelectMany(Surface).Distinct().ToArray();

        Assert.Contains(typeof(Microsoft.ML.TransformsCatalog), seen);
        Assert.All(seen, type => Assert.True(type.IsVisible, $"{type} is not public."));
    }

    [Fact]
    public void The_check_finds_internal_types() =>
        Assert.Contains(Surface(typeof(Leak)), type => !type.IsVisible);

    [Fact]
    public void The_library_refers_to_ML_NET_alone() =>
        Assert.All(_library.GetReferencedAssemblies(), reference => Assert.Matches("^(Microsoft\\.ML(\\.|$)|System\\.)", reference.Name));

    private static IEnumerable<Type> Surface(Type type)
    {
        var members = type.GetMembers(Declared).Where(IsSeen);
        return members.SelectMany(Named).Concat(type.GetInterfaces()).Append(type.BaseType ?? typeof(object)).SelectMany(Parts);
    }

    private static bool IsSeen(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        PropertyInfo property => property.GetAccessors(nonPublic: true).Any(IsSeen),
        EventInfo { AddMethod: { } add } => IsSeen(add),
        _ => false,
    };

    private static IEnumerable<Type> Named(MemberInfo member) => member switch
    {
        MethodInfo method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(method.ReturnType),
        ConstructorInfo constructor => constructor.GetParameters().Select(parameter => parameter.ParameterType),
        FieldInfo field => [field.FieldType],
        PropertyInfo property => [property.PropertyType],
        EventInfo { EventHandlerType: { } handler } => [handler],
        _ => [],
    };

    private static IEnumerable<Type> Parts(Type type) => type.HasElementType
        ? Parts(type.GetElementType()!)
        : type.IsGenericParameter ? [] : type.GetGenericArguments().SelectMany(Parts).Append(type);

    private sealed class Leak
    {
        public static void Use(IEnumerable<Microsoft.ML.VersionInfo[]> widened) => _ = widened;
    }
}
