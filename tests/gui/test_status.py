"""What the window says of work while it runs and after it, and that nothing moves under the pointer."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from mat_desktop.domain.plan import Policy, WriteResult, WriteStatus
from mat_desktop.domain.reversal import FileReversal, RunKind, Task
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track
from mat_desktop.errors import FileFault
from mat_desktop.gui.widgets.activity import PastCard
from mat_desktop.gui.widgets.controls import Steady, Text
from mat_desktop.gui.widgets.job_bar import count_text
from mat_desktop.gui.window import Window
from mat_desktop.gui.work import Failure, Work
from tests.gui.double import FakeServices
from tests.gui.test_flow import listen


def slow_scan(services: FakeServices) -> threading.Event:
    """Scans stop after their second file until the event is set, or they are cancelled."""
    gate, scan = threading.Event(), services.scan

    def slowly(roots: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        for number, found in enumerate(scan(roots, cancel)):
            while number == 2 and not cancel.is_set() and not gate.wait(0.01):
                pass
            if cancel.is_set():
                return
            yield found

    services.scan = slowly  # type: ignore[method-assign]
    return gate


def test_a_scan_tells_how_many_files_there_are_about(
    qtbot: QtBot, window: Window, services: FakeServices
) -> None:
    gate = slow_scan(services)
    window.begin([services.music])
    status = window.status
    qtbot.waitUntil(lambda: status.count.text() == "2 of about 6 tracks", timeout=20_000)
    assert status.progress.isVisible()
    gate.set()
    qtbot.waitUntil(lambda: not window.bridge.busy)


def test_a_total_that_is_about_right_is_never_less_than_what_is_done() -> None:
    work = Work("Scanning", total=3)
    work.about, work.done = True, 5
    assert count_text(work) == "5 of about 5 tracks"
    assert work.share == 1.0
    work.mark()
    assert not work.seconds_left


def test_closing_asks_while_files_are_read_for_the_first_time_and_not_while_known_ones_are_looked_at(
    qtbot: QtBot, window: Window, services: FakeServices
) -> None:
    gate = slow_scan(services)
    window.begin([services.music])
    qtbot.waitUntil(lambda: len(window.tracks.rows()) == 2, timeout=20_000)
    window.close()
    assert window.isVisible()
    assert "Scanning: 2 of about 6 tracks. What was read is kept" in window.leave_bar.text.text()
    window.leave_bar.keep.click()
    gate.set()
    qtbot.waitUntil(lambda: len(window.tracks.rows()) == 6 and not window.bridge.busy)
    gate.clear()
    window.actions_["rescan"].trigger()
    qtbot.waitUntil(lambda: window.status.count.text() == "2 of about 6 tracks")
    window.close()
    assert not window.isVisible()
    gate.set()


def test_a_cancelled_scan_says_so(qtbot: QtBot, window: Window, services: FakeServices) -> None:
    slow_scan(services)
    window.begin([services.music])
    qtbot.waitUntil(lambda: len(window.tracks.rows()) == 2, timeout=20_000)
    qtbot.waitUntil(lambda: window.status.can_cancel)
    window.actions_["cancel"].trigger()
    said = "Scan stopped after 2 tracks; 2 tracks in the library"
    qtbot.waitUntil(lambda: window.status.result.text() == said)


def test_only_what_got_through_has_a_green_tick(qtbot: QtBot) -> None:
    def icon(*, stop: bool = False, failures: bool = False, retry: bool = False) -> str:
        work = Work("Listening")
        work.outcome = "Listened to 9 tracks"
        if stop:
            work.stop()
        work.failures = [Failure("a.mp3", "it ends early")] if failures else []
        work.retry = (lambda: None) if retry else None
        card = PastCard(work)
        qtbot.addWidget(card)
        return card.icon._name

    assert icon() == "circle-check"
    assert icon(stop=True) == "square"
    assert icon(failures=True, stop=True) == icon(retry=True) == "triangle-alert"


def test_the_reason_of_a_failure_is_not_cut(qtbot: QtBot, library: Window) -> None:
    work = Work("Writing")
    work.outcome = "Wrote 24 files"
    reason = "another program changed the file since it was looked at"
    work.failures = [Failure("07 A track with quite a long name of its own.flac", reason)]
    library.bridge.past.appendleft(work)
    library.actions_["activity"].trigger()
    line = next(text for text in library.activity.findChildren(Text) if reason in text.text())
    qtbot.waitUntil(lambda: line.height() >= line.heightForWidth(line.width()))
    assert line.heightForWidth(line.width()) > 2 * line.fontMetrics().height() - 4
    assert not library.activity._area.verticalScrollBar().isVisible(), "there is room for it"


def test_a_long_outcome_of_work_is_not_cut(qtbot: QtBot, library: Window) -> None:
    library.activity.toggle()
    for number in range(3):
        work = Work("Listening")
        library.bridge.take_on(work)
        why = "/music/a folder/library.db cannot be written: the disk is full (database or disk is full)"
        work.outcome = f"Listened to {number} tracks; stopped: {why}"
        library.bridge.let_go(work)
    qtbot.waitUntil(lambda: len(library.activity.past) >= 3)
    qtbot.wait(50)
    for card in library.activity.past:
        assert card.outcome.height() >= card.outcome.heightForWidth(card.outcome.width())


def test_the_status_bar_is_laid_out_before_it_is_painted(qtbot: QtBot, library: Window) -> None:
    work = Work("Scanning", total=3)
    library.bridge.take_on(work)
    status = library.status
    qtbot.waitUntil(lambda: status.count.isVisible() and status.job.width() > 100)
    work.total, work.done, work.about = 1_234_567, 1_203_456, True
    library.bridge.changed.emit()
    count, row = status.count, status.progress.geometry()
    assert count.width() >= count.sizeHint().width()
    assert count.geometry().right() < row.left() and row.right() < status.speed.geometry().left()
    assert status.speed.geometry().right() < status.job.width()
    library.bridge.let_go(work)


def test_in_a_short_bar_the_name_of_work_ends_in_dots(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    gate = slow_scan(services)
    library.setMinimumSize(100, 100)
    library.resize(640, 340)
    status = library.status
    status.set_device("CPU, 2 cores")
    library.actions_["rescan"].trigger()
    qtbot.waitUntil(lambda: status.count.text() != "")
    job = library.bridge.jobs[0]
    # Longer than the bar with whatever font: fonts differ, and the model's name comes when it is loaded.
    job.title = " and then ".join(["Looking at all of the folders"] * 4)
    status.refresh()
    qtbot.waitUntil(lambda: status.title.text() != "" and status.title.isVisible())
    assert status.title.text().endswith("…")
    assert status.title.width() >= status.title.sizeHint().width()
    status.problems.show()
    status.refresh()
    assert status.title.width() >= status.title.sizeHint().width()
    gate.set()
    qtbot.waitUntil(lambda: not library.bridge.busy)


def test_escape_closes_the_activity_panel_wherever_the_focus_is_and_a_plan_is_not_covered(
    qtbot: QtBot, library: Window
) -> None:
    listen(qtbot, library)
    library.status.open.setFocus()
    library.actions_["activity"].trigger()
    library.status.open.setFocus()
    qtbot.keyClick(library.status.open, Qt.Key.Key_Escape)
    assert library.activity.isHidden()
    library.library.table.setFocus()
    library.actions_["activity"].trigger()
    qtbot.keyClick(library.activity.clear, Qt.Key.Key_Escape)
    assert library.activity.isHidden()
    assert library.library.table.hasFocus()
    library.actions_["activity"].trigger()
    library.panels.open_write()
    assert library.activity.isHidden()
    assert library.panels.write.table.hasFocus()


def test_the_buttons_of_a_job_stay_under_the_pointer(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    services.hold.clear()
    library.actions_["listen_all"].trigger()
    status = library.status
    qtbot.waitUntil(lambda: status.can_cancel)
    layout = status.job.layout()
    assert layout is not None

    def places() -> list[int]:
        layout.activate()
        status.layout().activate()  # type: ignore[union-attr]
        return [button.mapTo(status, QPoint(0, 0)).x() for button in (status.pause, status.cancel)]

    before = places()
    status.pause.click()
    assert status.speed.text() == "Paused"
    assert places() == before
    for text in (status.title, status.count, status.speed):
        text.setText("1,234 a second · under a minute left")
    status.progress.hide()
    status.pause.hide()
    assert places() == before
    status.pause.show()
    status.pause.click()
    services.hold.set()
    qtbot.waitUntil(lambda: not library.bridge.busy)


def top(widget: QWidget) -> int:
    return widget.mapTo(widget.window(), QPoint(0, 0)).y()


def test_nothing_moves_in_the_write_panel_where_a_policy_is_picked(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    library.library.table.selectAll()
    library.actions_["write"].trigger()
    panel = library.panels.write
    qtbot.waitUntil(panel.write.isEnabled)
    qtbot.wait(50)  # laid out
    before = top(panel.filters[0])
    card = panel.cards[Field.GENRE]
    card.combo.picked.emit(Policy.REPLACE)
    assert card.note.isVisible()
    qtbot.waitUntil(panel.write.isEnabled)
    qtbot.wait(50)
    assert top(panel.filters[0]) == before
    text = card.note.text
    assert text.fontMetrics().horizontalAdvance(text.text()) <= text.width()
    panel.plan.toggle(0)
    assert panel.summary.text() == "No file is checked."
    qtbot.wait(50)
    assert top(panel.table) > before


def test_a_steady_text_keeps_the_room_of_its_longest(qtbot: QtBot) -> None:
    text = Steady("word " * 60)
    qtbot.addWidget(text)
    text.resize(200, 100)
    text.show()
    text.setText("word " * 50)
    high = text.minimumHeight()
    assert high > 3 * text.fontMetrics().height()
    text.setText("word")
    assert text.minimumHeight() == high
    text.hide()
    text.show()
    assert text.minimumHeight() < high


def test_what_was_put_back_in_part_is_counted_as_in_the_history(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    reverse = services.reverse

    def partly(task: Task, files: Sequence[FileReversal], cancel: threading.Event) -> Iterator[WriteResult]:
        for number, result in enumerate(reverse(task, files, cancel)):
            left = WriteResult(result.path, WriteStatus.CONFLICT, "genre left as found", result.changes)
            yield result if number else left

    services.reverse = partly  # type: ignore[method-assign]
    library.library.table.selectAll()
    library.actions_["write"].trigger()
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    qtbot.waitUntil(lambda: library.archive.undoing.last is not None)
    qtbot.waitUntil(lambda: not library.bridge.busy)
    task = services.undoing(1, (), threading.Event(), lambda path: None)
    assert task.kind is RunKind.UNDO
    library.archive.carry_out(task, services.look_back(task, task.pasts))
    qtbot.waitUntil(lambda: "3 files put back, 1 in part." in library.library.banners.texts())
    assert services.runs()[0].files == 4


def test_selected_tracks_are_counted_alike(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)  # 4 of 6: one cannot be read, one not be listened to
    library.library.table.selectAll()
    pane = library.library.pane
    qtbot.waitUntil(lambda: pane.title.text() == "6 tracks selected")
    assert pane.about.text() == "Decisions count for the 4 that were listened to"
    assert library.library.listen.text() == "Listen to 1 of 6 selected"
