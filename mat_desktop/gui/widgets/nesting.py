"""Layouts in layouts."""

from __future__ import annotations

from PySide6.QtWidgets import QBoxLayout, QGridLayout, QLayout
from shiboken6 import Shiboken


def nest(outer: QBoxLayout | QGridLayout, inner: QLayout, *place: int) -> None:
    """``outer.addLayout``, which is not called anywhere else.

    That makes, where the outer one belongs to a widget already, Python objects for the items of the inner
    one, and keeps them. An item goes with its widget, and nothing tells its Python object: whatever comes to
    lie at its address later would be taken for it.

    :param place: of a box its stretch; of a grid row and column, and how many of them it spans
    """
    outer.addLayout(inner, *place)  # type: ignore[call-overload, arg-type, unused-ignore]
    _forget_items(inner)


def _forget_items(layout: QLayout) -> None:
    for place in range(layout.count()):
        item = layout.itemAt(place)
        if isinstance(item, QLayout):
            _forget_items(item)
        elif item is not None:
            Shiboken.invalidate(item)
