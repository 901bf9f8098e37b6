using System.Text;
using static MLNetGroupNorm.Tests.Safetensors.SafetensorsBytes;

namespace MLNetGroupNorm.Tests.Safetensors;

public sealed class SafetensorsHeaderParserTests
{
    private const string Bias = """ "norm.bias":{"dtype":"F32","shape":[1],"data_offsets":[4,8]} """;
    private const string Pair = """ "norm.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}, """ + Bias;

    [Theory]
    [InlineData("{" + Pair + "}")]
    [InlineData("{" + Pair + "}    \n\t ")]
    [InlineData(" \t\r\n{" + Pair + "}")]
    [InlineData("""{"__metadata__":{},""" + Pair + "}")]
    [InlineData("""{"__metadata__":null,""" + Pair + "}")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"},""" + Pair + "}")]
    [InlineData("""{"__metadata__":{"format":"pt","weight":"\ud83d\ude00 { ]"},""" + Pair + "}")]
    [InlineData("{" + Pair + ""","__metadata__":{"format":"pt"}}""")]
    [InlineData("""{"norm.weight":{"data_offsets":[0,4],"dtype":"F32","shape":[1]},""" + Bias + "}")]
    [InlineData("""{"norm\u002eweight":{"dtype":"F3\u0032","shape":[1],"data_offsets":[0,4]},""" + Bias + "}")]
    [InlineData("""{"norm.weight":{"dtype":"F32","new":[{"a":1}],"shape":[1],"data_offsets":[0,4]},""" + Bias + "}")]
    [InlineData("""{"norm.weight":{"dtype":"F32","x":{},"x":"\ud83d\ude00","shape":[1],"data_offsets":[0,4],"x":-1e9},""" + Bias + "}")]
    [InlineData("""{"norm.weight":{"d\u0074ype":"F32","shape":[1],"data_offsets":[0,4]},""" + Bias + "}")]
    [InlineData("""{"":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},""" + Pair + "}")]
    [InlineData("""{"future":{"dtype":"F2_E1M0","shape":[5],"data_offsets":[8,8]},""" + Pair + "}")]
    public void Every_spelling_that_the_format_allows_is_read(string header)
    {
        var affine = Load(Raw(header, Bytes(2f, 3f)));

        Assert.Equal([2f], affine.Weight);
        Assert.Equal([3f], affine.Bias);
    }

    [Theory]
    // Not JSON, or not all of it.
    [InlineData("{", "not valid JSON")]
    [InlineData("   ", "not valid JSON")]
    [InlineData(" []", "The header is not an object")]
    [InlineData("{" + Pair, "not valid JSON")]
    [InlineData("{" + Pair + "}}", "not valid JSON")]
    [InlineData("{" + Pair + "} x", "not valid JSON")]
    [InlineData("{" + Pair + "}\0", "not valid JSON")]
    [InlineData("{" + Pair + ",}", "not valid JSON")]
    [InlineData("{/* */" + Pair + "}", "not valid JSON")]
    [InlineData("{'a':1," + Pair + "}", "not valid JSON")]
    // Half of a surrogate pair, wherever it stands.
    [InlineData("""{"\ud83d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},""" + Pair + "}", "a string that is no text")]
    [InlineData("""{"__metadata__":{"\ud83d":""},""" + Pair + "}", "a string that is no text")]
    [InlineData("""{"__metadata__":{"a":"\ude00"},""" + Pair + "}", "a string that is no text")]
    // Keys that stand twice.
    [InlineData("{" + Pair + "," + Bias + "}", "'norm.bias' stands twice")]
    [InlineData("{" + Pair + ""","norm.b\u0069as":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}""", "'norm.bias' stands tw")]
    [InlineData("""{"__metadata__":{},"__metadata__":{},""" + Pair + "}", "'__metadata__' stands twice")]
    // Metadata that is no map of strings.
    [InlineData("""{"__metadata__":1,""" + Pair + "}", "'__metadata__' is not an object")]
    [InlineData("""{"__metadata__":["pt"],""" + Pair + "}", "'__metadata__' is not an object")]
    [InlineData("""{"__metadata__":{"format":1},""" + Pair + "}", "its __metadata__ holds something else than strings")]
    [InlineData("""{"__metadata__":{"format":{"a":"b"}},""" + Pair + "}", "its __metadata__ holds something else than strings")]
    // Sizes that do not fit, of the tensor asked for and of another one.
    [InlineData("""{"other":{"dtype":"F4","shape":[1],"data_offsets":[0,0]},""" + Pair + "}", "'other': 1 values of F4")]
    [InlineData("""{"other":{"dtype":"I64","shape":[],"data_offsets":[0,0]},""" + Pair + "}", "1 values of I64 are 8 bytes")]
    public void Every_breach_of_the_format_is_named(string header, string message)
    {
        var error = Assert.Throws<InvalidDataException>(() => Load(Raw(header, Bytes(2f, 3f))));

        Assert.StartsWith("The safetensors file (a stream) cannot be read: ", error.Message);
        Assert.Contains(message, error.Message);
    }

    [Theory]
    // Keys that stand twice.
    [InlineData("""{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}""", "'dtype' stands twice")]
    [InlineData("""{"dtype":"F32","shape":[1],"shape":[1],"data_offsets":[0,4]}""", "'shape' stands twice")]
    [InlineData("""{"dtype":"F32","shape":[1],"data_offsets":[0,4],"data_offsets":[0,4]}""", "'data_offsets' stands twice")]
    // Fields that are passed over, but not read by the reference either.
    [InlineData("""{"\ud83d":1,"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", "a string that is no text")]
    [InlineData("""{"x":[{"y":"\ud83d"}],"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", "a string that is no text")]
    [InlineData("""{"x":[1e999],"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", "a number beyond the range of double")]
    // What the reference reads since its JSON library does.
    [InlineData("""["F32",[1],[0,4]]""", "The value of 'norm.weight' is not an object")]
    [InlineData("""{"dtype":{"F32":null},"shape":[1],"data_offsets":[0,4]}""", "dtype of 'norm.weight' is not a string")]
    // Fields that are absent or of another kind.
    [InlineData("""{}""", "are all needed")]
    [InlineData("""{"shape":[1],"data_offsets":[0,4]}""", "are all needed")]
    [InlineData("""{"dtype":"F32","data_offsets":[0,4]}""", "are all needed")]
    [InlineData("""{"dtype":"F32","shape":[1]}""", "are all needed")]
    [InlineData("""[]""", "The value of 'norm.weight' is not an object")]
    [InlineData("""{"dtype":32,"shape":[1],"data_offsets":[0,4]}""", "dtype of 'norm.weight' is not a string")]
    [InlineData("""{"dtype":"F32","shape":1,"data_offsets":[0,4]}""", "shape of 'norm.weight' is not an array")]
    [InlineData("""{"dtype":"F32","shape":[1],"data_offsets":{}}""", "data_offsets of 'norm.weight' is not an array")]
    // Numbers that are none, or too large.
    [InlineData("""{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}""", "its shape hold")]
    [InlineData("""{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}""", "its shape hold")]
    [InlineData("""{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}""", "its shape hold")]
    [InlineData("""{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}""", "its shape hold")]
    [InlineData("""{"dtype":"F32","shape":[null],"data_offsets":[0,4]}""", "its shape hold")]
    [InlineData("""{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]}""", "its shape hold")]
    [InlineData("""{"dtype":"F32","shape":[4294967296,4294967297],"data_offsets":[0,4]}""", "more values than 64 bits can count")]
    [InlineData("""{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}""", "more values than 64 bits can count")] // 2^64
    [InlineData("""{"dtype":"F32","shape":[4294967295,4294967297],"data_offsets":[0,4]}""", "18446744073709551615 values of F32")]
    [InlineData("""{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4]}""", "18446744073709551615 values of F32")]
    [InlineData("""{"dtype":"F32","shape":[18446744073709551615,0,18446744073709551615,2],"data_offsets":[0,4]}""", "0 values of F32 are 0 bytes")]
    [InlineData("""{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}""",
        "values of F32 are 18446744073709551620 bytes, but its data_offsets span 4")]
    [InlineData("""{"dtype":"F32","shape":[1],"data_offsets":[-4,4]}""", "its data_offsets hold")]
    [InlineData("""{"dtype":"F32","shape":[1],"data_offsets":[0,4e0]}""", "its data_offsets hold")]
    [InlineData("""{"dtype":"F32","shape":[1],"data_offsets":[4,0]}""", "end at 0, before they begin at 4")]
    [InlineData("""{"dtype":"F32","shape":[1],"data_offsets":[4,3]}""", "end at 3, before they begin at 4")]
    [InlineData("""{"dtype":"F32","shape":[1],"data_offsets":[0]}""", "are not two numbers")]
    [InlineData("""{"dtype":"F32","shape":[1],"data_offsets":[]}""", "are not two numbers")]
    [InlineData("""{"dtype":"F32","shape":[1],"data_offsets":[0,4,4]}""", "are not two numbers")]
    // Sizes that do not fit, of the tensor asked for and of another one.
    [InlineData("""{"dtype":"F32","shape":[2],"data_offsets":[0,4]}""", "2 values of F32 are 8 bytes")]
    [InlineData("""{"dtype":"F16","shape":[1],"data_offsets":[0,4]}""", "1 values of F16 are 2 bytes")]
    [InlineData("""{"dtype":"U8","shape":[3],"data_offsets":[0,4]}""", "3 values of U8 are 3 bytes")]
    [InlineData("""{"dtype":"U8","shape":[5],"data_offsets":[0,4]}""", "5 values of U8 are 5 bytes")]
    [InlineData("""{"dtype":"F4","shape":[7],"data_offsets":[0,4]}""", "7 values of F4 are 3 bytes")]
    [InlineData("""{"dtype":"F4","shape":[9],"data_offsets":[0,4]}""", "9 values of F4 are 4 bytes")]
    public void Every_breach_in_a_tensor_is_named(string tensor, string message) =>
        Every_breach_of_the_format_is_named($$"""{"norm.weight":{{tensor}},{{Bias}}}""", message);

    [Theory]
    [InlineData(125, true)] // within two objects: 127 in all
    [InlineData(126, false)]
    [InlineData(1_000_000, false)]
    public void Nesting_is_read_as_deep_as_the_reference_reads_it(int depth, bool isRead)
    {
        string nest = new string('[', depth) + new string(']', depth);
        string header = """{"norm.weight":{"x":""" + nest + ""","dtype":"F32","shape":[1],"data_offsets":[0,4]},""" + Bias + "}";

        if (isRead)
            Assert.Equal([2f], Load(Raw(header, Bytes(2f, 3f))).Weight);
        else
            AssertNotJson(header);
        AssertNotJson("""{"norm.weight":{"x":""" + new string('[', depth));
    }

    [Theory]
    [InlineData("BOOL", 1)]
    [InlineData("U8", 1)]
    [InlineData("I8", 1)]
    [InlineData("F8_E5M2", 1)]
    [InlineData("F8_E4M3", 1)]
    [InlineData("F8_E8M0", 1)]
    [InlineData("F8_E4M3FNUZ", 1)]
    [InlineData("F8_E5M2FNUZ", 1)]
    [InlineData("F4", 0.5)]
    [InlineData("F6_E2M3", 0.75)]
    [InlineData("F6_E3M2", 0.75)]
    [InlineData("I16", 2)]
    [InlineData("U16", 2)]
    [InlineData("F16", 2)]
    [InlineData("BF16", 2)]
    [InlineData("I32", 4)]
    [InlineData("U32", 4)]
    [InlineData("F32", 4)]
    [InlineData("I64", 8)]
    [InlineData("U64", 8)]
    [InlineData("F64", 8)]
    [InlineData("C64", 8)]
    public void Values_of_every_type_take_the_bytes_that_the_format_says(string dtype, double size)
    {
        int right = (int)(4 * size);
        for (int length = right - 1; length <= right + 1; length++)
        {
            byte[] file = Of(("other", dtype, "[4]", new byte[length]), ("norm.weight", "F32", "[1]", Bytes(2f)));
            if (length == right)
                Assert.Equal([2f], Load(file).Weight);
            else
                Assert.Contains($"4 values of {dtype} are {right} bytes, but its data_offsets span {length}",
                    Assert.Throws<InvalidDataException>(() => Load(file)).Message);
        }
    }

    [Fact]
    public void Bytes_that_are_no_text_are_refused()
    {
        byte[] header = Encoding.UTF8.GetBytes("""{"__metadata__":{"a":"?"},""" + Pair + "}");
        header[Array.IndexOf(header, (byte)'?')] = 0xC0;

        Assert.Contains("not valid UTF-8", Assert.Throws<InvalidDataException>(() => Load(Raw(header, Bytes(2f, 3f)))).Message);
    }

    [Fact]
    public void Names_in_messages_are_short_and_carry_no_control_characters()
    {
        string name = "\\u001b[31m\\n" + new string('x', 100_000);
        var error = Assert.Throws<InvalidDataException>(() => Load(Raw("{\"" + name + "\":1}")));

        Assert.Contains("'\\u001b[31m\\u000axxx", error.Message);
        Assert.True(error.Message.Length < 500);
    }

    private static void AssertNotJson(string header) => Assert.Contains("not valid JSON",
        Assert.Throws<InvalidDataException>(() => Load(Raw(header, Bytes(2f, 3f)))).Message);
}
