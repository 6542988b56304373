"""Where something is to be saved: no file is replaced unless the user was asked about that very file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget


def ask_target(parent: QWidget, title: str, start: Path, kinds: Mapping[str, str]) -> Path | None:
    """Let the user choose a file; one that is there is replaced only if they say so.

    None where they do not want to save.

    :param kinds: what the chooser says of each suffix, the usual one first
    """
    chosen, kind = QFileDialog.getSaveFileName(parent, title, str(start), ";;".join(kinds.values()))
    return with_suffix(Path(chosen), kinds, kind) if chosen else None


def with_suffix(path: Path, kinds: Mapping[str, str], kind: str = "") -> Path:
    """A name whose suffix says what it is; one that the chooser has not asked about is never an old file.

    :param kind: what the chooser said of the suffix that the user picked
    """
    if path.name.lower().endswith(tuple(kinds)):
        return path
    suffix = next((suffix for suffix, text in kinds.items() if text == kind), next(iter(kinds)))
    made, number = Path(f"{path}{suffix}"), 2
    while made.exists():
        made, number = Path(f"{path} ({number}){suffix}"), number + 1
    return made
