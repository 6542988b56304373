"""What can be done with the pictures of the track in view and its player, on whichever page they are."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtWidgets import QApplication

from mat_desktop.errors import printable
from mat_desktop.gui.actions import Actions
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.evidence import ShowEvidence
from mat_desktop.gui.operations.picture import ExportPicture
from mat_desktop.gui.operations.settings import ChangeSettings
from mat_desktop.gui.review_room import ReviewRoom
from mat_desktop.gui.views.library import Library
from mat_desktop.gui.widgets.toggle import show_checked

DEVICE = "device"
"""Kind of the messages on the output device."""

ZOOM = 0.5
"""Share of the view that is left when zoomed in once."""


class TrackView(QObject):
    """Evidence, zoom, loop, export, output device, and going on with the next track.

    ``settled`` names the kind of a message that is no longer so.
    """

    settled = Signal(str)

    def __init__(
        self,
        desk: Desk,
        library: Library,
        room: ReviewRoom,
        actions: Actions,
        state: QSettings,
        settings: ChangeSettings,
    ) -> None:
        """Hooks itself up."""
        super().__init__()
        self._library, self._room, self._settings = library, room, settings
        self._dock, self._play = library.dock, library.player
        self._desk = desk
        self._decided = False
        self.evidence = ShowEvidence(desk, library.dock)
        self.picture = ExportPicture(desk, library.dock, state)
        self._connect_actions(actions)
        dock, bar = self._dock, library.dock.player
        for button, name in (
            (dock.zoom_in, "zoom_in"),
            (dock.zoom_out, "zoom_out"),
            (dock.fit, "zoom_fit"),
            (dock.export, "picture"),
            (dock.evidence, "evidence"),
            (bar.loop, "loop"),
            (bar.mute, "mute"),
        ):
            button.follow(actions[name])
        self.evidence.changed.connect(partial(show_checked, dock.evidence))
        self.evidence.passage.connect(self._play_passage)
        library.tags_shown.connect(self._tags_shown)
        room.review.decided.connect(self._was_decided)
        library.look.drawn.connect(lambda _: self.evidence.at(library.row))
        self._play.loop_changed.connect(self._loop_changed)
        bar.device_picked.connect(self._device_picked)
        bar.notice.connect(self._device_said)
        bar.finished.connect(self._go_on)
        bar.failed.connect(self._failed)
        dock.plot_ready.connect(self._plot_ready)
        bar.volume.valueChanged.connect(lambda value: settings.put({"player.volume": value}))
        dock.levels.restore(state)
        dock.levels.changed.connect(lambda: dock.levels.save(state))
        self._settings_changed()
        settings.changed.connect(self._settings_changed)
        dock.levels.changed.connect(lambda: settings.put({"appearance.spectrogram": dock.levels.map}))

    def _connect_actions(self, actions: Actions) -> None:
        for name, do in {
            "evidence": lambda: self.evidence.set_on(not self.evidence.on),
            "play_evidence": self.evidence.find_passage,
            "zoom_in": lambda: self._zoom(ZOOM),
            "zoom_out": lambda: self._zoom(1 / ZOOM),
            "zoom_fit": self._fit,
            "loop": self._toggle_loop,
            "mute": self._dock.player.toggle_mute,
            "picture": lambda: self.picture.ask(self._library.window(), self._library.row),
        }.items():
            actions.connect(name, do)

    def _plot_ready(self) -> None:
        plot = self._dock.plot
        assert plot is not None
        plot.lit.connect(self.evidence.of)
        plot.tag_named.connect(self._named)
        plot.tag_clicked.connect(lambda name: self._room.question.go_to(name))
        plot.window_changed.connect(lambda *_: self.evidence.window_changed())
        plot.loop_picked.connect(self._play.set_loop)

    def _named(self, name: str) -> None:
        """A click on a tag's name beside the taggram shows its evidence, or hides it again."""
        assert self._dock.plot is not None
        same = self.evidence.on and self.evidence.name == name
        self._dock.plot.tag_clicked.emit(name)
        self.evidence.set_on(not same)

    def _zoom(self, factor: float) -> None:
        if self._dock.plot is not None:
            self._dock.plot.zoom(factor)

    def _fit(self) -> None:
        if self._dock.plot is not None:
            self._dock.plot.fit()

    # playing

    def _toggle_loop(self) -> None:
        """No loop any more; or what is in view of the track."""
        plot, seconds = self._dock.plot, self._dock.seconds
        if self._play.loop is not None or plot is None or not seconds:
            self._play.set_loop(None)
        else:
            self._play.set_loop(plot.view)
        self._loop_changed(self._play.loop)

    def _loop_changed(self, loop: tuple[float, float] | None) -> None:
        show_checked(self._dock.player.loop, loop is not None)
        if self._dock.plot is not None:
            self._dock.plot.set_loop(loop)

    def _play_passage(self, start: float, end: float) -> None:
        self._play.set_loop((start, end))
        self._play.play_from(start)

    def _device_picked(self, device: str) -> None:
        self._settings.put({"player.device": device})

    def _device_said(self, text: str) -> None:
        if text:
            self._desk.say("warning", text, kind=DEVICE)
        else:
            self.settled.emit(DEVICE)

    def _failed(self, why: str) -> None:
        """What was to be played, whatever is in view."""
        player = self._dock.player.player
        if player is not None and player.path is not None:
            self._desk.say("danger", f"Cannot play {printable(player.path.name)}: {why}", kind="play")

    def _settings_changed(self) -> None:
        now = self._settings.now
        if self._play.device != now.player_device:
            self._play.choose(now.player_device)
        self._dock.player.volume.setValue(now.volume)
        self._dock.levels.use_map(now.spectrogram)

    def _tags_shown(self, new_track: bool) -> None:
        self.evidence.at(self._library.row)
        self._decided = self._decided and not new_track

    def _was_decided(self) -> None:
        self._decided = True

    @property
    def _is_worked_on(self) -> bool:
        """Whether the user decides on the track: no other one comes into view by itself then."""
        focus = QApplication.focusWidget()
        inside = focus is not None and self._library.pane.isAncestorOf(focus)
        return self._room.in_view or self._decided or inside or len(self._library.meant()) > 1

    def _go_on(self) -> None:
        """The track was played to its end: on with the next one, unless it is being worked on.

        The view goes along where it is of that track, and is let alone where it is of another one.
        """
        other = self._play.other
        if other is not None:
            self._play.start_beside(self._library.neighbour(other, 1))
        elif not self._is_worked_on:
            with self._play.carrying(ended=True):
                self._room.step(1)
