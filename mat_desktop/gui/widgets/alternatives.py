"""Buttons of which one is on."""

from __future__ import annotations

from collections.abc import Sequence

from mat_desktop.gui.widgets.controls import Button


class Alternatives:
    """Buttons of which one is on: the first, until another is pressed.

    Tab stops at each of them and no arrow key presses one, as Qt's groups of buttons have it: what a press
    shows may take a while. Screen readers hear which one is checked.
    """

    def __init__(self, buttons: Sequence[Button]) -> None:
        self._buttons = buttons
        for button in buttons:
            button.clicked.connect(lambda _=False, button=button: self.choose(button))
        self.choose(buttons[0])

    def choose(self, chosen: Button) -> None:
        """Turn one on, and the others off."""
        for button in self._buttons:
            button.set_chosen(button is chosen)
