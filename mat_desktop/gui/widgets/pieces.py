"""Old and new values of a change, painted as many as there is room for, or all of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter

from mat_desktop.domain.plan import Change
from mat_desktop.domain.tags import MARKS
from mat_desktop.gui import words
from mat_desktop.gui.models.plan import replaces
from mat_desktop.gui.theme import current, font
from mat_desktop.gui.widgets.delegates import elide, text_width

Piece = tuple[str, str, bool]
"""Text, colour token, struck."""

GAP = 12
"""Pixels between two values."""

UNFOLDED_TOP = 5
"""Pixels over values that are shown whole."""

WRAP = Qt.TextFlag.TextWordWrap | Qt.TextFlag.TextWrapAnywhere | Qt.AlignmentFlag.AlignLeft


def old_pieces(change: Change, *, stays: bool = False) -> list[Piece]:
    """Old values; those that go are struck and stand first, unless all stay as they are."""
    if not change.before:
        return [("empty", "faint", False)]
    pieces = [(value, "muted", value not in change.after and not stays) for value in change.before]
    return sorted(pieces, key=lambda piece: not piece[2])


def new_pieces(change: Change) -> list[Piece]:
    """New values; those that are added stand first and have a plus, those that replace something another
    colour. What was there before recedes behind them: where there is no room, that is what is only counted.
    """
    had = set(change.before)
    token = "warning" if replaces(change) else "positive"
    if change.field in MARKS:
        token = "text"  # the program's own marks: what is heard stands in the other fields
    plus = "" if replaces(change) else "+ "
    if not change.after:
        return [("removed", "warning", False)]
    return [
        (value, "muted", False) if value in had else (plus + value, token, False)
        for value in sorted(change.after, key=had.__contains__)
    ]


def draw_pieces(painter: QPainter, rect: QRect, pieces: Sequence[Piece], *, dim: bool) -> None:
    """Pieces in a row, as many as there is room for; the number of the others stands behind them."""
    x = rect.x()
    shown, more = fitting(pieces, rect.width())
    for text, (_, token, struck) in zip(shown, pieces, strict=False):
        face = font(13, strike=struck)
        painter.setFont(face)
        painter.setPen(current().color("faint" if dim else token))
        place = QRect(x, rect.y(), rect.right() - x + 4, rect.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, text)
        x += QFontMetrics(face).horizontalAdvance(text) + GAP
    if more:
        painter.setFont(font(13))
        painter.setPen(current().color("faint" if dim else "muted"))
        place = QRect(x, rect.y(), rect.right() - x + 4, rect.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, _others(more))


def fitting(pieces: Sequence[Piece], width: int) -> tuple[list[str], int]:
    """Texts of the first pieces, the first one cut where need be, and how many others there are."""
    shown: list[str] = []
    for number, (text, _, struck) in enumerate(pieces):
        wide = QFontMetrics(font(13, strike=struck)).horizontalAdvance(text)
        left = len(pieces) - number - 1
        room = width - (text_width(_others(left), 13, 400) + GAP if left else 0)
        if wide > room and shown:
            return shown, left + 1
        shown.append(elide(text, max(room, 0)))
        if wide > room:
            return shown, left
        width -= wide + GAP
    return shown, 0


def room_of(pieces: Sequence[Piece]) -> int:
    """How wide a cell with all of them is."""
    return sum(text_width(text, 13, 400) + GAP for text, *_ in pieces) + 2 * GAP


def _others(number: int) -> str:
    return f"+{words.number(number)} more"


def flow(pieces: Sequence[Piece], width: int) -> tuple[list[QRect], int]:
    """Where pieces stand that are wrapped instead of cut, from (0, 0) on, and how high they are together."""
    places: list[QRect] = []
    x = y = 0
    for text, _, struck in pieces:
        metrics = QFontMetrics(font(13, strike=struck))
        high = metrics.height() + 4
        wide = metrics.horizontalAdvance(text) + 4
        if x and x + wide > width:
            x, y = 0, y + high
        if wide > width:
            high = metrics.boundingRect(QRect(0, 0, width, 0), WRAP, text).height() + 4
            places.append(QRect(0, y, width, high))
            y += high
        else:
            places.append(QRect(x, y, wide, high))
            x += wide + 8
    bottom = max((place.bottom() + 1 for place in places), default=0)
    return places, bottom


def draw_flow(painter: QPainter, rect: QRect, pieces: Sequence[Piece], *, dim: bool) -> None:
    """All of every piece, below each other where need be."""
    places, _ = flow(pieces, rect.width())
    for place, (text, token, struck) in zip(places, pieces, strict=True):
        painter.setFont(font(13, strike=struck))
        painter.setPen(current().color("faint" if dim else token))
        painter.drawText(place.translated(rect.x(), rect.y() + UNFOLDED_TOP), WRAP, text)
