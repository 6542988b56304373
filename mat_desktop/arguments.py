"""What the command lines of the program and of training share: how words become options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


class Parser(argparse.ArgumentParser):
    """Takes options by their full names only, as ``--w`` must not write, and no empty name as a path."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{**settings, "allow_abbrev": False})
        self.register("type", Path, _path)


def _path(word: str) -> Path:
    """To :class:`Path` an empty word is the folder one is in, which ``"$UNSET"`` does not mean."""
    if not word:
        raise argparse.ArgumentTypeError("the name is empty")
    return Path(word)
