"""What every operation works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from mat_desktop.errors import MatError
from mat_desktop.gui.bridge import Bridge
from mat_desktop.gui.models.tracks import TracksModel
from mat_desktop.gui.services import Services

Do = Callable[[], object]


class Say(Protocol):
    """Shows a banner: level, text, and maybe a button, or two. One of a kind replaces the one before.

    It goes with its button, unless it ``stays`` until it is taken away or closed; ``closed`` is called where
    the user closes it.
    """

    def __call__(
        self,
        level: str,
        text: str,
        action: str = "",
        do: Do | None = None,
        *,
        also: tuple[str, Do] | None = None,
        kind: str = "",
        stays: bool = False,
        closed: Do | None = None,
    ) -> None:
        """Show it."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where operations find their tools and lay down what they have to say.

    :param result: shows one line in the status bar
    """

    services: Services
    bridge: Bridge
    tracks: TracksModel
    say: Say
    result: Callable[[str], None]

    def complain(
        self, what: str, error: Exception, action: str = "", do: Do | None = None, *, kind: str = ""
    ) -> None:
        """An error as a banner: what, then why.

        :param kind: of the message; ``what`` by default
        """
        cause = str(error) if isinstance(error, MatError) else f"{type(error).__name__}: {error}"
        self.say("danger", f"{what}: {cause}", action, do, kind=kind or what)
