"""The question whether a model is really to be used that was trained only to see that it runs."""

from __future__ import annotations

from collections.abc import Callable

from mat_desktop.gui import words
from mat_desktop.gui.widgets.banner import Banners

KIND = "use a smoke run"


def use_or_ask(banners: Banners, title: str, clips: int, use: Callable[[], object]) -> None:
    """Use it at once, unless it says nothing.

    :param banners: of the page where that was asked for
    :param clips: that it was trained on; 0 for any other model
    """
    banners.clear(KIND)
    if not clips:
        use()
        return
    trained = words.plural(clips, "clip")
    question = banners.show_message(
        "warning",
        f"“{title}” was trained on {trained} only, to see that it runs: its tags say nothing.",
        "Use it all the same",
        use,
        kind=KIND,
        asks=True,
    )
    question.action.setFocus()
