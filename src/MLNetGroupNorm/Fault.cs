namespace MLNetGroupNorm;

/// <summary>An argument that does not fit what else is known, and what to say about it.</summary>
internal sealed record Fault(string Parameter, string Message);
