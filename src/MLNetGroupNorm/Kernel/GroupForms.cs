namespace MLNetGroupNorm.Kernel;

/// <summary>The forms of groups of two to eight values.</summary>
internal static class GroupForms
{
    public readonly struct RunOf2 : IGroupForm
    {
        public static int Step => 2;

        public static bool AreColumns => false;
    }

    public readonly struct RunOf3 : IGroupForm
    {
        public static int Step => 3;

        public static bool AreColumns => false;
    }

    public readonly struct RunOf4 : IGroupForm
    {
        public static int Step => 4;

        public static bool AreColumns => false;
    }

    public readonly struct RunOf5 : IGroupForm
    {
        public static int Step => 5;

        public static bool AreColumns => false;
    }

    public readonly struct RunOf6 : IGroupForm
    {
        public static int Step => 6;

        public static bool AreColumns => false;
    }

    public readonly struct RunOf7 : IGroupForm
    {
        public static int Step => 7;

        public static bool AreColumns => false;
    }

    public readonly struct RunOf8 : IGroupForm
    {
        public static int Step => 8;

        public static bool AreColumns => false;
    }

    /// <summary>Of two to eight rows.</summary>
    public readonly struct OneColumn : IGroupForm
    {
        public static int Step => 1;

        public static bool AreColumns => true;
    }

    /// <summary>Of two to four rows.</summary>
    public readonly struct TwoColumns : IGroupForm
    {
        public static int Step => 2;

        public static bool AreColumns => true;
    }

    /// <summary>Of two rows.</summary>
    public readonly struct ThreeColumns : IGroupForm
    {
        public static int Step => 3;

        public static bool AreColumns => true;
    }

    /// <summary>Of two rows.</summary>
    public readonly struct FourColumns : IGroupForm
    {
        public static int Step => 4;

        public static bool AreColumns => true;
    }
}
