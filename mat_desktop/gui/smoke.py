"""The question whether a model is really to be used whose tags say nothing."""

from __future__ import annotations

from collections.abc import Callable

from mat_desktop.gui import words
from mat_desktop.gui.widgets.banner import Banners

KIND = "use a model that says nothing"

LEAST = 0.6
"""Validation ROC-AUC below which tags are hardly better than chance, which has 0.5."""


def doubt(clips: int, roc_auc: float | None) -> str:
    """Why the tags of a model say nothing, to be put after its name; empty where they may.

    :param clips: that a smoke run was trained on; 0 for any other model
    :param roc_auc: on the validation split, None while unknown
    """
    if clips:
        return (
            f"was trained on {words.plural(clips, 'clip')} only, to see that it runs: its tags say nothing."
        )
    if roc_auc is None or roc_auc >= LEAST:
        return ""
    how = "no better" if roc_auc <= 0.5 else "hardly better"
    return (
        f"has a validation ROC-AUC of {roc_auc:.2f}, where chance has 0.50: its tags are {how} than guesses."
    )


def use_or_ask(banners: Banners, title: str, why: str, use: Callable[[], object]) -> None:
    """Use it at once, unless it says nothing.

    :param banners: of the page where that was asked for
    :param why: what :func:`doubt` says of it
    """
    banners.clear(KIND)
    if not why:
        use()
        return
    question = banners.show_message(
        "warning",
        f"“{title}” {why}",
        "Use it all the same",
        use,
        kind=KIND,
        asks=True,
    )
    question.action.setFocus()
