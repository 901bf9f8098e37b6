using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using MLNetGroupNorm;
using MLNetGroupNorm.Pipeline;

[assembly: LoadableClass(typeof(GroupNormTransformer), null, typeof(SignatureLoadModel),
    GroupNormTransformer.UserName, GroupNormTransformer.LoaderSignature)]

[assembly: LoadableClass(typeof(IRowMapper), typeof(GroupNormTransformer), null, typeof(SignatureLoadRowMapper),
    GroupNormTransformer.UserName, GroupNormTransformer.LoaderSignature)]

[assembly: LoadableClass(typeof(IDataTransform), typeof(GroupNormTransformer), null, typeof(SignatureLoadDataTransform),
    GroupNormTransformer.UserName, GroupNormTransformer.LoaderSignature)]

namespace MLNetGroupNorm;

// How a model file is written and read. ML.NET finds the Create methods by the attributes above and their parameters.
public sealed partial class GroupNormTransformer
{
    internal const string UserName = "Group Normalization Transform";
    internal const string LoaderSignature = "GroupNormTransform";

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        _host.CheckValue(ctx, nameof(ctx));
        ctx.CheckAtModel();
        ctx.SetVersionInfo(GetVersionInfo());

        // *** Binary format ***
        // columns, as ColumnsFormat says
        ColumnsFormat.Write(ctx.Writer, Columns, _host);
    }

    private static VersionInfo GetVersionInfo() => new(
        modelSignature: "GRPNORMF",
        // 0x00010001: initial
        verWrittenCur: ColumnsFormat.Version, // 0x00010002: dimensions; CRC-32C in place of SHA-256
        verReadableCur: ColumnsFormat.Version, // readers of 0x00010001 look for a SHA-256
        verWeCanReadBack: 0x00010001,
        loaderSignature: LoaderSignature,
        loaderAssemblyName: typeof(GroupNormTransformer).Assembly.FullName);

#pragma warning disable CA1859 // ML.NET looks for methods that return exactly the types that the attributes name.

    /// <summary>For <see cref="SignatureLoadModel"/>.</summary>
    private static GroupNormTransformer Create(IHostEnvironment env, ModelLoadContext ctx)
    {
        Contracts.CheckValue(env, nameof(env));
        env.CheckValue(ctx, nameof(ctx));
        var version = GetVersionInfo();
        if (ctx.Header.ModelSignature == version.ModelSignature && ctx.Header.ModelVerReadable > version.VerWrittenCur)
            throw env.ExceptDecode($"The group normalization in this model has format {ctx.Header.ModelVerReadable:X8}, and this version of "
                + $"MLNetGroupNorm reads up to {version.VerWrittenCur:X8}. Load it with the version that saved it, or a newer one.");
        ctx.CheckAtModel(version);

        // *** Binary format ***
        // columns, as ColumnsFormat says
        return new GroupNormTransformer(env, ColumnsFormat.Read(ctx.Reader, ctx.Header.ModelVerWritten, env));
    }

    /// <summary>For <see cref="SignatureLoadRowMapper"/>.</summary>
    private static IRowMapper Create(IHostEnvironment env, ModelLoadContext ctx, DataViewSchema inputSchema)
    {
        var transformer = Create(env, ctx);
        return new GroupNormRowMapper(transformer._host, transformer, inputSchema);
    }

    /// <summary>For <see cref="SignatureLoadDataTransform"/>.</summary>
    private static IDataTransform Create(IHostEnvironment env, ModelLoadContext ctx, IDataView input) =>
        new GroupNormView(env, Create(env, ctx), input);
}
