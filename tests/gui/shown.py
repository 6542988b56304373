"""What the window shows, in words."""

from __future__ import annotations

from mat_desktop.gui.window import Window


def titles(window: Window) -> list[str]:
    return [row.title for row in window.tracks.shown()]
