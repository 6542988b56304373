"""Puts the head of a model right by what a user said of single tags of single tracks.

What reaches the head of a network does not change while the head does: the program kept it when it listened
to a track, and what it did not keep is computed once. A user's word is on a tag as it is shown, which may
stand for several outputs: it counts as heard when the mean of their logits, each less that of its threshold,
is above 0. That very mean is what is trained. Only outputs that somebody said something about are changed,
and those only as far as they must be: on tracks where nothing was said of them they are held to their old
scores, and their weights to the old ones. Every other output stays as it was, to the last bit.

Begin with :mod:`.learn`.
"""
