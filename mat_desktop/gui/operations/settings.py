"""Changing settings: they count at once, and are written down a moment later."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, QTimer, Signal

from mat_desktop.domain.settings import POLICY_FIELDS, SPECS, Settings, Value, policy_key
from mat_desktop.errors import printable
from mat_desktop.gui.operations.desk import Desk

FILE = "settings"
"""Kind of the message that the file cannot be used."""

MENDED = "The settings file can be used again, from the next start on"

SOON_MS = 300
"""So long a change waits for others to be written together with, as when a slider is drawn."""

EARLIER = {
    "appearance": "appearance.theme",
    "library/volume": "player.volume",
    "player/device": "player.device",
    "watch/listen": "listening.new_music",
    "review/go_on": "review.go_on",
    "picture/map": "appearance.spectrogram",
    **{f"policy/{target}": policy_key(target) for target in POLICY_FIELDS},
}
"""Where these settings lay among the window's state before they had a file."""


class ChangeSettings(QObject):
    """``changed`` hands over the keys of the settings that are others now, ``settled`` the kind of a message
    that is no longer so.
    """

    changed = Signal(object)
    settled = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._pending: dict[str, Value] = {}
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self.write)

    @property
    def now(self) -> Settings:
        """Those that count."""
        return self._desk.services.settings

    def put(self, changes: Mapping[str, Value]) -> None:
        """Other values, by key."""
        odd = {slip.key for slip in self._desk.services.settings_slips}  # the file has something else
        fresh = {key: value for key, value in changes.items() if self.now[key] != value or key in odd}
        if not fresh:
            return
        self._desk.services.use_settings(fresh)
        self._pending.update(fresh)
        self._soon.start()
        self.changed.emit(frozenset(fresh))

    def write(self) -> None:
        """Write down what was changed."""
        self._soon.stop()
        changes, self._pending = self._pending, {}
        if not changes:
            return
        desk = self._desk

        def failed(error: Exception) -> None:
            what = "It counts until the window closes, but cannot be kept"
            if desk.services.settings_fault is None:
                desk.complain(what, error)
            else:
                aside = "Set the file aside"
                desk.complain(what, error, aside, lambda: self._set_aside(changes), kind=FILE)

        desk.bridge.keep(lambda: desk.services.keep_settings(changes), lambda _: self._written(), failed)

    def look(self) -> None:
        """The file could not be used; somebody may have mended it."""
        services = self._desk.services

        def looked(usable: bool) -> None:
            if usable:
                self._written()
                self._desk.result(MENDED)

        if services.settings_fault is not None:
            self._desk.bridge.ask("settings file", services.look_at_settings, looked)

    def _written(self) -> None:
        if not self._desk.services.settings_slips:
            self.settled.emit(FILE)

    def _set_aside(self, changes: Mapping[str, Value]) -> None:
        desk = self._desk

        def work() -> Path | None:
            aside = desk.services.set_settings_aside()
            desk.services.keep_settings(changes)
            return aside

        def done(aside: Path | None) -> None:
            self.settled.emit(FILE)
            desk.result(MENDED if aside is None else f"The file is now called {printable(aside.name)}")

        desk.bridge.keep(work, done, lambda error: desk.complain("The file cannot be renamed", error))

    def take_over(self, state: QSettings) -> None:
        """Settings that an earlier version kept among the window's state, once."""
        found: dict[str, Value] = {}
        for name, key in EARLIER.items():
            if state.contains(name):
                spec = SPECS[key]
                try:
                    value = spec.parse(str(state.value(name)))
                except ValueError:
                    value = spec.default
                if self.now[key] == spec.default != value:
                    found[key] = value
                state.remove(name)
        self.put(found)

    def warn(self) -> None:
        """Say what in the file cannot be used."""
        services, say = self._desk.services, self._desk.say
        if not services.settings_slips:
            return
        slips = services.settings_slips
        text = " ".join(f"{slip.why[:1].upper()}{slip.why[1:]}; {slip.cost}." for slip in slips)
        if services.settings_fault is None:
            say("warning", text, kind=FILE)
        else:
            say("warning", text, "Set the file aside", lambda: self._set_aside({}), kind=FILE)
