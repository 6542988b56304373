"""Which data a training is to use: a folder, what it is to be read as, and what was found there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QWidget

from mat_desktop.errors import printable
from mat_desktop.gui import words
from mat_desktop.gui.widgets.controls import Button, Icon, Text
from mat_desktop.gui.widgets.drop_down import DropDown
from mat_desktop.gui.widgets.fit import KeepWide
from mat_desktop.gui.widgets.nesting import nest
from mat_desktop.gui.widgets.setting import FIELD, NAME, Setting, Spec

KINDS = (
    ("", "As the folder looks"),
    ("mtat", "MagnaTagATune"),
    ("jamendo", "MTG-Jamendo"),
    ("msd", "Million Song Dataset"),
    ("corpus", "Corpus with soft labels"),
    ("folder", "Music library"),
)
APART = ("jamendo", "msd")
"""Data sets whose lists and audio are downloaded each by itself."""

PAUSE_MS = 500
"""After a key in one of the fields, before the folder is looked at again."""

SHOWN_TAGS = 8
SAID_LINES = 3
"""Room for what is said of a folder, so that nothing below it moves as it changes."""

LOOKING = "Looking at the folder…"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be looked at.

    :param kind: name of a reader, or empty: as the folder looks
    :param audio: folder of the audio, where it is not within ``folder``
    """

    folder: Path
    kind: str = ""
    least_tracks: int = 20
    least_artists: int = 3
    audio: Path | None = None

    @property
    def words(self) -> list[str]:
        """Of a command line, for a folder that is looked at."""
        found = ["--data", str(self.folder)]
        if self.kind:
            found += ["--dataset", self.kind]
        if self.kind == "folder":
            found += ["--reader", f"min_tracks={self.least_tracks}", f"min_artists={self.least_artists}"]
        if self.kind in APART and self.audio is not None:
            found += ["--reader", f"audio={self.audio}"]
        return found


class DataPicker(QWidget):
    """``asked`` hands over what is to be looked at, or None where nobody waits for the answer any more;
    ``changed`` says that something else was found.
    """

    asked = Signal(object)
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._folders: list[Path] = []
        self._libraries: set[Path] = set()
        self._folder: Path | None = None
        self._asked: Wanted | None = None
        self._stopped = False
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
        self.folder.setAccessibleDescription("Folder of the data")
        self.folder.setMinimumWidth(80)
        self.folder.picked.connect(lambda value: self.use(Path(value)))
        self.choose = Button("Choose folder…", "folder")
        self.choose.clicked.connect(self._ask)
        row.addWidget(self.folder, 1)
        row.addWidget(self.choose)
        self.kind = DropDown(KINDS)
        self.kind.setAccessibleName("Read the folder as")
        self.kind.setAccessibleDescription("Read the folder as")
        KeepWide(self.kind, FIELD + 64)
        self.kind.picked.connect(lambda _: self._look())
        self.tracks = Setting(Spec("min_tracks", "Tracks of a tag", 20, "at least, for it to count", (), 1))
        self.artists = Setting(Spec("min_artists", "Artists of a tag", 3, "at least", (), 1))
        for place, title in enumerate(("Folder", "Read as")):
            name = Text(title, token="muted")
            KeepWide(name, NAME)
            grid.addWidget(name, place, 0)
        nest(grid, row, 0, 1, 1, 2)
        grid.addWidget(self.kind, 1, 1, 1, 2)
        self.tracks.put(grid, 2)
        self.artists.put(grid, 3)
        self._audio: Path | None = None
        self.audio = Button("Within the folder", "folder")
        self.audio.clicked.connect(self._ask_audio)
        self._audio_name = Text("Audio", token="muted")
        KeepWide(self._audio_name, NAME)
        grid.addWidget(self._audio_name, 4, 0)
        grid.addWidget(self.audio, 4, 1, 1, 2, Qt.AlignmentFlag.AlignLeft)
        said = QHBoxLayout()
        said.setSpacing(8)
        self._icon = Icon("circle-check", 16, "positive")
        self.says = Text(token="muted")
        self.says.setWordWrap(True)
        top = Qt.AlignmentFlag.AlignTop
        self.says.setAlignment(top)
        self.says.setMinimumHeight(SAID_LINES * self.says.fontMetrics().lineSpacing())
        said.addWidget(self._icon, 0, top)
        said.addWidget(self.says, 1)
        self.again = Button("Look again", "rotate-ccw", height=28)
        self.again.clicked.connect(self._look)
        self.again.hide()
        said.addWidget(self.again, 0, top)
        nest(grid, said, 5, 1, 1, 2)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self._look)
        for setting in (self.tracks, self.artists):
            setting.changed.connect(self._edited)
        self._say("", "Choose a data set, as it was downloaded, or a folder of your own music.", "muted")
        self._show_least()

    def offer(self, libraries: Sequence[Path], others: Sequence[Path]) -> None:
        """Folders to choose from: those of the library, and those that were used before.

        The library is chosen where nothing was, and looked at once this is in view: that can take long.
        """
        self._libraries = set(libraries)
        if self._folder is None and libraries:
            self._choose(libraries[0])
            if self.isVisible():
                self._look()
        chosen = [] if self._folder is None else [self._folder]
        self._folders = list(dict.fromkeys([*libraries, *others, *chosen]))
        self._fill()

    def showEvent(self, event: QShowEvent) -> None:
        """What was only offered so far is looked at."""
        super().showEvent(event)
        waits = self.found is None and self._asked is None and not self._stopped
        if self._folder is not None and waits:
            self._look()

    def _fill(self) -> None:
        self.folder.clear()
        for path in self._folders:
            own = "My library: " if path in self._libraries else ""
            self.folder.addItem(f"{own}{words.place(path)}", str(path))
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
        return Wanted(self._folder, kind, int(least[0] or 1), int(least[1] or 1), self._audio)

    @property
    def problem(self) -> str:
        """Why no training can use it; empty where one can."""
        if self._folder is None:
            return "Choose the data first"
        if self.tracks.problem or self.artists.problem:
            return self.tracks.problem or self.artists.problem
        if self._stopped:
            return "The folder has to be looked at first"
        if self.found is None:
            return "The folder is being looked at"
        return str(self.found.get("fault", "")) and "These data cannot be used"

    def use(self, folder: Path) -> None:
        """Look at another folder."""
        self._choose(folder)
        self._look()

    def _choose(self, folder: Path) -> None:
        if folder != self._folder:
            self.use_audio(None)
        self._folder = folder
        if folder not in self._folders:
            self._folders.append(folder)
        self._fill()
        self.kind.pick("folder" if folder in self._libraries else "")

    def use_audio(self, folder: Path | None) -> None:
        """The audio lies elsewhere; None: within the folder."""
        self._audio = folder
        self.audio.setText("Within the folder" if folder is None else printable(folder))
        self.audio.setAccessibleName(f"Folder of the audio: {self.audio.text()}")

    def show_found(self, wanted: Wanted, found: Mapping[str, Any]) -> None:
        """What was found there, as ``python -m training look`` says it; nothing where something else is
        wanted by now.
        """
        if wanted != self._asked:
            return
        self._asked = None
        self.found = found
        fault = str(found.get("fault", ""))
        self._show_least()
        if fault:
            self._say("circle-alert", fault, "danger")
        else:
            self._say("circle-check", found_text(found), "positive")
        self.changed.emit()

    def show_stopped(self, wanted: Wanted) -> None:
        """The user did not want to wait."""
        if wanted != self._asked:
            return
        self._asked = None
        self._stopped = True
        self._say("circle-dashed", "Looking at the folder was cancelled.", "muted")
        self.again.show()
        self.changed.emit()

    def _settle_kind(self) -> None:
        """The same folder is read as what it turned out to be, with other options."""
        if self.found is not None and not self.kind.value:
            self.kind.pick(str(self.found.get("dataset", "")))

    def _edited(self) -> None:
        self._settle_kind()
        self._forget()  # what was found does not count for other numbers
        if self.wanted is not None:
            self._say("clock", LOOKING, "muted")
        else:
            self._say("", "", "muted")
        self._pause.start()
        self.changed.emit()

    def _forget(self) -> None:
        """Neither what was found nor what is being looked for counts any more."""
        self.found = None
        self._stopped = False
        self.again.hide()
        if self._asked is not None:
            self._asked = None
            self.asked.emit(None)

    def _look(self) -> None:
        self._pause.stop()
        self._forget()
        self._show_least()
        wanted = self.wanted
        if wanted is None:
            self._say("", "", "muted")
            self.changed.emit()
            return
        self._say("clock", LOOKING, "muted")
        self._asked = wanted
        self.changed.emit()
        self.asked.emit(wanted)

    def _show_least(self) -> None:
        """How many tracks a tag needs is asked of a library alone."""
        found = str(self.found.get("dataset", "")) if self.found is not None else ""
        shown = "folder" in (self.kind.value, found)
        for setting in (self.tracks, self.artists):
            setting.show_cells(shown)
        apart = self.kind.value in APART or found in APART
        self.audio.setVisible(apart)
        self._audio_name.setVisible(apart)

    def _say(self, icon: str, text: str, token: str) -> None:
        self._icon.setVisible(bool(icon))
        if icon:
            self._icon.set(icon, token)
        self.says.setText(words.breakable(text))
        self.says.set_token("danger" if token == "danger" else "muted")

    def _ask_audio(self) -> None:
        start = str(self._audio or self._folder or Path.home())
        chosen = QFileDialog.getExistingDirectory(self, "Folder of the audio", start)
        if chosen:
            self.use_audio(Path(chosen) if Path(chosen) != self._folder else None)
            self._settle_kind()
            self._look()

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
    shown = list(dict.fromkeys(names))
    text = (
        f"{found.get('title', '')}: {words.number(int(counts.get('train', 0)))} training, "
        f"{words.number(int(counts.get('valid', 0)))} validation and "
        f"{words.plural(int(counts.get('test', 0)), 'test clip')}, {words.plural(len(names), 'tag')}"
    )
    if names:
        more = " …" if len(shown) > SHOWN_TAGS else ""
        text += f" ({', '.join(shown[:SHOWN_TAGS])}{more})"
    if found.get("dataset") == "folder":
        text += ". Tags that this program wrote into the files count too"
    skipped = found.get("skipped", 0)
    if skipped:
        causes = found.get("causes")
        counted = causes.items() if isinstance(causes, dict) else ()
        why = "; ".join(f"{words.number(int(count))}: {cause}" for cause, count in counted)
        text += f". {words.plural(int(skipped), 'clip')} left out{f' ({why})' if why else ''}"
    return text
