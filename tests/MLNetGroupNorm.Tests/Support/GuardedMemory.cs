using System.ComponentModel;
using System.Runtime.InteropServices;

namespace MLNetGroupNorm.Tests.Support;

/// <summary>Memory between two pages that must not be touched: a read or write one byte outside of it ends the process.</summary>
internal sealed unsafe partial class GuardedMemory : IDisposable
{
    // Linux, but for the flag of macOS: sys/mman.h.
    private const int ReadAndWrite = 1 | 2;
    private const int Private = 2;
    private const int AnonymousOfLinux = 0x20;
    private const int AnonymousOfMac = 0x1000;

    // Windows: memoryapi.h.
    private const uint Commit = 0x1000;
    private const uint Reserve = 0x2000;
    private const uint Release = 0x8000;
    private const uint NoAccess = 1;
    private const uint ReadWrite = 4;

    private readonly nint _pages;
    private readonly int _size;

    /// <summary>Reserves at least that number of bytes.</summary>
    public GuardedMemory(int bytes)
    {
        int page = Environment.SystemPageSize;
        _size = (bytes + page - 1) / page * page;
        int all = _size + (2 * page);
        _pages = OperatingSystem.IsWindows()
            ? VirtualAlloc(0, (nuint)all, Reserve, NoAccess)
            : Map(0, (nuint)all, 0, Private | (OperatingSystem.IsMacOS() ? AnonymousOfMac : AnonymousOfLinux), -1, 0);
        bool isUsable = _pages is not (0 or -1) && (OperatingSystem.IsWindows()
            ? VirtualAlloc(_pages + page, (nuint)_size, Commit, ReadWrite) != 0
            : Protect(_pages + page, (nuint)_size, ReadAndWrite) == 0);
        if (!isUsable)
            throw new Win32Exception();
    }

    private byte* Start => (byte*)_pages + Environment.SystemPageSize;

    /// <summary>Values before which lies a page that must not be touched.</summary>
    public Span<T> First<T>(int length)
        where T : unmanaged => new(Start, length);

    /// <summary>Values behind which lies a page that must not be touched.</summary>
    public Span<T> Last<T>(int length)
        where T : unmanaged => new(Start + _size - (length * sizeof(T)), length);

    public void Dispose()
    {
        if (OperatingSystem.IsWindows())
            _ = VirtualFree(_pages, 0, Release);
        else
            _ = Unmap(_pages, (nuint)(_size + (2 * Environment.SystemPageSize)));
    }

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    private static partial int Protect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial nint VirtualAlloc(nint address, nuint size, uint kind, uint protection);

    [LibraryImport("kernel32", SetLastError = true)]
    private static partial int VirtualFree(nint address, nuint size, uint kind);
}
