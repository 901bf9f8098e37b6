namespace MLNetGroupNorm.Kernel;

/// <summary>How groups of few values lie in memory: a type for each form, for whose numbers the loops are compiled.</summary>
internal interface IGroupForm
{
    /// <summary>The values from the beginning of one group to that of the next, at most eight.</summary>
    static abstract int Step { get; }

    /// <summary>Whether a group is so many columns of a sample, rather than one run.</summary>
    static abstract bool AreColumns { get; }
}
