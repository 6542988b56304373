"""What can be done with the tracks of the table beside listening and writing: compare, list, show, copy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QPoint, QSettings
from PySide6.QtGui import QGuiApplication

from mat_desktop.app.playlist import Listed, write_playlist
from mat_desktop.domain.track import Track
from mat_desktop.errors import printable
from mat_desktop.gui import words
from mat_desktop.gui.actions import Actions
from mat_desktop.gui.models.columns import Column
from mat_desktop.gui.models.row import Row
from mat_desktop.gui.operations.desk import Desk
from mat_desktop.gui.operations.places import open_place
from mat_desktop.gui.operations.scan import Scan
from mat_desktop.gui.operations.similar import Similar
from mat_desktop.gui.save import ask_target, with_suffix
from mat_desktop.gui.views.library import Library

KINDS = {".m3u8": "Playlist (*.m3u8)", ".m3u": "Playlist for old players (*.m3u)"}


class Rows(QObject):
    """Connects the actions for rows with what they do."""

    def __init__(
        self, desk: Desk, library: Library, scan: Scan, actions: Actions, settings: QSettings
    ) -> None:
        super().__init__()
        self._desk, self._library, self._scan = desk, library, scan
        self._actions, self._settings = actions, settings
        self.similar = Similar(desk)
        self._sorting: Row | None = None
        self.similar.shown.connect(self._compared)
        self.similar.ended.connect(self._ended)
        library.comparison.left.connect(self.similar.back)
        desk.tracks.arranged.connect(self._arranged)
        desk.tracks.work_with(lambda work, done: desk.bridge.ask("arrange", work, done))
        for name, do in {
            "similar": self.find_similar,
            "playlist": self.choose_playlist,
            "read_again": lambda: scan.read_again([row.path for row in library.selected()]),
            "show_folder": self.show_folder,
            "copy_path": self.copy_paths,
            "columns": self._show_columns,
        }.items():
            actions.connect(name, do)

    def refresh(self, in_library: bool) -> None:
        """What can be done now."""
        row = self._library.row if in_library else None
        a = self._actions
        a["similar"].setEnabled(row is not None)
        a["playlist"].setEnabled(in_library and self._desk.tracks.rowCount() > 0)
        for name in ("read_again", "show_folder", "copy_path"):
            a[name].setEnabled(row is not None)
        a["columns"].setEnabled(in_library)

    # similar tracks

    def find_similar(self) -> None:
        """Compare the library with the track in view."""
        if self._library.row is not None:
            self.similar.to(self._library.row)

    def _compared(self, row: Row) -> None:
        """With all tracks: those that a filter hides may be the likest."""
        library = self._library
        library.filter.set_aside()
        library.columns.compare(True)
        self._sorting = row
        sorting = self._desk.tracks.arranging
        library.comparison.show_title(row.title, sorting=sorting, aside=library.filter.is_aside)
        library.table.setFocus()
        if not sorting:
            self._arranged()

    def _arranged(self, asked: bool = False) -> None:
        row, self._sorting = self._sorting, None
        if row is not None:
            library = self._library
            library.comparison.show_title(row.title, aside=library.filter.is_aside)
            library.select(row.place)
            library.table.updateGeometries()  # of fewer or other rows until now
            library.table.scrollToTop()  # as alike as itself may be copies of it, which stand before it

    def _ended(self) -> None:
        self._sorting = None
        self._library.comparison.show_title("")
        self._library.columns.compare(False)
        self._library.filter.bring_back()
        self._library.table.setFocus()

    # playlists

    def choose_playlist(self) -> None:
        """Ask where to, and write the selection if it is more than one row, else all rows shown."""
        start = Path(str(self._settings.value("playlist", str(Path.home()))))
        path = ask_target(
            self._library.window(),
            f"Export playlist of {words.plural(len(self._listed()), 'track')}",
            start / "Playlist.m3u8",
            KINDS,
        )
        if path is not None:
            self._settings.setValue("playlist", str(path.parent))
            self.export_playlist(path)

    def _listed(self) -> list[tuple[Track | Path, float | None]]:
        selected = self._library.selected()
        rows: Sequence[Row] = selected if len(selected) > 1 else self._desk.tracks.shown()
        return [(row.track or row.path, row.seconds) for row in rows]

    def export_playlist(self, path: Path) -> None:
        """Write a playlist of the selection, or of all that is shown."""
        desk, listed = self._desk, self._listed()
        path = with_suffix(path, KINDS)
        desk.result(f"Writing a playlist of {words.plural(len(listed), 'track')}…")

        def done(found: Listed) -> None:
            desk.result("Playlist written")
            count, left = words.number(found.count), found.broken + found.lost
            of = (
                f"{count} of {words.plural(len(listed), 'track')}"
                if left
                else words.plural(found.count, "track")
            )
            text = f"{of} listed in {printable(path)}."
            if found.lost:
                text += f" Not there: {words.plural(found.lost, 'file')}."
            if found.broken:
                text += (
                    f" No playlist can hold a name with a line break: {words.plural(found.broken, 'file')}."
                )
            desk.say("warning" if left else "positive", text, kind="list")

        def failed(error: Exception) -> None:
            desk.result("The playlist is not written")
            desk.complain("The playlist cannot be written", error)

        desk.bridge.ask(
            "playlist",
            lambda: write_playlist(path, listed),
            done,
            failed,
        )

    # the files themselves

    def show_folder(self) -> None:
        """Open the folder of the track in view in the system's file manager."""
        row = self._library.row
        if row is not None:
            open_place(self._desk, row.path.parent)

    def copy_paths(self) -> None:
        """The paths of the selected tracks, one a line."""
        paths = [printable(row.path) for row in self._library.selected()]
        QGuiApplication.clipboard().setText("\n".join(paths))
        self._desk.result(f"Copied {words.plural(len(paths), 'path')}")

    def _show_columns(self) -> None:
        header = self._library.table.horizontalHeader()
        place = header.sectionViewportPosition(Column.TITLE)
        self._library.columns.menu().popup(header.mapToGlobal(QPoint(place, header.height())))
