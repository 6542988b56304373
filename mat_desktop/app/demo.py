"""The demo tracks: copied out of the program, because the user may write to them."""

from __future__ import annotations

import shutil
from pathlib import Path

from mat_desktop.app.resources import resource
from mat_desktop.app.session import Session
from mat_desktop.audio.names import is_audio_name


def demo_folder(session: Session) -> Path:
    """A folder with the demo tracks in the data directory; files that are there already stay as they are."""
    folder = session.data_dir / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    for source in sorted(resource("demo").iterdir()):
        target = folder / source.name
        if is_audio_name(source) and not target.exists():
            shutil.copyfile(source, target)
    return folder
