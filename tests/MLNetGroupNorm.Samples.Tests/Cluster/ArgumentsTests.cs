using System.Net;
using MLNetGroupNorm.Samples.Cluster;

namespace MLNetGroupNorm.Samples.Tests.Cluster;

public sealed class ArgumentsTests
{
    [Fact]
    public void The_three_roles_are_told_apart()
    {
        Assert.Equal(Role.Demo, Arguments.Parse([]).Role);
        Assert.Equal("10.0.0.1:6379", Arguments.Parse(["--redis", "10.0.0.1:6379"]).Cluster.Redis);
        Assert.Equal(Role.Silo, Arguments.Parse(["--silo", "--redis", "10.0.0.1:6379"]).Role);
        Assert.Equal(500, Arguments.Parse(["--client", "--redis", "a:1", "--rows", "500"]).Rows);
    }

    [Fact]
    public void A_silo_is_at_the_address_from_which_it_reaches_Redis_unless_told_otherwise()
    {
        var silo = Arguments.Parse(["--silo", "--redis", "127.0.0.1:6379"]).Silo();
        var other = Arguments.Parse(["--silo", "--redis", "127.0.0.1:6379", "--address", "10.1.2.3", "--port", "4000", "--name", "a"]).Silo();

        Assert.Equal((IPAddress.Loopback, 11111, 11112), (silo.Address, silo.Port, silo.GatewayPort));
        Assert.Equal(new SiloSettings("a", IPAddress.Parse("10.1.2.3"), 4000, 4001), other);
    }

    [Theory]
    [InlineData("--silo needs --redis HOST:PORT", "--silo")]
    [InlineData("--client needs --redis HOST:PORT", "--client")]
    [InlineData("--redis needs a value", "--redis")]
    [InlineData("--rows takes a whole number", "--client", "--redis", "a:1", "--rows", "-5")]
    [InlineData("--port takes a whole number of at most 65534, not 70000", "--silo", "--redis", "a:1", "--port", "70000")]
    [InlineData("--address", "--silo", "--redis", "a:1", "--address", "nowhere")]
    [InlineData("--rediss is not known", "--rediss", "a:1")]
    public void What_is_wrong_is_told(string message, params string[] arguments)
    {
        var error = Assert.Throws<FormatException>(() => Arguments.Parse(arguments));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
