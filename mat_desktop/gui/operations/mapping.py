"""Changing how tags are shown and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from mat_desktop.app.tag_file import TagChange
from mat_desktop.errors import printable
from mat_desktop.gui import words
from mat_desktop.gui.models.mapping import mapped
from mat_desktop.gui.operations.decisions import SCHEME
from mat_desktop.gui.operations.desk import Desk, Do
from mat_desktop.gui.operations.weigh import Move

UNUSABLE = "scheme"
"""Kind of the message that the file with the changes cannot be used."""

Changes = Mapping[str, TagChange | None]


class MapTags(QObject):
    """``listed`` hands over all tags, ``amiss`` what of the changes does not count, ``changed`` says that the
    scheme is another, ``refused`` why not, and the tag's name. ``moved`` hands over a :class:`Move`,
    ``withdrawn`` one that was taken back where it was said. ``was_reset`` says that several tags are as they
    were bundled, and hands over what takes that back.
    """

    listed = Signal(object)
    amiss = Signal(str)
    changed = Signal()
    refused = Signal(str, str)
    moved = Signal(object)
    withdrawn = Signal(object)
    was_reset = Signal(str, object)

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
        self._change({name: change}, self._said(name, change), name)

    def reset(self, names: Sequence[str]) -> None:
        """Go back to the bundled scheme for several tags; it can be taken back where that is said, too."""
        text = f"{words.plural(len(names), 'tag')} as in the bundled scheme again"

        def tell(move: Move) -> None:
            def undo() -> None:
                self.withdrawn.emit(move)
                move.undo()

            self.was_reset.emit(f"{text}.", undo)

        self._change(dict.fromkeys(names), text, "", tell)

    def _said(self, name: str, change: TagChange | None) -> str:
        """What is changed of a tag, as a message says it."""
        services = self._desk.services
        tag = next(
            (tag for tag in (*services.scheme.tags, *services.bundled_scheme.tags) if tag.name == name), None
        )
        shown = f"“{tag.shown if tag is not None else name}”"
        if change is not None:
            return f"{shown} dropped" if change.drop else f"{shown} shown or written otherwise"
        return f"{shown} forgotten" if tag is None or tag.own else f"{shown} as in the bundled scheme again"

    def _change(
        self, changes: Changes, text: str, name: str, tell: Callable[[Move], object] = lambda move: None
    ) -> None:
        """It can be taken back.

        :param text: what is changed
        :param name: of the tag, empty where there are several
        :param tell: called with that once it is done
        """
        before: dict[str, TagChange | None] = {}

        def put(changes: Changes) -> None:
            self._put(
                changes, lambda: None, lambda error: self._desk.complain("Tags stay as they are", error)
            )

        def done() -> None:
            move = Move(text, lambda: put(before), lambda: put(changes), about=SCHEME)
            self.moved.emit(move)
            tell(move)

        def work() -> None:
            present = services.tag_changes()
            before.update({name: present.get(name) for name in changes})

        services = self._desk.services
        self._put(changes, done, lambda error: self._refuse(error, name), work)

    def _put(
        self,
        changes: Changes,
        then: Do,
        failed: Callable[[Exception], None],
        first: Do = lambda: None,
    ) -> None:
        """:param first: done before it, in the worker"""
        services = self._desk.services

        def work() -> None:
            first()
            services.change_tags(changes)

        def done(_: object) -> None:
            self.load()
            self.changed.emit()
            then()

        self._desk.bridge.keep(work, done, failed)

    def _refuse(self, error: Exception, name: str = "") -> None:
        text = str(error)
        self.refused.emit(text[:1].upper() + text[1:], name)

    def warn(self) -> None:
        """The user's file with changes cannot be read: say so, and offer to go on without it. Where only some
        of it does not count, name that.
        """
        services, say = self._desk.services, self._desk.say
        fault = services.tags_fault
        if fault is not None:
            text = f"{fault}. Tags are as bundled."
            say("warning", text, "Set the file aside", self._set_aside, kind=UNUSABLE)
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
