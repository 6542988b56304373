"""What screen readers are told beside what has the focus."""

from __future__ import annotations

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QApplication, QWidget


def announce(widget: QWidget, text: str) -> None:
    """Tell screen readers what just happened."""
    if QAccessible.isActive() and QApplication.instance() is not None:
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))
