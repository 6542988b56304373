"""Every action of the window, declared once: menu, key, and what the sheet of keys says of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from mat_desktop.gui import icons


@dataclass(frozen=True, slots=True)
class Spec:
    """:param review: acts on the tags in view, so only while the library is
    :param listed: whether it has a line of its own in the sheet of keys
    """

    name: str
    text: str
    keys: tuple[str, ...] = ()
    group: str = ""
    icon: str = ""
    review: bool = False
    listed: bool = True


FILE, TRACKS, TAGS, PLAY, VIEW, HELP = "File", "Tracks", "Tags", "Play", "View", "Help"

PAGES = ("library", "review", "training", "models", "history")
"""Actions that bring pages into view, in the order of the rail and of the menu."""

FOOT = ("settings",)
"""The same for those at the foot of the rail."""

SPECS = (
    Spec("open", "Open folder…", ("Ctrl+O",), FILE, "folder"),
    Spec("add", "Add files…", ("Ctrl+Shift+O",), FILE, "music"),
    Spec("demo", "Try the demo tracks", (), FILE, listed=False),
    Spec("rescan", "Scan folders again", ("F5",), FILE),
    Spec("quit", "Quit", ("Ctrl+Q",), FILE),
    Spec("listen", "Listen to the selection", ("L",), TRACKS, "ear", review=True),
    Spec("listen_all", "Listen to all new tracks", ("Shift+L",), TRACKS, review=True),
    Spec("listen_new", "Listen to new music as it comes", (), TRACKS, listed=False),
    Spec("new_run", "New training…", (), TRACKS, "chart-line", listed=False),
    Spec("cancel", "Cancel the running work", ("Ctrl+.",), TRACKS, "x"),
    Spec("write", "Write…", ("Ctrl+S",), TRACKS, "arrow-down-to-line", review=True),
    Spec("undo", "Undo", ("Ctrl+Z",), TRACKS, "undo-2"),
    Spec("redo", "Redo", ("Ctrl+Shift+Z",), TRACKS, "redo-2"),
    Spec("undo_files", "Undo what was written…", ("Ctrl+Alt+Z",), TRACKS, "undo-2"),
    Spec("remove_all", "Remove everything written…", (), FILE, listed=False),
    Spec("next", "Next track", ("J",), TRACKS, review=True),
    Spec("previous", "Previous track", ("K",), TRACKS, review=True),
    Spec("mark", "Mark as reviewed", ("M",), TRACKS, "list-checks", review=True),
    Spec("similar", "Similar tracks", ("S",), TRACKS, "audio-lines", review=True),
    Spec("playlist", "Export playlist…", ("Ctrl+E",), TRACKS, "list-music"),
    Spec("read_again", "Read the selection again", ("Shift+F5",), TRACKS),
    Spec("show_folder", "Show in folder", ("Ctrl+Shift+F",), TRACKS, "folder"),
    Spec("copy_path", "Copy paths", ("Ctrl+Shift+C",), TRACKS),
    Spec("accept", "Accept the tag", ("P",), TAGS, review=True),
    Spec("reject", "Reject the tag", ("X",), TAGS, review=True),
    Spec("undecide", "Leave the tag undecided", ("U",), TAGS, review=True),
    Spec("accept_all", "Accept all suggested tags", ("Shift+P",), TAGS, review=True),
    Spec("add_tag", "Add a tag", ("A",), TAGS, "plus", review=True),
    Spec("teach", "Teach a tag…", ("T",), TAGS, "graduation-cap", review=True),
    Spec("has_it", "Taught tag: the track has it", ("+", "="), TAGS, "plus"),
    Spec("has_it_not", "Taught tag: the track does not have it", ("-",), TAGS, "minus"),
    Spec("taught", "Taught tags", (), TAGS, listed=False),
    Spec("mapping", "How tags are written…", (), TAGS, listed=False),
    Spec("play", "Play, pause", ("Space",), PLAY, "play", review=True),
    Spec("play_selected", "Play this track", (), PLAY, "play", listed=False),
    Spec("stop", "Stop", ("Shift+Space",), PLAY, "square", review=True),
    Spec("mute", "Mute", ("Shift+M",), PLAY, "volume-x", review=True),
    Spec("loop", "Loop", ("O",), PLAY, "repeat", review=True),
    Spec("evidence", "Evidence for the tag", ("E",), TAGS, "crosshair", review=True),
    Spec("play_evidence", "Play the strongest evidence", ("Shift+E",), PLAY, review=True),
    Spec("zoom_in", "Zoom in", ("Ctrl++", "Ctrl+="), VIEW, "zoom-in", review=True),
    Spec("zoom_out", "Zoom out", ("Ctrl+-",), VIEW, "zoom-out", review=True),
    Spec("zoom_fit", "Show the whole track", ("Ctrl+0",), VIEW, "maximize", review=True),
    Spec("picture", "Export picture…", ("Ctrl+Shift+E",), TRACKS, "upload", review=True),
    Spec("library", "Library", ("Ctrl+1",), VIEW, "list-music"),
    Spec("review", "Review", ("Ctrl+2", "R"), VIEW, "list-checks"),
    Spec("training", "Training", ("Ctrl+3",), VIEW, "chart-line"),
    Spec("models", "Models", ("Ctrl+4",), VIEW, "box"),
    Spec("history", "History", ("Ctrl+5",), VIEW, "history"),
    Spec("settings", "Settings", ("Ctrl+6", "Ctrl+,"), VIEW, "sliders-horizontal"),
    Spec("search", "Search", ("Ctrl+F",), VIEW, "search"),
    Spec("sidebar", "Sidebar", ("Ctrl+B",), VIEW),
    Spec("pane", "Tags of the track", ("Ctrl+R",), VIEW),
    Spec("columns", "Columns…", (), VIEW, listed=False),
    Spec("sort", "Sort by…", ("Ctrl+Shift+S",), VIEW),
    Spec("problems", "Problems", (), VIEW, "triangle-alert", listed=False),
    Spec("activity", "Activity", ("Ctrl+J",), VIEW, "activity"),
    Spec("next_pane", "Next part of the window", ("F6",), VIEW),
    Spec("menu", "Menu", ("F10",), VIEW, listed=True),
    Spec("keys", "Keyboard shortcuts", ("F1", "?"), HELP),
    Spec("about", "About mat-desktop", (), HELP, listed=False),
    *(
        Spec(f"accept_{n}", f"Accept tag {n}", (str(n),), TAGS, review=True, listed=False)
        for n in range(1, 10)
    ),
    *(
        Spec(f"reject_{n}", f"Reject tag {n}", (f"Shift+{n}",), TAGS, review=True, listed=False)
        for n in range(1, 10)
    ),
)

REPEATED = ("next", "previous", "zoom_in", "zoom_out", "next_pane")
"""A key that is held does these again and again, and everything else once: what is decided by that is
decided on what was in view when the key went down."""

DECIDING = ("accept", "reject", "undecide", "add_tag", "mark")
"""Actions whose name begins so decide on the tags of a track."""

BY_WIDGETS: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    TAGS: ((("1", "…", "9"), "Accept a tag"), (("Shift+1", "…", "9"), "Reject a tag")),
    PLAY: (
        (("Return",), "In the table: play the selected track"),
        (("Left", "Right"), "Five seconds back or on"),
        (("Shift+Left", "Shift+Right"), "Thirty seconds"),
        (("PgUp", "PgDown"), "In the picture: the part before or after"),
        (("Esc",), "In the picture: end the loop"),
    ),
    TRACKS: (
        (("Up", "Down"), "Move"),
        (("Return",), "Reviewed, next track"),
        (("Return",), "In a list of changes: all of a value"),
        (("Esc",), "Back"),
    ),
}
"""Keys that lists and pictures take themselves."""


class Actions:
    """The actions by name."""

    def __init__(self, parent: QWidget) -> None:
        self._made: dict[str, QAction] = {}
        for spec in SPECS:
            action = QAction(spec.text, parent)
            action.setObjectName(spec.name)
            action.setShortcuts([QKeySequence(key) for key in spec.keys])
            action.setAutoRepeat(spec.name in REPEATED)
            if spec.icon:
                action.setIcon(icons.icon(spec.icon))
            parent.addAction(action)
            self._made[spec.name] = action

    def __getitem__(self, name: str) -> QAction:
        """An action by name."""
        return self._made[name]

    def connect(self, name: str, do: Callable[[], object]) -> None:
        """What an action does."""
        self._made[name].triggered.connect(lambda *_: do())

    def icon_of(self, name: str) -> str:
        """Name of an action's icon."""
        return next(spec.icon for spec in SPECS if spec.name == name)

    def enable_review(self, enabled: bool, *, deciding: bool = True) -> None:
        """Single keys act only where the tags are in view.

        :param deciding: whether those that decide on tags do too
        """
        for spec in SPECS:
            if spec.review:
                self._made[spec.name].setEnabled(enabled and (deciding or not spec.name.startswith(DECIDING)))

    def sheet(self) -> list[tuple[str, list[tuple[tuple[str, ...], str]]]]:
        """All keys by group, for the sheet."""
        groups: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for spec in SPECS:
            if spec.listed and spec.keys:
                groups.setdefault(spec.group, []).append((spec.keys, spec.text.rstrip("…")))
        for name, keys in BY_WIDGETS.items():
            groups.setdefault(name, []).extend(keys)
        order = (TAGS, PLAY, TRACKS, FILE, VIEW, HELP)
        return [(name, groups[name]) for name in order if name in groups]
