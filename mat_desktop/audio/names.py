"""Which files look like music."""

from __future__ import annotations

from pathlib import Path

EXTENSIONS = frozenset(
    (
        *(".mp3", ".mp2", ".aac", ".flac", ".ogg", ".oga", ".opus", ".spx", ".m4a", ".m4b", ".mp4", ".wma"),
        *(".asf", ".wav", ".aiff", ".aif", ".aifc", ".ape", ".wv", ".mpc", ".tta", ".tak", ".ofr", ".dsf"),
        *(".mka", ".webm"),
    )
)
"""Lower-case extensions of files that a folder scan looks at."""


def is_audio_name(path: Path) -> bool:
    """Whether the name looks like music, whatever the case of its extension; hidden files do not."""
    return path.suffix.lower() in EXTENSIONS and not path.name.startswith(".")
