"""The history page, the panel that shows what would be taken back, and undo and redo by key."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from mat_desktop.domain.plan import Change, FilePlan, Plan, WriteResult, WriteStatus
from mat_desktop.domain.reversal import (
    MEANWHILE,
    FieldReversal,
    FileReversal,
    Marks,
    Notes,
    Portion,
    RunKind,
    Task,
)
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp
from mat_desktop.errors import StoreFault
from mat_desktop.gui.archive import REMOVING
from mat_desktop.gui.models.reversal import ReversalModel
from mat_desktop.gui.models.row import State
from mat_desktop.gui.views.reversal_panel import ReversalPanel
from mat_desktop.gui.widgets.banner import Banner
from mat_desktop.gui.widgets.delegates import text_width
from mat_desktop.gui.widgets.pieces import fitting, old_pieces
from mat_desktop.gui.window import Window
from mat_desktop.mounts import NO_FOLDER
from tests.gui.double import FakeServices
from tests.gui.test_flow import ask_to_write_all, confirm_undo, listen

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def written(qtbot: QtBot, library: Window) -> Window:
    """The window after it wrote four files in one run."""
    listen(qtbot, library)
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    qtbot.waitUntil(lambda: library.archive.undoing.last is not None)
    return library


def open_undo(qtbot: QtBot, window: Window, run_id: int = 1) -> ReversalPanel:
    window.pages.show("history")
    window.archive.show_undo(run_id)
    panel = window.archive.page.reversal
    qtbot.waitUntil(panel.do.isEnabled)
    return panel


def line_of(model: ReversalModel, field: Field) -> int:
    """The first line about a field."""
    return next(
        row
        for row in range(model.rowCount())
        if (line := model.line(row)) is not None and line.change is not None and line.change.field is field
    )


def genre(services: FakeServices, number: int = 0) -> tuple[str, ...]:
    return services.files[services.music / f"{number} song.flac"].tags.get(Field.GENRE, ())


def test_a_run_is_taken_back_from_its_row_and_written_again(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    page = written.archive.page
    written.pages.show("history")
    qtbot.waitUntil(lambda: page.list.hasFocus())
    qtbot.waitUntil(lambda: len(page.changes.files) == 4)
    assert page.undo_button.isVisible()
    assert not page.redo_button.isVisible()
    qtbot.keyClick(page.list, Key.Key_Space)
    panel = page.reversal
    qtbot.waitUntil(panel.do.isEnabled)
    assert page.right.currentWidget() is panel
    assert panel.do.text() == "Put 4 files back"
    assert "4 files go back to what they were" in panel.summary.text()
    assert genre(services) == ("Rock", "Indie"), "nothing was done yet"
    qtbot.keyClick(panel.table, Key.Key_Return, Modifier.ControlModifier)
    qtbot.waitUntil(lambda: written.archive.undoing.last is None)
    assert genre(services) == ("Rock",)
    assert page.list.hasFocus()
    assert any("4 files put back" in text for text in page.banners.texts())
    qtbot.waitUntil(lambda: written.tracks.counts()[State.WRITTEN] == 0)

    assert page.title.text() == "Took back 4 files"
    assert not page.undo_button.isVisible()
    page.redo_button.click()
    qtbot.waitUntil(panel.do.isEnabled)
    assert panel.do.text() == "Write 4 files again"
    panel.do.click()
    qtbot.waitUntil(lambda: genre(services) == ("Rock", "Indie"))
    qtbot.waitUntil(lambda: page.title.text() == "Wrote 4 files again")


def test_files_and_fields_are_chosen_by_keyboard(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    panel = open_undo(qtbot, written)
    table, model = panel.table, panel.model
    assert table.hasFocus()
    before = model.changes
    qtbot.keyClick(table, Key.Key_Space)  # the file in the first line
    assert model.picked_files == 3
    assert panel.do.text() == "Put 3 files back"
    qtbot.keyClick(table, Key.Key_Space)
    assert (model.picked_files, model.changes) == (4, before)
    table.setCurrentIndex(model.index(2, 0))  # no name stands there: it is the field's
    qtbot.keyClick(table, Key.Key_Space)
    assert (model.picked_files, model.changes) == (4, before - 1)
    qtbot.keyClick(table, Key.Key_Space)
    table.setCurrentIndex(model.index(1, 0))
    qtbot.keyClick(table, Key.Key_Right)
    qtbot.keyClick(table, Key.Key_Space)  # its first field
    assert (model.picked_files, model.changes) == (4, before - 1)
    first = model.index(1, 1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert first == "Genre, left out"
    assert model.index(1, 3).data() == "Stays as it is", "and not what it would have become"
    assert model.stays(model.line(1)) and not model.stays(model.line(2))
    name = model.index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert name == "0 song.flac, partly will be changed"
    assert (model.checked(model.line(1)), model.partly) == (None, 1), "the box has a line"
    qtbot.keyClick(table, Key.Key_Up)
    qtbot.keyClick(table, Key.Key_Left)
    qtbot.keyClick(table, Key.Key_Space)  # the folder: first all of it, then nothing
    assert (model.changes, model.partly) == (before, 0)
    qtbot.keyClick(table, Key.Key_Space)
    assert not panel.do.isEnabled()
    assert panel.summary.text() == "Nothing is checked."
    qtbot.keyClick(table, Key.Key_Space)
    assert "MAT_MODEL" not in panel.summary.text()
    model.toggle_field(line_of(model, Field.GENRE))
    assert "the rest of it goes too, and MAT_MODEL" in panel.summary.text()
    panel.confirm()
    qtbot.waitUntil(lambda: not written.bridge.busy)
    path = services.music / "0 song.flac"
    assert services.files[path].tags[Field.GENRE] == ("Rock", "Indie")
    assert Field.MAT_TAGS not in services.files[path].tags


def test_the_list_of_tags_follows_the_boxes_of_the_fields() -> None:
    path = Path("/music/a.flac")
    genre, mood = (
        FieldReversal(Change(field, (value,), ()), (1,), noted=Portion((key,)))
        for field, value, key in ((Field.GENRE, "Rock", "genre:rock"), (Field.MOOD, "Happy", "mood:happy"))
    )
    fields = frozenset({Field.GENRE, Field.MOOD})
    notes = Notes(("genre:rock", "mood:happy"), fields, Portion(), (1,))
    file = FileReversal(path, path, FileStamp(1, 1, 1), ()).noting((genre, mood), notes)
    model = ReversalModel()
    model.show([file])
    row = line_of(model, Field.MAT_TAGS)
    assert model.index(row, 3).data() == ""
    model.toggle_field(line_of(model, Field.MOOD))
    assert model.index(row, 3).data() == "mood:happy"
    assert model.index(row, 1).data(Qt.ItemDataRole.AccessibleTextRole) == (
        "MAT_TAGS, goes with the fields that it is about"
    )
    model.toggle_field(row)
    assert model.takes(model.line(row)), "it has no box of its own"
    (chosen,) = model.chosen
    assert [change.after for change in chosen.changes] == [(), ("mood:happy",)]
    model.toggle_field(line_of(model, Field.GENRE))
    assert not model.follows(model.line(row))


def test_the_run_that_a_panel_made_is_the_one_to_look_at(qtbot: QtBot, written: Window) -> None:
    page, panel = written.archive.page, open_undo(qtbot, written)
    panel.confirm()
    qtbot.waitUntil(lambda: page.title.text() == "Took back 4 files")
    older = written.archive.undoing.runs[-1].id
    page.list.setCurrentIndex(page.runs.index(page.runs.row(older)))
    assert page.title.text() == "Wrote 4 files, undone"
    written.archive.show_undo(written.archive.undoing.runs[0].id)
    qtbot.waitUntil(panel.do.isEnabled)
    panel.confirm()
    qtbot.waitUntil(lambda: page.title.text() == "Wrote 4 files again")


def test_values_without_room_are_counted() -> None:
    values = ("genre:ambient", "mood:calm", "character:slow", "character:soft")
    pieces = old_pieces(Change(Field.MAT_TAGS, values, ()))
    assert fitting(pieces, 1000) == (list(values), 0)
    narrow = text_width(values[0], 13, 400) + text_width("+3 more", 13, 400) + 14
    assert fitting(pieces, narrow) == ([values[0]], 3)
    (cut,), more = fitting(pieces, narrow - 20)
    assert cut.endswith("…") and more == 3
    assert fitting(pieces[:1], narrow) == ([values[0]], 0)


def test_the_mark_of_the_model_goes_with_the_last_field_that_is_checked() -> None:
    path = Path("/music/a.flac")
    items = [
        FieldReversal(Change(field, (value,), ()), (1,))
        for field, value in ((Field.GENRE, "Rock"), (Field.MOOD, "Happy"), (Field.MAT_MODEL, "tiny"))
    ]
    marks = Marks((items[2],), frozenset({Field.GENRE, Field.MOOD}))
    model = ReversalModel()
    model.show([FileReversal(path, path, FileStamp(1, 1, 1), tuple(items)).marking(marks)])
    mark = line_of(model, Field.MAT_MODEL)
    model.toggle_field(mark)
    assert model.takes(model.line(mark)), "it has no box of its own where nothing stays that it is about"
    model.toggle_field(line_of(model, Field.MOOD))
    assert not model.takes(model.line(mark)) and model.follows(model.line(mark)), "it stays with the mood"
    model.toggle_field(line_of(model, Field.GENRE))
    assert not model.chosen
    model.toggle_field(mark)
    assert [c.field for c in model.chosen[0].changes] == [Field.MAT_MODEL], "alone it can be asked for"
    model.toggle_field(line_of(model, Field.GENRE))
    model.toggle_field(line_of(model, Field.MOOD))
    assert model.takes(model.line(mark)) and model.follows(model.line(mark))
    assert [change.field for change in model.chosen[0].changes][-1] is Field.MAT_MODEL


def test_conflicts_and_what_is_not_possible_are_shown_before(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    path = services.music / "0 song.flac"
    track = services.files[path]
    services.files[path] = replace(track, tags={**track.tags, Field.GENRE: ("Theirs",)})
    services.gone.add(services.music / "1 song.flac")
    panel = open_undo(qtbot, written)
    model = panel.model
    assert (model.conflicts, model.faults, model.picked_files) == (1, 1, 3)
    assert panel.note.text() == "1 file cannot be changed; 1 value was changed since"
    row = line_of(model, Field.GENRE)
    line = model.line(row)
    assert line is not None
    assert (line.icon, model.takes(line)) == ("triangle-alert", False)
    assert model.index(row, 3).data() == "Another program changed it since"
    qtbot.mouseClick(panel.filters[1], Qt.MouseButton.LeftButton)
    assert model.rowCount() == 2
    qtbot.mouseClick(panel.filters[2], Qt.MouseButton.LeftButton)
    assert model.index(1, 3).data() == "The file is gone"
    assert not written.grab().isNull()
    model.toggle(1)
    assert model.picked_files == 3, "it stays as it is"
    qtbot.mouseClick(panel.filters[0], Qt.MouseButton.LeftButton)
    panel.confirm()
    qtbot.waitUntil(lambda: not written.bridge.busy)
    assert genre(services) == ("Theirs",)

    services.gone.clear()
    panel = open_undo(qtbot, written)
    model.toggle_field(line_of(model, Field.GENRE))
    assert model.index(line_of(model, Field.GENRE), 3).data() == "Rock"
    panel.confirm()
    qtbot.waitUntil(lambda: genre(services) == ("Rock",))


def test_escape_leaves_everything_as_it_is(qtbot: QtBot, written: Window, services: FakeServices) -> None:
    panel = open_undo(qtbot, written)
    qtbot.keyClick(panel.table, Key.Key_Escape)
    page = written.archive.page
    assert page.right.currentIndex() == 0
    assert page.list.hasFocus()
    assert genre(services) == ("Rock", "Indie")


def test_undo_and_redo_by_key_are_about_this_windows_runs(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    for _ in range(2):
        qtbot.waitUntil(written.actions_["undo"].isEnabled)
        qtbot.keyClick(written.library.table, Key.Key_Z, Modifier.ControlModifier)
        confirm_undo(qtbot, written)
        qtbot.waitUntil(lambda: genre(services) == ("Rock",))
        qtbot.waitUntil(written.actions_["redo"].isEnabled)
        assert not written.actions_["undo"].isEnabled()
        both = Modifier.ControlModifier | Modifier.ShiftModifier
        qtbot.keyClick(written.library.table, Key.Key_Z, both)
        confirm_undo(qtbot, written)
        qtbot.waitUntil(lambda: genre(services) == ("Rock", "Indie"))
    kinds = [RunKind.REDO, RunKind.UNDO, RunKind.REDO]  # a run stands there once all its files are written
    qtbot.waitUntil(lambda: [run.kind for run in services.runs()][:3] == kinds)


def test_undo_by_key_shows_first_what_would_become_of_the_files(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    page = written.archive.page
    for own in (True, False):  # the last run of another process likewise
        qtbot.waitUntil(written.actions_["undo"].isEnabled)
        written.undo()
        qtbot.waitUntil(lambda: page.right.currentWidget() is page.reversal and page.reversal.do.isEnabled())
        assert (written.pages.current.name, page.reversal.title.text()) == ("history", "Undo run 1")
        assert not written.archive.busy
        qtbot.keyClick(page.reversal.table, Key.Key_Escape)
        assert written.pages.current.name == "library"
        assert genre(services) == ("Rock", "Indie")
        if own:
            services.not_own()
    written.undo()
    confirm_undo(qtbot, written)
    qtbot.waitUntil(lambda: genre(services) == ("Rock",))
    assert written.pages.current.name == "library"
    written.pages.show("history")
    written.archive.show_redo(1)
    confirm_undo(qtbot, written)
    qtbot.waitUntil(lambda: genre(services) == ("Rock", "Indie"))
    assert written.pages.current.name == "history"


def test_a_look_at_what_undo_would_do_costs_no_redo_of_decisions(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    row, page = written.tracks.rows()[0], written.archive.page
    written.review.decide([row], {"rock": Verdict.REJECTED})
    written.undo()
    assert row.verdicts == {}
    written.undo()
    qtbot.waitUntil(lambda: page.right.currentWidget() is page.reversal and page.reversal.do.isEnabled())
    qtbot.keyClick(page.reversal.table, Key.Key_Escape)
    written.redo()
    assert row.verdicts == {"rock": Verdict.REJECTED}
    written.undo()
    written.undo()
    confirm_undo(qtbot, written)
    qtbot.waitUntil(lambda: genre(services) == ("Rock",))
    assert not written.review.can_do_again(), "redo is about the files now"


def test_a_file_is_taken_back_from_the_library(qtbot: QtBot, written: Window, services: FakeServices) -> None:
    row = written.tracks.row(services.music / "2 song.flac")
    assert row is not None
    written.library.select(row.place)
    qtbot.waitUntil(written.actions_["undo_files"].isEnabled)
    written.actions_["undo_files"].trigger()
    panel = written.panels.reversal
    qtbot.waitUntil(panel.do.isEnabled)
    assert written.library.right.currentWidget() is panel
    assert panel.title.text() == "Undo the last write to 2 song.flac"
    panel.do.click()
    qtbot.waitUntil(lambda: genre(services, 2) == ())
    assert genre(services, 1) == ("Rock", "Indie")
    assert written.library.right.currentIndex() == 0
    qtbot.waitUntil(lambda: not written.actions_["undo_files"].isEnabled())
    texts = written.library.banners.texts
    qtbot.waitUntil(lambda: any("1 file put back" in text for text in texts()))


def test_everything_is_removed_after_its_number_was_seen(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    written.pages.show("history")
    page = written.archive.page
    qtbot.waitUntil(page.remove.isEnabled)
    page.remove.click()
    panel = page.reversal
    qtbot.waitUntil(panel.do.isEnabled)
    assert panel.title.text() == "Remove everything written"
    assert panel.do.text() == "Remove from 4 files"
    services.hold.clear()
    panel.do.click()
    qtbot.waitUntil(lambda: written.bridge.job is not None)
    assert written._settings.value(REMOVING) is not None
    qtbot.waitUntil(lambda: not page.remove.isEnabled())
    services.hold.set()
    qtbot.waitUntil(lambda: not written.bridge.busy)
    assert [genre(services, number) for number in range(4)] == [("Rock",), (), (), ()]
    assert written._settings.value(REMOVING) is None
    (banner,) = (b for b in page.banners.findChildren(Banner) if "is out of 4 files" in b.text)
    assert banner.action.text() == "Undo"
    qtbot.waitUntil(lambda: page.title.text() == "Removed from 4 files")


def test_what_a_removal_could_not_be_made_of_is_told_in_the_end(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    services.read_only = {services.music / "1 song.flac", services.music / "2 song.flac"}
    written.archive.show_removal()
    panel = written.archive.page.reversal
    qtbot.waitUntil(panel.do.isEnabled)
    assert panel.do.text() == "Remove from 2 files"
    panel.do.click()
    told = written.library.banners.texts
    qtbot.waitUntil(lambda: len(told()) == 2 and not written.bridge.busy)
    assert told() == [
        "What was written is out of 2 files.",
        "What was written is not out of 2 files: 1 song.flac, 2 song.flac: the file is read-only.",
    ]
    assert [genre(services, number) for number in range(4)] == [("Rock",), *[("Rock", "Indie")] * 2, ()]


def test_a_removal_that_was_interrupted_goes_on_at_the_next_start(
    qtbot: QtBot, window: Window, services: FakeServices
) -> None:
    window._settings.setValue(REMOVING, True)
    window.begin([services.music])
    qtbot.waitUntil(lambda: len(window.tracks.rows()) == 6 and not window.bridge.busy)
    banners = window.library.banners._shown.values()
    (banner,) = (b for b in banners if "Removing everything written was stopped" in b.text)
    assert window._settings.value(REMOVING) is not None, "the next start says so too"
    banner.action.click()
    panel = window.archive.page.reversal
    qtbot.waitUntil(lambda: "Nothing that this program wrote" in panel.summary.text())
    assert not panel.do.isEnabled()
    assert window._settings.value(REMOVING) is None
    window._settings.setValue(REMOVING, True)
    window.pages.show("library")
    window.archive.go_on()
    (banner,) = (b for b in banners if "Removing everything written was stopped" in b.text)
    banner.close_button.click()
    assert window._settings.value(REMOVING) is None, "nobody wants to know"


def test_a_removal_that_left_files_is_told_at_later_starts_until_it_reached_them(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    told, panel = written.library.banners.texts, written.archive.page.reversal
    services.read_only = {services.music / "1 song.flac"}  # as when its drive went
    written.archive.show_removal()
    qtbot.waitUntil(panel.do.isEnabled)
    panel.do.click()
    qtbot.waitUntil(lambda: len(told()) == 2 and not written.bridge.busy)
    for kind in ("wrote", "undo"):
        written.pages.clear_message(kind)
    written.archive.go_on()
    text = "Removing everything written left files: 1 file remains."
    assert text in told()
    services.read_only = set()
    banners = written.library.banners.findChildren(Banner)
    (banner,) = (b for b in banners if b.text == text)
    banner.action.click()
    qtbot.waitUntil(panel.do.isEnabled)
    assert panel.do.text() == "Remove from 1 file"
    panel.do.click()
    qtbot.waitUntil(lambda: not written.bridge.busy and genre(services, 1) == ())
    assert written._settings.value(REMOVING) is None


def test_a_removal_that_left_files_is_told_no_more_once_nobody_wants_to_know(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    services.read_only = {services.music / "1 song.flac"}
    written.archive.show_removal()
    panel = written.archive.page.reversal
    qtbot.waitUntil(panel.do.isEnabled)
    panel.do.click()
    qtbot.waitUntil(lambda: len(written.library.banners.texts()) == 2 and not written.bridge.busy)
    assert written._settings.value(REMOVING) is not None
    (banner,) = (b for b in written.library.banners.findChildren(Banner) if "not out of" in b.text)
    banner.close_button.click()
    assert written._settings.value(REMOVING) is None


def last_line(model: ReversalModel) -> int:
    """A line of the last file."""
    return model.rowCount() - 1


def cancel_after_one(qtbot: QtBot, window: Window, services: FakeServices) -> None:
    """Confirm what the panel shows, and stop it after its first file."""
    reverse = services.reverse

    def one(task: Task, files: Sequence[FileReversal], cancel: threading.Event) -> Iterator[WriteResult]:
        for result in reverse(task, files, cancel):
            yield result
            if cancel.wait(10):
                return

    services.reverse = one  # type: ignore[method-assign]
    window.archive.page.reversal.do.click()
    qtbot.waitUntil(lambda: window.bridge.job is not None and window.bridge.job.done == 1)
    window.bridge.cancel()
    qtbot.waitUntil(lambda: not window.bridge.busy)
    services.reverse = reverse  # type: ignore[method-assign]


def test_a_removal_that_was_stopped_is_gone_on_with_as_it_was_chosen(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    written.archive.show_removal()
    panel = written.archive.page.reversal
    qtbot.waitUntil(panel.do.isEnabled)
    model = panel.model
    model.toggle(last_line(model))
    assert panel.do.text() == "Remove from 3 files"
    cancel_after_one(qtbot, written, services)
    banners = written.library.banners
    text = "Removing everything written was stopped: 2 files remain."
    qtbot.waitUntil(lambda: text in banners.texts())
    assert "3 song.flac" in str(written._settings.value(REMOVING)), "and knows what was left out"
    (banner,) = [b for b in banners.findChildren(Banner) if b.text == text]
    banner.action.click()
    qtbot.waitUntil(panel.do.isEnabled)
    assert panel.do.text() == "Remove from 2 files", "the third was left out"

    cancel_after_one(qtbot, written, services)
    work = next(work for work in written.bridge.past if work.title == "Removing")
    assert work.retry is not None
    work.retry()
    qtbot.waitUntil(panel.do.isEnabled)
    assert panel.do.text() == "Remove from 1 file", "the same from the list of what was done"


def test_a_removal_that_a_crash_ended_is_gone_on_with_as_it_was_chosen(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    written.archive.show_removal()
    panel = written.archive.page.reversal
    qtbot.waitUntil(panel.do.isEnabled)
    model = panel.model
    model.toggle(last_line(model))
    services.hold.clear()
    panel.do.click()
    qtbot.waitUntil(lambda: written.bridge.job is not None)
    kept = written._settings.value(REMOVING)
    written.bridge.cancel()
    services.hold.set()
    qtbot.waitUntil(lambda: not written.bridge.busy)
    written._settings.setValue(REMOVING, kept)
    written.archive.go_on()
    (banner,) = (b for b in written.library.banners.findChildren(Banner) if "before its end" in b.text)
    banner.action.click()
    qtbot.waitUntil(panel.do.isEnabled)
    assert panel.do.text() == "Remove from 3 files"


def test_a_file_that_comes_back_in_part_counts_once(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    bad = services.music / "1 song.flac"
    reverse = services.reverse

    def in_part(task: Task, files: Sequence[FileReversal], cancel: threading.Event) -> Iterator[WriteResult]:
        for result in reverse(task, files, cancel):
            conflict = isinstance(result, WriteResult) and result.path == bad
            why = "genre left as found: run 2 wrote it since"
            yield replace(result, status=WriteStatus.CONFLICT, reason=why) if conflict else result

    services.reverse = in_part  # type: ignore[method-assign]
    written.actions_["undo"].trigger()
    confirm_undo(qtbot, written)
    texts = written.library.banners.texts
    qtbot.waitUntil(lambda: any("1 file not put back entirely: " in text for text in texts()))
    assert "3 files put back, 1 in part." in texts()


def test_what_an_undo_left_is_shown_by_itself_and_tried_again(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    bad = services.music / "1 song.flac"
    reverse = services.reverse

    def but_for(task: Task, files: Sequence[FileReversal], cancel: threading.Event) -> Iterator[WriteResult]:
        yield from reverse(task, [file for file in files if file.path != bad], cancel)
        yield WriteResult(bad, WriteStatus.CONFLICT, "another program changed it since")

    services.reverse = but_for  # type: ignore[method-assign]
    written.actions_["undo"].trigger()
    confirm_undo(qtbot, written)
    qtbot.waitUntil(lambda: any("not put back" in text for text in written.library.banners.texts()))
    qtbot.waitUntil(lambda: not written.bridge.busy)
    (banner,) = (b for b in written.library.banners.findChildren(Banner) if "not put back" in b.text)
    assert banner.action.text() == "Show them"
    banner.action.click()
    problems, panel = written.panels.problems, written.archive.page.reversal
    assert [problem.path for problem in problems.problems.shown()] == [bad]
    assert problems.title.text() == "1 file not put back"
    problems.retry.click()
    qtbot.waitUntil(panel.do.isEnabled)
    assert panel.do.text() == "Put 1 file back"


def test_what_an_undo_left_as_its_drive_went_is_told_until_it_is_put_back(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    bad, reverse = services.music / "1 song.flac", services.reverse

    def but_for(task: Task, files: Sequence[FileReversal], cancel: threading.Event) -> Iterator[WriteResult]:
        yield from reverse(task, [file for file in files if file.path != bad], cancel)
        yield WriteResult(bad, WriteStatus.CONFLICT, NO_FOLDER, absent=True)

    services.reverse = but_for  # type: ignore[method-assign]
    written.actions_["undo"].trigger()
    confirm_undo(qtbot, written)
    banners, panel = written.library.banners, written.archive.page.reversal
    qtbot.waitUntil(lambda: any("not put back" in text for text in banners.texts()))
    qtbot.waitUntil(lambda: not written.bridge.busy)
    (note,) = written.begun._before
    assert note.paths == (str(bad),), "a later start tells of it"
    wrote, undid = (replace(run, reverted=run.changes - 1) for run in services.runs()[::-1])
    runs = [replace(undid, reverted=0, planned=4, files=3, refused=1), wrote]
    written.begun._look_back((runs, [{*services.files} - {bad}]))
    said = "Last time undoing run 1 left files: Put back 3 files; 1 remains."
    qtbot.waitUntil(lambda: said in banners.texts())

    written.tracks.mark([written.tracks.row(bad)], State.TO_REVIEW)  # type: ignore[list-item]
    (banner,) = (b for b in banners.findChildren(Banner) if "1 file not put back" in b.text)
    banner.action.click()
    qtbot.waitUntil(lambda: panel.do.isEnabled() and panel.do.text() == "Put 1 file back")
    assert panel.isVisible(), "a list of problems would be empty"
    banner.close_it()
    assert not written.begun._before


def test_the_message_on_what_was_put_back_offers_to_write_it_again(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    written.actions_["undo"].trigger()
    confirm_undo(qtbot, written)
    banners, panel = written.library.banners, written.archive.page.reversal
    qtbot.waitUntil(lambda: "4 files put back." in banners.texts())
    (banner,) = (b for b in banners.findChildren(Banner) if b.text == "4 files put back.")
    assert banner.action.text() == "Redo"
    banner.action.click()
    qtbot.waitUntil(lambda: panel.do.isEnabled() and panel.do.text() == "Write 4 files again")


def test_the_message_on_an_interrupted_write_leads_to_that_run(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    written.actions_["undo"].trigger()
    confirm_undo(qtbot, written)
    qtbot.waitUntil(lambda: len(written.archive.undoing.runs) == 2)
    written.pages.show("library")
    found = WriteResult(next(iter(services.files)), WriteStatus.WRITTEN, "was finished", run=1)
    written.archive.undoing.recovered.emit([found])
    (banner,) = (b for b in written.library.banners.findChildren(Banner) if "interrupted" in b.text)
    page = written.archive.page
    page.filter.pick("counting")
    banner.action.click()
    qtbot.waitUntil(lambda: page.title.text() == page.runs.entry(page.runs.row(1)).title)  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: not written.archive.undoing.loading)
    entry = page.runs.entry(page.list.currentIndex().row())
    assert entry is not None and entry.run is not None and entry.run.id == 1


def test_the_menu_of_a_run(qtbot: QtBot, written: Window) -> None:
    written.pages.show("history")
    runs = written.archive.page.list
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(), QPoint())
    runs.contextMenuEvent(event)
    menu = runs.findChild(QMenu)
    assert isinstance(menu, QMenu)
    assert [(action.text(), action.isEnabled()) for action in menu.actions()] == [
        ("Undo…", True),
        ("Redo…", False),
    ]
    menu.actions()[0].trigger()
    menu.close()
    qtbot.waitUntil(written.archive.page.reversal.do.isEnabled)


def test_what_another_process_wrote_shows_when_the_window_is_come_back_to(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    qtbot.waitUntil(lambda: not written.bridge.busy)
    path = services.music / "4 song.flac"
    services.music.mkdir()
    path.touch()  # what is not there is not looked at
    track = services.files[path]
    plan = services.plan_file(
        track, services.suggest(services.heard[services.music / "0 song.flac"].scores, {}, 0)
    )
    assert plan is not None
    list(services.apply(Plan("elsewhere", (plan,)), threading.Event()))
    services.not_own()
    row = written.tracks.row(path)
    assert row is not None
    assert row.track is not None
    assert Field.GENRE not in row.track.tags
    written.archive._came(Qt.ApplicationState.ApplicationActive)
    qtbot.waitUntil(
        lambda: (
            (row := written.tracks.row(path)) is not None
            and row.track is not None
            and row.track.tags.get(Field.GENRE) == ("Rock", "Indie")
        ),
    )


def test_undo_of_what_was_tried_looks_whether_it_can_be_done_now(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    run, files = services._runs[0]
    services._runs[0] = replace(run, tried=run.started), files
    services.gone |= {file.path for file in files}
    written.archive.undoing.load()
    qtbot.waitUntil(lambda: written.archive.to_undo is None)
    undo, panel = written.actions_["undo"], written.archive.page.reversal
    assert undo.isEnabled()
    undo.trigger()
    qtbot.waitUntil(lambda: any("nothing to undo" in text for text in panel.banners.texts()))
    assert not panel.do.isEnabled()
    services.gone.clear()
    undo.trigger()
    confirm_undo(qtbot, written)
    qtbot.waitUntil(lambda: genre(services) == ("Rock",))
    qtbot.waitUntil(lambda: not undo.isEnabled())


def test_a_filter_that_leaves_no_run_leaves_nothing_of_the_one_before(qtbot: QtBot, written: Window) -> None:
    page = written.archive.page
    written.pages.show("history")
    written.archive.undo_last_run()
    confirm_undo(qtbot, written)
    qtbot.waitUntil(lambda: written.archive.undoing.last is None)
    qtbot.waitUntil(lambda: page.title.text() == "Took back 4 files" and bool(page.changes.files))
    page.filter.pick("counting")  # the undo itself is
    page.filter.picked.emit("counting")
    qtbot.waitUntil(lambda: bool(page.changes.files))
    written.archive.redo_last_run()
    confirm_undo(qtbot, written)
    qtbot.waitUntil(lambda: page.title.text() == "Wrote 4 files again")
    page.runs.show([replace(run, reverted=run.changes) for run in written.archive.undoing.runs])
    page.filter.picked.emit("counting")
    assert page.runs.rowCount() == 0
    assert page.title.text() == "No run is listed"
    assert not page.changes.files
    assert not page.undo_button.isVisible()
    assert not page.redo_button.isVisible()
    page.filter.picked.emit("")
    assert page.title.text() != "No run is listed"


def test_a_run_whose_changes_cannot_be_read_says_why(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    def fail(_: int) -> list[FileReversal]:
        raise StoreFault("disk I/O error")

    services.run_changes = fail  # type: ignore[method-assign]
    page = written.archive.page
    written.pages.show("history")
    page.filter.picked.emit("written")
    qtbot.waitUntil(lambda: "disk I/O error" in str(page.banners.texts()))
    assert "What the run changed cannot be read" in page.banners.texts()[0]


def test_what_is_not_written_yet_stands_above_the_runs_and_opens_its_plan(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    page, runs = library.archive.page, library.archive.page.runs
    library.pages.show("history")
    qtbot.waitUntil(lambda: runs.rowCount() == 2)
    assert page.list.isVisible()
    assert page.title.text() == "Changes for 4 files"
    assert (
        " · 4 not reviewed yet · The Late Ferries · suggested or accepted, and in no file yet"
        in page.about.text()
    )
    assert not page.export.isEnabled()
    assert not page.undo_button.isVisible()
    page.list.setFocus()
    qtbot.keyClick(page.list, Key.Key_Space)
    panel = library.panels.write
    qtbot.waitUntil(panel.write.isEnabled)
    assert library.pages.shows(library.library)
    assert panel.write.text() == "Write 4 files"
    panel.plan.toggle(1)
    line = panel.plan.line(7)
    assert line is not None
    assert line.file is not None
    panel.plan.toggle(7)
    panel.confirm()
    qtbot.waitUntil(lambda: library.archive.undoing.last is not None)
    services.refused[line.file.path] = "the file is read-only"  # which does not wait for being written
    library.pages.show("history")
    texts = ["Not written yet", "Changes for 1 file", "Today", "Wrote 2 files"]
    qtbot.waitUntil(lambda: [runs.data(runs.index(row)) for row in range(4)] == texts)
    assert page.title.text() == "Wrote 2 files"
    assert page.export.isEnabled()
    page.filter.picked.emit("written")
    assert [runs.data(runs.index(row)) for row in range(runs.rowCount())] == ["Today", "Wrote 2 files"]
    page.filter.picked.emit("")
    page.list.setCurrentIndex(runs.index(1))
    assert page.write_button.isVisible()
    page.write_button.click()
    qtbot.waitUntil(lambda: panel.write.text() == "Write 1 file" and panel.write.isEnabled())
    panel.confirm()
    qtbot.waitUntil(lambda: len(services.own_runs) == 2 and not library.bridge.busy)
    library.pages.show("history")
    qtbot.waitUntil(lambda: runs.data(runs.index(0)) == "Today" and runs.rowCount() == 3)


def test_what_was_taken_back_is_not_said_to_wait(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    page, runs, panel = written.archive.page, written.archive.page.runs, written.panels.write
    panel_of_undo = open_undo(qtbot, written)
    panel_of_undo.confirm()
    qtbot.waitUntil(lambda: runs.rowCount() == 3 and not written.bridge.busy)
    with qtbot.waitSignal(written.archive.unwritten.counted) as told:
        written.archive.unwritten.count()
    assert told.args == [None]
    assert runs.data(runs.index(0)) == "Today"
    row = written.tracks.rows()[1]
    suggested = next(s for s in written.tracks.suggestions(row) if s.chosen and s.tag.write)
    written.review.decide([row], {suggested.tag.name: Verdict.REJECTED})
    written.pages.show("library")
    written.pages.show("history")
    qtbot.waitUntil(lambda: runs.data(runs.index(1)) == "Changes for 1 file")
    page.list.setCurrentIndex(runs.index(1))
    assert page.about.text().endswith("in no file yet · 3 files not counted, as you took that back there")
    page.write_button.click()
    qtbot.waitUntil(panel.write.isEnabled)
    assert [file.path for file in panel.plan.files] == [row.path]
    assert (panel.scope, panel.scopes["rest"].text()) == ("rest", "Not written yet 1")
    panel.scopes["all"].click()  # they can be written again
    qtbot.waitUntil(lambda: panel.write.text() == "Write 4 files")


def test_a_run_is_exported(
    qtbot: QtBot, written: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, target = written.archive.page, services.data_dir / "run.json"
    written.pages.show("history")
    qtbot.waitUntil(page.export.isEnabled)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    page.export.click()
    qtbot.waitUntil(lambda: f"Run 1 is exported to {target}." in page.banners.texts())
    assert target.read_text() == "run 1"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: ("/no/such/run.csv", ""))
    page.export.click()
    qtbot.waitUntil(lambda: "was not exported" in str(page.banners.texts()))


def test_all_files_are_unchecked_and_checked_at_once(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    path = next(iter(services.files))
    services.files[path] = replace(services.files[path], tags={Field.GENRE: ("Polka",)})
    panel = open_undo(qtbot, written)
    model, table = panel.model, panel.table
    checked, conflicts = model.picked_files, model.conflicts
    assert conflicts
    changes = model.changes
    qtbot.keyClick(table, Key.Key_A, Modifier.ControlModifier)
    assert (model.picked_files, model.changes) == (0, 0)
    assert not panel.do.isEnabled()
    head = table.horizontalHeader().viewport()
    qtbot.mouseClick(head, Qt.MouseButton.LeftButton, pos=QPoint(32, 14))
    assert (model.picked_files, model.changes) == (checked, changes)  # nobody else's values among them
    panel.filters[1].click()  # those that were changed since: what else there is stays checked
    qtbot.mouseClick(head, Qt.MouseButton.LeftButton, pos=QPoint(200, 14))
    assert model.changes == changes


def test_a_search_for_moved_files_shows_how_far_it_is_and_can_be_stopped(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    panel, status = written.archive.page.reversal, written.status
    services.search.clear()
    asked: list[object] = []
    for act in (lambda: written.archive.show_undo(1), written.archive.show_removal):
        act()
        assert not status.job.isVisible(), "most are over at once"
        qtbot.waitUntil(status.job.isVisible)
        assert status.title.text() == "Searching for moved files"
        qtbot.waitUntil(
            lambda: "looked at" in panel.summary.text() and status.count.text().endswith(" files")
        )
        written.bridge.ask("something else", lambda: None, asked.append)
        qtbot.waitUntil(lambda: asked == [None])  # nothing else waits for it
        asked.clear()
        written.actions_["cancel"].trigger()
        assert panel.banners.texts() == ["The search for moved files was stopped. Nothing was changed."]
        assert not panel.do.isEnabled() and not written.bridge.busy
        assert not status.job.isVisible()
        assert written.bridge.past[0].outcome == "Stopped searching for moved files"
    past = len(written.bridge.past)
    written.archive.show_undo(1)
    qtbot.waitUntil(status.job.isVisible)
    qtbot.keyClick(panel.table, Key.Key_Escape)
    assert not written.bridge.busy and len(written.bridge.past) == past
    services.search.set()
    written.archive.show_undo(1)
    qtbot.waitUntil(panel.do.isEnabled)
    assert panel.do.text() == "Put 4 files back" and panel.banners.texts() == []
    assert not written.bridge.busy


def test_a_closed_panel_hears_no_more(qtbot: QtBot, written: Window) -> None:
    page = written.archive.page
    written.pages.show("history")
    written.archive.show_undo(1)
    page.reversal.closed.emit()
    answered: list[int] = []
    written.bridge.ask("after it", lambda: 1, answered.append)
    qtbot.waitUntil(lambda: answered == [1])
    assert page.reversal.model.rowCount() == 0


def test_undo_that_is_pressed_while_files_are_written_takes_that_run_back(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    going = threading.Event()
    apply = services.apply

    def slow(plan: Plan, cancel: threading.Event) -> Iterator[WriteResult]:
        going.wait(10)
        yield from apply(plan, cancel)

    services.apply = slow  # type: ignore[method-assign]
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    assert library.actions_["undo"].isEnabled()
    library.actions_["undo"].trigger()
    going.set()
    confirm_undo(qtbot, library)
    qtbot.waitUntil(lambda: len(library.archive.undoing.runs) == 2)
    assert library.archive.undoing.runs[0].undo_of == library.archive.undoing.runs[1].id
    assert genre(services) == ("Rock",)


def test_undo_that_is_pressed_while_nothing_gets_written_leaves_older_runs_alone(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    going = threading.Event()

    def refused(plan: Plan, cancel: threading.Event) -> Iterator[WriteResult]:
        going.wait(10)
        for file in plan.files:
            yield WriteResult(file.path, WriteStatus.FAILED, "the disk is full")

    services.apply = refused  # type: ignore[method-assign]
    runs = list(written.archive.undoing.runs)
    assert written.archive.to_undo is not None
    ended: list[object] = []
    written.writing.written.connect(lambda *_: ended.append(1))
    row = written.tracks.row(services.music / "2 song.flac")
    assert row is not None
    assert row.track is not None
    changes = (Change(Field.GENRE, (), ("Rock",)),)
    written.write(Plan("", (FilePlan(row.path, row.track.stamp, changes),)))
    assert written.archive.busy
    written.actions_["undo"].trigger()
    listed: list[object] = []
    written.archive.undoing.listed.connect(listed.append)
    going.set()
    qtbot.waitUntil(lambda: bool(ended and listed))
    assert not written.archive.busy
    answered: list[int] = []
    written.bridge.ask("after it", lambda: 1, answered.append)
    qtbot.waitUntil(lambda: answered == [1])
    assert services.runs() == runs
    assert written.pages.current.name == "library"


def test_an_undo_that_is_cancelled_is_not_gone_on_with_by_one_that_waited_for_it(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    (run,) = written.archive.undoing.runs
    reverse, asked = services.reverse, []

    def one(task: Task, files: Sequence[FileReversal], cancel: threading.Event) -> Iterator[WriteResult]:
        asked.append(task.undo_of)
        for result in reverse(task, files, cancel):
            yield result
            if cancel.wait(10):
                return

    services.reverse = one  # type: ignore[method-assign]
    written.actions_["undo"].trigger()
    confirm_undo(qtbot, written)
    qtbot.waitUntil(lambda: written.bridge.job is not None and written.bridge.job.done == 1)
    written.actions_["undo"].trigger()
    written.bridge.cancel()
    qtbot.waitUntil(lambda: not written.archive.busy)
    qtbot.waitUntil(lambda: len(written.archive.undoing.runs) == 2)
    answered: list[int] = []
    written.bridge.ask("after it", lambda: 1, answered.append)
    qtbot.waitUntil(lambda: answered == [1])
    assert asked == [run.id]
    assert not written.archive.busy
    assert written.pages.current.name == "library"


def test_files_that_need_no_undo_any_more_are_told_with_why(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    def late(task: Task, files: Sequence[FileReversal], cancel: threading.Event) -> Iterator[WriteResult]:
        for file in files:
            yield WriteResult(file.path, WriteStatus.UNCHANGED, MEANWHILE)

    services.reverse = late  # type: ignore[method-assign]
    written.archive.undo_last_run()
    confirm_undo(qtbot, written)
    qtbot.waitUntil(lambda: bool(written.bridge.past) and written.bridge.past[0].title == "Undoing")
    told = "Put back 0 files; 4 files were done meanwhile, by another window or command"
    assert written.bridge.past[0].outcome == told


def test_a_run_whose_files_came_back_can_be_undone_again(
    qtbot: QtBot, written: Window, services: FakeServices
) -> None:
    (run, files) = services._runs[0]
    services._runs[0] = replace(run, reverted=run.changes), files
    written.archive.undoing.load()
    qtbot.waitUntil(lambda: not written.actions_["undo"].isEnabled())
    services._runs[0] = run, files
    path = files[0].path
    path.parent.mkdir(exist_ok=True)
    path.touch()
    fresh = replace(services.files[path], tags={Field.GENRE: ("Theirs",)}, stamp=FileStamp(2, 2, 2))
    services.files[path] = fresh
    written.watching.look([path])
    qtbot.waitUntil(written.actions_["undo"].isEnabled)
