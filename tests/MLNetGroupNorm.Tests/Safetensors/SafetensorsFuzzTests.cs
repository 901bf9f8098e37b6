using MLNetGroupNorm.Tests.Support;
using static MLNetGroupNorm.Tests.Safetensors.SafetensorsBytes;

namespace MLNetGroupNorm.Tests.Safetensors;

/// <summary>Damage of a small file: the same parameters, or a clear error; never another exception, nor much memory.</summary>
public sealed class SafetensorsFuzzTests
{
    // What the structure of a header is made of, and what it must not hold.
    private static readonly byte[] _replacements = [.. "{}[]\",:\\ -.e019aFn"u8, 0, 0x7F, 0x80, 0xC3, 0xFF];

    private static readonly byte[] _sample = Raw("""
        {"__metadata__":{"format":"pt"},
        "conv.weight":{"dtype":"F16","shape":[1,2,1],"data_offsets":[0,4]},
        "norm.bias":{"dtype":"BF16","shape":[2],"data_offsets":[4,8]},
        "norm.weight":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}
        """, [.. Bytes((ushort)0x3C00, (ushort)0x3C00), .. Bytes((ushort)0x3F80, (ushort)0xC000), .. Bytes(0.5f, -3f)]);

    private static readonly int _dataStart = _sample.Length - 16;

    [Fact]
    public void The_sample_loads() => Assert.True(LoadsTheSame(_sample));

    [Fact]
    public void Every_truncation_is_an_error()
    {
        for (int length = 0; length < _sample.Length; length++)
            Assert.False(LoadsTheSame(_sample[..length]), $"cut at {length}");
    }

    [Fact]
    public void Every_byte_of_the_header_changed_loads_the_same_or_is_an_error()
    {
        int same = 0;
        for (int position = 0; position < _dataStart; position++)
        {
            var flipped = Enumerable.Range(0, 8).Select(bit => (byte)(_sample[position] ^ 1 << bit));
            foreach (byte value in _replacements.Concat(flipped))
                same += LoadsTheSame(Changed(position, value)) ? 1 : 0;
        }

        // Changes of the metadata's text and of another tensor's name do no harm, so some load.
        Assert.InRange(same, 100, _dataStart * _replacements.Length / 2);
    }

    [Fact]
    public void A_byte_put_in_or_left_out_anywhere_is_an_error()
    {
        for (int position = 0; position < _sample.Length; position++)
        {
            Assert.False(LoadsTheSame([.. _sample[..position], (byte)' ', .. _sample[position..]]), $"put in at {position}");
            Assert.False(LoadsTheSame([.. _sample[..position], .. _sample[(position + 1)..]]), $"left out at {position}");
        }
    }

    [Fact]
    public void Every_bit_of_the_values_changed_changes_that_value_alone_or_is_an_error()
    {
        for (int position = _dataStart + 4; position < _sample.Length; position++)
            for (int bit = 0; bit < 8; bit++)
            {
                if (TryLoad(Changed(position, (byte)(_sample[position] ^ 1 << bit))) is not { } affine)
                    continue;
                float[] before = [1f, -2f, 0.5f, -3f];
                float[] after = [.. affine.Bias!, .. affine.Weight!];
                int changed = position < _dataStart + 8 ? (position - _dataStart - 4) / 2 : 2 + (position - _dataStart - 8) / 4;
                for (int i = 0; i < before.Length; i++)
                    Assert.Equal(i == changed, after[i] != before[i]);
            }
    }

    private static byte[] Changed(int position, byte value)
    {
        byte[] copy = [.. _sample];
        copy[position] = value;
        return copy;
    }

    private static bool LoadsTheSame(byte[] file)
    {
        if (TryLoad(file) is not { } affine)
            return false;
        // A tensor whose name has changed is no part of the layer any more.
        Assert.Equal([0.5f, -3f], affine.Weight ?? [0.5f, -3f]);
        Assert.Equal([1f, -2f], affine.Bias ?? [1f, -2f]);
        return true;
    }

    /// <summary>The parameters, or null for an error of the kinds that are documented; others are let through.</summary>
    private static GroupNormAffine? TryLoad(byte[] file) => Allocations.AssertFew(() =>
    {
        try
        {
            return Load(file);
        }
        catch (Exception e) when (e is InvalidDataException || e.GetType() == typeof(ArgumentException))
        {
            Assert.Contains("(a stream)", e.Message);
            return null;
        }
    });
}
