"""Whether a window has nothing left to do."""

from __future__ import annotations

from mat_desktop.gui.turns import InTurns
from mat_desktop.gui.window import Window


def rests(window: Window) -> bool:
    """No work in the background, and no page that is still being built."""
    return not window.bridge.busy and not window.findChildren(InTurns)
