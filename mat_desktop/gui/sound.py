"""Looking for a sound card, at the start and whenever the user asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mat_desktop.gui import words
from mat_desktop.gui.bridge import SOUND
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.play import Play
from mat_desktop.gui.views.first_start import FirstStart
from mat_desktop.gui.widgets.player_bar import PlayerBar

if TYPE_CHECKING:
    from mat_desktop.audio.player import Player


class FindSound:
    """Tells the player's bar and the first page."""

    def __init__(
        self, desk: Desk, bar: PlayerBar, play: Play, first: FirstStart, make: Callable[[], Player] | None
    ) -> None:
        """:param make: makes the player, in a worker; without it there is no sound"""
        self._desk, self._bar, self._play, self._first, self._make = desk, bar, play, first, make
        bar.look_again.clicked.connect(self.again)
        play.sound_asked.connect(lambda: self.look(asked=True, to_play=True))

    def again(self) -> None:
        """The user asks for it: what came of it is told, also where it is as before."""
        self.look(asked=True)

    def look(self, *, asked: bool = False, to_play: bool = False) -> None:
        """Look in a worker: it may take seconds.

        :param to_play: the device that was there may be back, and something is to be played on it
        """
        bar, make = self._bar, self._make
        if make is None:
            bar.show_reason("Sound is off")
            self._first.show_sound("Sound is off", self.again)
            return
        before = bar.player
        playing = before.path if before is not None and before.playing else None
        at = before.position if before is not None else 0.0
        if asked:
            bar.show_looking()
            self._first.show_looking()

        def work() -> Player:
            player = bar.player or make()
            player.look_again()
            player.choose(self._play.device)
            return player

        def done(player: Player) -> None:
            bar.set_player(player)
            self._first.show_sound(player.reason, self.again)
            if to_play and player.available:
                self._play.toggle()
            elif to_play:
                bar.notice.emit(f"Nothing can be played: {player.reason}")
            elif asked:
                reason = player.reason
                found = words.plural(len(player.devices), "sound device")
                told = f"{reason[:1].lower()}{reason[1:]}" if reason else f"{found} found"
                self._desk.result(f"Looked again: {told}")
                if playing is not None and player.available:
                    self._play.resume(playing, at)

        self._desk.bridge.ask(SOUND, work, done)
