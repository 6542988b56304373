"""The bar at the top of a page or panel."""

from __future__ import annotations

from mat_desktop.gui.widgets.gives_way import Row


class Bar(Row):
    """48 px high, with a line below; what is in it goes into ``row``."""

    def __init__(self, left: int = 24, right: int = 16, spacing: int = 8) -> None:
        super().__init__(edges="b")
        self.setFixedHeight(48)
        self.row.setContentsMargins(left, 0, right, 1)
        self.row.setSpacing(spacing)
