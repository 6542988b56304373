"""Volumes inside folders of the library: while one is not mounted, its tracks are away and not gone."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path

from mat_desktop.app.session import Session


def note_mounts(session: Session, roots: Sequence[Path], found: Collection[str]) -> None:
    """Remember which folders between these roots and the files found under them are mount points."""
    looked: set[str] = set()
    mounts: list[Path] = []
    folders = {file.rpartition(os.sep)[0] for file in found}
    for root in map(os.path.abspath, roots):
        inside = os.path.join(root, "")  # noqa: PTH118 - with the separator at its end
        for here in folders:
            while here.startswith(inside) and here not in looked:
                looked.add(here)
                if os.path.ismount(here):
                    mounts.append(Path(here))
                here = here.rpartition(os.sep)[0]
    if mounts:
        session.library.add_mounts(mounts)


def unmounted(session: Session) -> list[Path]:
    """Places inside folders of the library at which a volume was mounted before, and none is now."""
    return [place for place in session.library.mounts() if not os.path.ismount(place)]
