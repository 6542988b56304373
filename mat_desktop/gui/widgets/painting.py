"""Shapes that widgets paint, and keys as they are labelled."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QKeySequence, QPainter, QPen

from mat_desktop.gui.theme import font


def round_rect(
    painter: QPainter,
    rect: QRect,
    radius: int,
    fill: QColor | None,
    line: QColor | None = None,
    width: int = 1,
) -> None:
    """A rectangle with round corners whose outline lies inside it."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(fill if fill is not None else Qt.BrushStyle.NoBrush)
    if line is None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawRoundedRect(QRectF(rect), radius, radius)
        return
    painter.setPen(QPen(line, width))
    half = width / 2
    painter.drawRoundedRect(QRectF(rect).adjusted(half, half, -half, -half), radius - half, radius - half)


def key_text(sequence: QKeySequence | str) -> str:
    """A shortcut as keys are labelled: ``Ctrl O``; ``⌘O`` on a Mac."""
    made = QKeySequence(sequence) if isinstance(sequence, str) else sequence
    text = made.toString(QKeySequence.SequenceFormat.NativeText)
    for name, sign in (("Shift+", "⇧ "), ("Return", "Enter")):
        text = text.replace(name, sign)
    # The last sign is a key itself, though it be a plus.
    return text[:-1].replace("+", " ") + text[-1:]


def draw_key(painter: QPainter, rect: QRect, text: str, color: QColor, line: QColor) -> None:
    """A key cap."""
    round_rect(painter, rect, 4, None, line)
    painter.setFont(font(11, 500))
    painter.setPen(color)
    painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)


def key_height() -> int:
    """Height of a key cap."""
    return max(18, QFontMetrics(font(11, 500)).height() + 2)


def key_width(text: str) -> int:
    """Width of a key cap."""
    return max(16, QFontMetrics(font(11, 500)).horizontalAdvance(text) + 10)
