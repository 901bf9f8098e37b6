using System.Buffers;
using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Tests.Support;

/// <summary>Floats outside of the managed heap that begin at an odd address.</summary>
internal sealed unsafe class UnalignedMemory(int length) : MemoryManager<float>
{
    private readonly byte* _memory = (byte*)NativeMemory.AlignedAlloc(((nuint)length * sizeof(float)) + 1, 64);

    public override Span<float> GetSpan() => new(_memory + 1, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new(_memory + 1 + (elementIndex * sizeof(float)));

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing) => NativeMemory.AlignedFree(_memory);
}
