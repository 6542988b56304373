"""The menus, which only arrange actions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget

from mat_desktop.gui.actions import FOOT, PAGES, Actions
from mat_desktop.gui.theme import appearance

BAR: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("File", ("open", "add", "demo", "", "rescan", "", "quit")),
    (
        "Edit",
        (
            *(
                "undo",
                "redo",
                "undo_files",
                "remove_all",
                "",
                "accept",
                "reject",
                "undecide",
                "accept_all",
                "add_tag",
                "evidence",
                "",
            ),
            *("mapping", "", "search"),
        ),
    ),
    (
        "Tracks",
        (
            *("listen", "listen_all", "listen_new", "new_run", "cancel", ""),
            *("write", "", "mark", "next", "previous", ""),
            *("play", "stop", "mute", "loop", "play_evidence", ""),
            *(
                "teach",
                "taught",
                "",
                "similar",
                "playlist",
                "picture",
                "",
                "read_again",
                "show_folder",
                "copy_path",
            ),
        ),
    ),
    (
        "View",
        (
            *(*PAGES, *FOOT, "problems", "activity", ""),
            *("zoom_in", "zoom_out", "zoom_fit", ""),
            *("sort", "columns", "sidebar", "pane", ""),
        ),
    ),
    ("Help", ("keys", "about")),
)
ROWS = (
    *(
        "play_selected",
        "listen",
        "similar",
        "",
        "accept_all",
        "write",
        "undo_files",
        "",
        "teach",
        "has_it",
        "has_it_not",
        "",
    ),
    *("playlist", "read_again", "", "show_folder", "copy_path"),
)
MORE = (
    *("listen", "listen_all", "", "teach", "taught", "", "add", "rescan", "", "write", "playlist"),
    *("problems", "", "sort", "columns"),
)
APPEARANCES = (("system", "As the system"), ("dark", "Dark"), ("light", "Light"))


class Menus:
    """The menu bar, the rail's menu with all of it, the small one over the table, and that of its rows."""

    def __init__(
        self, window: QMainWindow, actions: Actions, set_appearance: Callable[[str], object]
    ) -> None:
        self._window = window
        self._actions = actions
        self._every = QMenu(window)
        bar = window.menuBar()
        for title, names in BAR:
            menu = bar.addMenu(title)
            self._fill(menu, names)
            if title == "View":
                self._appearance(menu, set_appearance)
            self._every.addMenu(menu)
        if not bar.isNativeMenuBar():
            bar.hide()  # the rail has the same menus; hidden, the bar takes no room
        self._more = QMenu(window)
        self._fill(self._more, MORE)
        self._rows = QMenu(window)
        self._fill(self._rows, ROWS)

    def _fill(self, menu: QMenu, names: Sequence[str]) -> None:
        for name in names:
            if name:
                menu.addAction(self._actions[name])
            else:
                menu.addSeparator()

    def _appearance(self, menu: QMenu, set_appearance: Callable[[str], object]) -> None:
        sub = menu.addMenu("Appearance")
        group = QActionGroup(self._window)
        for mode, text in APPEARANCES:
            action = sub.addAction(text)
            action.setCheckable(True)
            action.setChecked(appearance.mode == mode)
            action.triggered.connect(lambda _=False, mode=mode: set_appearance(mode))
            group.addAction(action)
            sub.aboutToShow.connect(
                lambda action=action, mode=mode: action.setChecked(appearance.mode == mode)
            )

    def show_every(self, button: QWidget) -> None:
        """All of it, beside a button."""
        self._every.popup(button.mapToGlobal(QPoint(button.width() + 4, 0)))

    def show_more(self, button: QWidget) -> None:
        """The small one, under a button."""
        self._more.popup(button.mapToGlobal(QPoint(0, button.height() + 2)))

    def show_rows(self, at: QPoint) -> None:
        """What can be done with the selected tracks."""
        self._rows.popup(at)
