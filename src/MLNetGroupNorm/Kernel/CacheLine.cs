using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Kernel;

/// <summary>Lines of the cache: a vector that straddles two takes twice as long to load or store.</summary>
internal static class CacheLine
{
    /// <summary>The doubles of a line, and of the widest vector.</summary>
    public const int Doubles = 64 / sizeof(double);

    /// <summary>The index of the first element at which a line begins.</summary>
    public static int Start(double[] array)
    {
        ref byte first = ref Unsafe.As<double, byte>(ref MemoryMarshal.GetArrayDataReference(array));
        var past = (int)(Unsafe.ByteOffset(ref Unsafe.NullRef<byte>(), ref first) / sizeof(double) % Doubles);
        return (Doubles - past) % Doubles;
    }
}
