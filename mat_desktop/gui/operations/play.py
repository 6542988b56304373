"""Playing the track in view, and on while others are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from mat_desktop.gui.models.row import Row
from mat_desktop.gui.widgets.player_bar import PlayerBar

if TYPE_CHECKING:
    from mat_desktop.audio.player import Player


class Play(QObject):
    """``moved`` says where the playhead is in the track in view, in seconds.

    What plays plays on while other tracks come into view; bar and keys are about it until it is paused and
    yet another one is looked at. ``other`` is that track, None where they are about the one in view.
    ``sound_asked``: something is to be played as soon as there is a sound device for it again.
    ``follows``: sound that is on goes on with the track that comes into view.
    """

    moved = Signal(float)
    sound_asked = Signal()
    loop_changed = Signal(object)

    def __init__(self, bar: PlayerBar) -> None:
        super().__init__()
        self._bar = bar
        self._row: Row | None = None
        self.other: Row | None = None
        self.follows = False
        self._over = False
        self._at = 0.0
        self._carries = False
        self._loop: tuple[float, float] | None = None
        self._device = ""
        bar.play.clicked.connect(self.toggle)
        bar.stop.clicked.connect(self.stop)
        bar.moved.connect(self._go_to)
        bar.finished.connect(self._finished)
        bar.failed.connect(lambda _: self._be_about(None))
        bar.position_changed.connect(self._head)
        bar.device_picked.connect(self.choose)

    @property
    def _player(self) -> Player | None:
        return self._bar.player

    def at(self, row: Row | None) -> None:
        """Another track is in view: what plays plays on, or goes on with that one, see :attr:`follows`."""
        player, before = self._player, self._row
        self._row = row
        self.set_loop(None)
        playing = player is not None and player.playing
        over, self._over = self._over, False
        if player is not None and row is not None and player.path == row.path:
            self._be_about(None)
            self._bar.show_position(player.position)
        elif self._carries or (self.follows and (playing or over)):
            self._start_in_view()
        elif playing and (self.other or before) is not None:
            if self.other is None:
                self.other = before
                self._bar.stay(before.title if before is not None else "")
            self.moved.emit(0.0)
        else:
            self._be_about(None)
            self._bar.show_position(0.0)

    def _be_about(self, other: Row | None) -> None:
        """What the bar and the keys mean: a track that plays out of view, or the one in view."""
        if other is not None:
            self._bar.be_about(other.title, other.seconds)
        elif self.other is not None:
            self._bar.come_back()
        self.other = other

    def _start_in_view(self, at: float = 0.0) -> None:
        """Play the track in view; silence where there is none that can be played."""
        row, player = self._row, self._player
        self._be_about(None)
        self._bar.show_position(at)
        if player is None:
            return
        if row is not None and row.track is not None:
            player.play(row.path, at)
            self._bar.started()
        else:
            player.stop()
            self._bar.play.set_playing(False)

    def follow(self) -> None:
        """What plays out of view gives way to the track in view."""
        if self.other is not None:
            if self._player is not None and self._player.playing:
                self._start_in_view()
            else:
                self._be_about(None)
                self._bar.show_position(0.0)

    def rename(self, renamed: Mapping[Row, Row]) -> None:
        """Files have other names now: what plays plays on under its own.

        :param renamed: rows that are about to go, each with the one that its file has from now on
        """
        player = self._player
        if self.other is not None and self.other in renamed:
            self.other = renamed[self.other]
        for old, new in renamed.items():
            if player is not None and player.path == old.path:
                player.path = new.path
                break

    def start(self) -> None:
        """Play the track in view whatever plays; pause it where it plays already."""
        row, player = self._row, self._player
        if row is None or row.track is None:
            return
        if self.other is not None and player is not None and player.available:
            self._start_in_view(self._start)
        else:
            self.toggle()

    def start_beside(self, row: Row | None) -> None:
        """Play a track that is not in view, with the view as it is; None ends what plays there."""
        if row is not None and row is self._row:
            self._start_in_view()
        elif row is not None and self._player is not None:
            self._be_about(row)
            self._bar.show_position(0.0)
            self._player.play(row.path)
            self._bar.started()
        else:
            self.stop()

    @contextmanager
    def carrying(self, *, ended: bool = False) -> Iterator[None]:
        """If sound is on, it goes on with the track that comes into view meanwhile.

        :param ended: sound counts as on, because the track before was played to its end
        """
        before = self._carries
        self._carries = before or ended or (self._player is not None and self._player.playing)
        try:
            yield
        finally:
            self._carries = before

    @property
    def loop(self) -> tuple[float, float] | None:
        """The part that is played again and again, seconds."""
        return self._loop

    def set_loop(self, loop: tuple[float, float] | None) -> None:
        """Play a part again and again, from its start if the playhead is elsewhere; None ends that.

        It is a part of the track in view; sound that is on goes there.
        """
        if loop == self._loop:
            return
        player, row = self._player, self._row
        if loop is not None and player is not None and row is not None and player.path != row.path:
            if player.playing:
                self.seek(loop[0])
            else:
                player.stop()
                self._be_about(None)
        self._loop = loop
        if self._player is not None:
            self._player.loop = loop
        if loop is not None and not loop[0] <= self._at < loop[1]:
            self._bar.show_position(loop[0])
        self.loop_changed.emit(loop)

    def choose(self, device: str) -> None:
        """Play on this device from now on; empty is the system's default."""
        self._device = device
        if self._player is not None:
            self._player.choose(device)

    @property
    def device(self) -> str:
        """The device to play on."""
        return self._device

    def _finished(self) -> None:
        """Sound that is over by itself counts as on for the track that comes into view next."""
        self._over = self.follows

    def toggle(self) -> None:
        """Play, or pause."""
        self._over = False
        player, row = self._player, self.other or self._row
        if player is None:
            self._bar.notice.emit(f"Nothing can be played: {self._bar.why.text()}")
            return
        if not player.available:
            self.sound_asked.emit()
            return
        if row is None or row.track is None:
            return
        if player.playing:
            player.pause()
        elif player.path == row.path and player.position > 0 and not player.ended:
            player.play()
        else:
            over = self._at >= (self._bar.seconds or 0) - 0.5
            player.play(row.path, self._start if over or not self._at else self._at)
        if player.reason:
            self._bar.show_reason(player.reason)
        self._bar.started()

    def resume(self, path: Path, at: float) -> None:
        """Play on from where a look for devices ended it, unless the user went elsewhere meanwhile."""
        row = self.other or self._row
        if row is not None and row.path == path and self._player is not None:
            self._player.play(path, at)
            self._bar.started()

    @property
    def _start(self) -> float:
        """Where the track begins, or the part of it that is played again and again."""
        return self._loop[0] if self._loop is not None else 0.0

    def play_from(self, seconds: float) -> None:
        """Go to a place and play, whether sound is on or not."""
        self.seek(seconds)
        if self._player is not None and not self._player.playing:
            self.toggle()

    def stop(self) -> None:
        """Silence, and back to the start of the track in view, or of its loop."""
        if self._player is not None:
            self._player.stop()
        self._over = False
        self._be_about(None)
        self._bar.play.set_playing(False)
        self._bar.show_position(self._start)

    def seek(self, seconds: float) -> None:
        """Go to a place in the track in view; sound follows if it is on, be it of another one."""
        if self.other is None:
            self._go_to(seconds)
        elif self._player is not None and self._player.playing:
            self._start_in_view(seconds)
        else:
            self._be_about(None)
            self._bar.show_position(seconds)

    def _go_to(self, seconds: float) -> None:
        """Go to a place in the track that the bar is about."""
        player, row = self._player, self.other or self._row
        if row is None:
            return
        if player is not None and player.path == row.path and (player.playing or player.position > 0):
            player.seek(seconds)
            self._bar.started()
        self._bar.show_position(seconds)

    def skip(self, by: float) -> None:
        """Some seconds on or back."""
        seconds = self._bar.seconds
        if seconds:
            self._go_to(min(max(self._at + by, 0.0), max(0.0, seconds - 0.1)))

    def lend(self, path: Path) -> AbstractContextManager[None]:
        """The player has a file not open meanwhile, so that it can be replaced. Any thread may ask."""
        player = self._player
        return nullcontext() if player is None else player.lend(path)

    def close(self) -> None:
        """The end."""
        if self._player is not None:
            self._player.close()

    def _head(self, seconds: float) -> None:
        self._at = seconds
        if self.other is None:
            self.moved.emit(seconds)
