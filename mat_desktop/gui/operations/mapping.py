"""Changing how tags are shown and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mat_desktop.app.tag_file import TagChange
from mat_desktop.errors import printable
from mat_desktop.gui.models.mapping import mapped
from mat_desktop.gui.operations.desk import Desk

SCHEME = "scheme"
"""Kind of the message that the file with the changes cannot be used."""


class MapTags(QObject):
    """``listed`` hands over all tags, ``amiss`` what of the changes does not count, ``changed`` says that the
    scheme is another, ``refused`` why not.
    """

    listed = Signal(object)
    amiss = Signal(str)
    changed = Signal()
    refused = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk

    def load(self) -> None:
        """List the tags."""
        services = self._desk.services

        def listed(changes: Mapping[str, TagChange]) -> None:
            self.amiss.emit(self._slips())
            self.listed.emit(mapped(services.scheme, services.bundled_scheme, changes))

        self._desk.bridge.ask("mapping", services.tag_changes, listed, self._refuse)

    def change(self, name: str, change: TagChange | None) -> None:
        """Show and write a tag otherwise; None goes back to the bundled scheme."""
        self._change({name: change})

    def reset(self, names: Sequence[str]) -> None:
        """Go back to the bundled scheme for several tags."""
        self._change(dict.fromkeys(names))

    def _change(self, changes: Mapping[str, TagChange | None]) -> None:
        def done(_: object) -> None:
            self.load()
            self.changed.emit()

        services = self._desk.services
        self._desk.bridge.keep(lambda: services.change_tags(changes), done, self._refuse)

    def _refuse(self, error: Exception) -> None:
        text = str(error)
        self.refused.emit(text[:1].upper() + text[1:])

    def warn(self) -> None:
        """The user's file with changes cannot be read: say so, and offer to go on without it. Where only some
        of it does not count, name that.
        """
        services, say = self._desk.services, self._desk.say
        fault = services.tags_fault
        if fault is not None:
            text = f"{fault}. Tags are as bundled."
            say("warning", text, "Set the file aside", self._set_aside, kind=SCHEME)
        slips = self._slips()
        if slips:
            say("warning", slips, kind="slips")

    def _slips(self) -> str:
        slips = self._desk.services.slips
        text = ". ".join(f"{slip.why}; {slip.cost}" for slip in slips)
        return f"{text[:1].upper()}{text[1:]}. Rename one of them." if slips else ""

    def _set_aside(self) -> None:
        def done(aside: Path | None) -> None:
            name = printable(aside.name) if aside is not None else ""
            self._desk.result(f"The file is now called {name}" if name else "The file counts again")
            self.changed.emit()

        self._desk.bridge.keep(self._desk.services.set_tags_aside, done, self._refuse)
