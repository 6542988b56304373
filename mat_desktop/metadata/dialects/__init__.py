"""How each kind of tag spells the fields. A dialect knows a tag block, not the file that it lies in."""
