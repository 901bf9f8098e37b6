using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace MLNetGroupNorm.Kernel;

/// <content>The last stage.</content>
internal readonly ref partial struct SmallGroups
{
    /// <summary>Makes the lines of eight groups, and applies them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Apply<T, TForm>(ref T x, ref float y, int channel, ref double slot, Repetition ofLines, Repetition ofValues)
        where T : unmanaged
        where TForm : IGroupForm
    {
        ref long places = ref ofLines.First;
        var inverses = Lanes.Load(ref slot, Lanes.Count);
        var means = Lanes.Load(ref slot, 0);
        nuint values = (nuint)_values;
        for (nuint line = 0; line < (nuint)_lines; line++)
        {
            var inverse = inverses;
            var mean = means;
            if (_lines > 1)
            {
                inverse = Repetition.Get(inverses, ref places);
                mean = Repetition.Get(means, ref places);
                places = ref Repetition.Following(ref places);
            }

            Vector512<double> a, b;
            if (_isWeighed)
                (a, b) = (inverse, -(inverse * mean));
            else
                _parameters.Lines(channel + ((int)line * Lanes.Count), inverse, mean, out a, out b);
            if (TForm.AreColumns)
                ApplyToColumns(ref x, ref y, line * Lanes.Count, a, b);
            else
                ApplyToRuns(ref x, ref y, line * values * Lanes.Count, values, a, b, channel, ofValues);
        }
    }

    /// <summary>Eight lines of eight columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ApplyToColumns<T>(ref T x, ref float y, nuint start, Vector512<double> a, Vector512<double> b)
        where T : unmanaged
    {
        nuint end = start + ((nuint)_spatial * _positionStep);
        for (nuint i = start; i < end; i += _positionStep)
        {
            if (_ahead > 0)
            {
                CacheLine.Prefetch(ref Unsafe.Add(ref x, _ahead + i), Lanes.Count);
                CacheLine.Prefetch(ref Unsafe.Add(ref y, _ahead + i), Lanes.Count);
            }

            Lanes.Store(Lanes.FusedMultiplyAdd(Lanes.Load(ref x, i), a, b), ref y, i);
        }
    }

    /// <summary>Eight lines of so many values each, then weight and bias where there is one of each for a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void ApplyToRuns<T>(ref T x, ref float y, nuint start, nuint values, Vector512<double> a, Vector512<double> b,
        int channel, Repetition ofValues)
        where T : unmanaged
    {
        ref long places = ref ofValues.First;
        nuint end = start + (values * Lanes.Count);
        for (nuint i = start; i < end; i += Lanes.Count)
        {
            var z = Lanes.FusedMultiplyAdd(Lanes.Load(ref x, i), Repetition.Get(a, ref places), Repetition.Get(b, ref places));
            if (_isWeighed)
                z = Application.Weigh(z, ref _parameters.Weights(channel), ref _parameters.Biases(channel), i);
            Lanes.Store(z, ref y, i);
            places = ref Repetition.Following(ref places);
        }
    }

    /// <summary>Fills those of eight groups that have no deviation.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Level<TForm>(ref float y, int channel, ref double slot)
        where TForm : IGroupForm
    {
        for (int group = 0; group < Lanes.Count; group++, channel += _channels)
        {
            double variance = Unsafe.Add(ref slot, (2 * Lanes.Count) + group);
            if (variance > 0)
                continue;
            for (int c = 0; c < _channels; c++)
                for (int i = 0; i < _spatial; i++)
                    Unsafe.Add(ref y, (nuint)(group * TForm.Step) + ((nuint)c * _channelStep) + ((nuint)i * _positionStep)) =
                        _parameters.Level(channel + c, variance);
        }
    }
}
