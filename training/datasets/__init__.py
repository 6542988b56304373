"""Data sets: which clips there are, how they are split, what they are labelled with."""
