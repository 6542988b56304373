"""Which data a training is to use: a folder, what it is to be read as, and what was found there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QWidget

from mat_desktop.errors import printable
from mat_desktop.gui import words
from mat_desktop.gui.widgets.controls import Button, Icon, Text
from mat_desktop.gui.widgets.drop_down import DropDown
from mat_desktop.gui.widgets.setting import FIELD, NAME, Setting, Spec

KINDS = (
    ("", "As the folder looks"),
    ("mtat", "MagnaTagATune"),
    ("jamendo", "MTG-Jamendo"),
    ("msd", "Million Song Dataset"),
    ("corpus", "Corpus with soft labels"),
    ("folder", "Music library"),
)
PAUSE_MS = 500
"""After a key in one of the fields, before the folder is looked at again."""

SHOWN_TAGS = 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be looked at.

    :param kind: name of a reader, or empty: as the folder looks
    """

    folder: Path
    kind: str = ""
    least_tracks: int = 20
    least_artists: int = 3

    @property
    def words(self) -> list[str]:
        """Of a command line, for a folder that is looked at."""
        found = ["--data", str(self.folder)]
        if self.kind:
            found += ["--dataset", self.kind]
        if self.kind == "folder":
            found += ["--reader", f"min_tracks={self.least_tracks}", f"min_artists={self.least_artists}"]
        return found


class DataPicker(QWidget):
    """``asked`` hands over what is to be looked at, ``changed`` says that something else was found."""

    asked = Signal(object)
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._folders: list[Path] = []
        self._libraries: set[Path] = set()
        self._folder: Path | None = None
        self.found: Mapping[str, Any] | None = None
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(2, 1)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.folder = DropDown(())
        self.folder.setAccessibleName("Folder of the data")
        self.folder.setMinimumWidth(FIELD + 64)
        self.folder.picked.connect(lambda value: self.use(Path(value)))
        self.choose = Button("Choose folder…", "folder")
        self.choose.clicked.connect(self._ask)
        row.addWidget(self.folder, 1)
        row.addWidget(self.choose)
        self.kind = DropDown(KINDS)
        self.kind.setAccessibleName("Read the folder as")
        self.kind.setFixedWidth(FIELD + 64)
        self.kind.picked.connect(lambda _: self._look())
        self.tracks = Setting(Spec("min_tracks", "Tracks of a tag", 20, "at least, for it to count", (), 1))
        self.artists = Setting(Spec("min_artists", "Artists of a tag", 3, "at least", (), 1))
        for place, title in enumerate(("Folder", "Read as")):
            name = Text(title, token="muted")
            name.setFixedWidth(NAME)
            grid.addWidget(name, place, 0)
        grid.addLayout(row, 0, 1, 1, 2)
        grid.addWidget(self.kind, 1, 1, 1, 2)
        self.tracks.put(grid, 2)
        self.artists.put(grid, 3)
        said = QHBoxLayout()
        said.setSpacing(8)
        self._icon = Icon("circle-check", 16, "positive")
        self.says = Text(token="muted")
        self.says.setWordWrap(True)
        said.addWidget(self._icon)
        said.addWidget(self.says, 1)
        grid.addLayout(said, 4, 1, 1, 2)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._look)
        for setting in (self.tracks, self.artists):
            setting.changed.connect(self._pause.start)
        self._say("", "Choose a data set, as it was downloaded, or a folder of your own music.", "muted")
        self._show_least()

    def offer(self, libraries: Sequence[Path], others: Sequence[Path]) -> None:
        """Folders to choose from: those of the library, and those that were used before."""
        self._libraries = set(libraries)
        chosen = [] if self._folder is None else [self._folder]
        self._folders = list(dict.fromkeys([*libraries, *others, *chosen]))
        self._fill()

    def _fill(self) -> None:
        self.folder.clear()
        for path in self._folders:
            own = "My library: " if path in self._libraries else ""
            self.folder.addItem(f"{own}{printable(path)}", str(path))
        self.folder.setPlaceholderText("None chosen yet")
        self.folder.setCurrentIndex(
            self._folders.index(self._folder) if self._folder in self._folders else -1
        )

    @property
    def wanted(self) -> Wanted | None:
        """What is chosen, None where nothing is, or a number cannot be."""
        least = (self.tracks.value, self.artists.value)
        if self._folder is None or not all(isinstance(value, int) for value in least):
            return None
        kind = self.kind.value
        if self.found is not None and not kind:
            kind = str(self.found.get("dataset", ""))
        return Wanted(self._folder, kind, int(least[0] or 1), int(least[1] or 1))

    @property
    def problem(self) -> str:
        """Why no training can use it; empty where one can."""
        if self._folder is None:
            return "Choose the data first"
        if self.tracks.problem or self.artists.problem:
            return self.tracks.problem or self.artists.problem
        if self.found is None:
            return "The folder is being looked at"
        return str(self.found.get("fault", "")) and "These data cannot be used"

    def use(self, folder: Path) -> None:
        """Look at another folder."""
        self._folder = folder
        if folder not in self._folders:
            self._folders.append(folder)
        self._fill()
        self.kind.pick("folder" if folder in self._libraries else "")
        self._look()

    def show_found(self, found: Mapping[str, Any]) -> None:
        """What was found there, as ``python -m training look`` says it."""
        self.found = found
        fault = str(found.get("fault", ""))
        self._show_least()
        if fault:
            self._say("circle-alert", fault, "danger")
        else:
            self._say("circle-check", found_text(found), "positive")
        self.changed.emit()

    def _look(self) -> None:
        self.found = None
        self._show_least()
        wanted = self.wanted
        if wanted is None:
            self.changed.emit()
            return
        self._say("clock", "Looking at the folder…", "muted")
        self.changed.emit()
        self.asked.emit(wanted)

    def _show_least(self) -> None:
        """How many tracks a tag needs is asked of a library alone."""
        found = str(self.found.get("dataset", "")) if self.found is not None else ""
        shown = "folder" in (self.kind.value, found)
        for setting in (self.tracks, self.artists):
            setting.show_cells(shown)

    def _say(self, icon: str, text: str, token: str) -> None:
        self._icon.setVisible(bool(icon))
        if icon:
            self._icon.set(icon, token)
        self.says.setText(text)
        self.says.set_token("danger" if token == "danger" else "muted")

    def _ask(self) -> None:
        start = str(self._folder or Path.home())
        chosen = QFileDialog.getExistingDirectory(self, "Folder of a data set, or of music", start)
        if chosen:
            self.use(Path(chosen))


def found_text(found: Mapping[str, Any]) -> str:
    """``MagnaTagATune: 15,247 training, 1,529 validation and 4,332 test clips, 50 tags``."""
    clips = found.get("clips")
    tags = found.get("tags")
    counts = clips if isinstance(clips, dict) else {}
    names = [str(name).rpartition("---")[2] for name in tags] if isinstance(tags, dict) else []
    text = (
        f"{found.get('title', '')}: {words.number(int(counts.get('train', 0)))} training, "
        f"{words.number(int(counts.get('valid', 0)))} validation and "
        f"{words.plural(int(counts.get('test', 0)), 'test clip')}, {words.plural(len(names), 'tag')}"
    )
    if names:
        more = " …" if len(names) > SHOWN_TAGS else ""
        text += f" ({', '.join(names[:SHOWN_TAGS])}{more})"
    skipped = found.get("skipped", 0)
    if skipped:
        reasons = found.get("reasons") or [""]
        text += f". {words.plural(int(skipped), 'clip')} left out, the first: {reasons[0]}"
    return text
