"""The activity panel, and closing the window in the middle of work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from mat_desktop.app.score import Heard
from mat_desktop.domain.plan import Plan, Policy, WriteResult, WriteStatus
from mat_desktop.domain.reversal import RunKind
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import Track
from mat_desktop.errors import EngineFault, FileFault
from mat_desktop.gui.jobs import FILES, LISTEN, Job
from mat_desktop.gui.models.row import State
from mat_desktop.gui.operations.begun import Note
from mat_desktop.gui.widgets.banner import Banner
from mat_desktop.gui.window import Window
from mat_desktop.gui.work import Failure, Work
from mat_desktop.store.journal import Run
from tests.gui.double import FakeServices
from tests.gui.test_flow import ask_to_write_all, confirm_undo, listen


def hold(qtbot: QtBot, window: Window, services: FakeServices) -> Work:
    """Begin to listen, and stop at the first track."""
    services.hold.clear()
    window.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: bool(window.bridge.jobs) and window.bridge.runs(window.bridge.jobs[0]))
    return window.bridge.jobs[0]


def idle(qtbot: QtBot, window: Window) -> None:
    qtbot.waitUntil(lambda: not window.bridge.busy)


def test_progress_within_a_file_is_shown(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    work = hold(qtbot, library, services)
    library.actions_["activity"].trigger()
    (card,) = library.activity.cards
    qtbot.waitUntil(lambda: card.detail.text() == "0 song.flac, 50%")
    assert card.count.text() == "0 of 5 tracks"
    assert work.share == 0.1
    services.hold.set()
    idle(qtbot, library)
    qtbot.waitUntil(lambda: len(library.activity.past) == 2)
    assert library.activity.past[0].outcome.text().startswith("Listened to 4 tracks")


def test_a_job_rests_and_goes_on(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    hold(qtbot, library, services)
    library.status.pause.click()
    assert services.held == [True]
    assert library.status.speed.text() == "Paused"
    services.hold.set()
    qtbot.wait(300)
    assert library.bridge.busy
    library.status.pause.click()
    assert services.held == [True, False]
    idle(qtbot, library)
    assert library.tracks.counts()[State.TO_REVIEW] == 4


def test_failures_are_listed_and_retried(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    library.actions_["listen_all"].trigger()
    idle(qtbot, library)
    work = library.bridge.past[0]
    assert work.failures == [Failure("4 song.flac", "the decoder gave up")]
    library.activity.toggle()
    card = library.activity.past[0]
    assert card.retry is not None
    card.retry.click()
    idle(qtbot, library)
    assert library.bridge.past[0].outcome.startswith("Listened to 1 track")
    assert " in 0" not in library.bridge.past[0].outcome, "what takes no time is not told in seconds"
    assert library.tracks.counts()[State.FAILED] == 1
    assert library.tracks.counts()[State.TO_REVIEW] == 5


def test_escape_closes_the_panel_before_what_it_lies_over(qtbot: QtBot, library: Window) -> None:
    library.actions_["listen_all"].trigger()
    idle(qtbot, library)
    library.pages.show("review")
    library.activity.toggle()
    library.room.page.back.setFocus()  # where Tab goes from its last button
    qtbot.waitUntil(library.room.page.back.hasFocus)
    qtbot.keyClick(library.room.page.back, Qt.Key.Key_Escape)
    assert not library.activity.isVisible()
    assert library.room.in_view
    qtbot.keyClick(library.room.page.back, Qt.Key.Key_Escape)
    assert not library.room.in_view


def test_cancel_by_key_stops_only_what_the_status_bar_shows(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    cancel = library.actions_["cancel"]
    assert not cancel.isEnabled()
    other = Work("Training")
    library.bridge.take_on(other)
    services.hold.clear()
    library.actions_["listen_all"].trigger()
    qtbot.waitUntil(lambda: library.status.title.text() == "Listening (+1)")
    listening = library.bridge.job
    assert listening is not None
    cancel.trigger()
    assert listening.stopping
    assert not other.stopping
    qtbot.waitUntil(lambda: library.status.title.text() == "Training")
    cancel.trigger()
    assert other.stopping
    assert not cancel.isEnabled()
    library.bridge.let_go(other)


def test_space_after_the_activity_key_stops_nothing(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.activateWindow()
    work = hold(qtbot, library, services)
    other = Work("Training")
    library.bridge.take_on(other)
    activity = library.activity

    def press(key: Qt.Key) -> None:
        focus = QApplication.focusWidget()
        assert focus is not None
        qtbot.keyClick(focus, key)

    library.actions_["activity"].trigger()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is activity.close_button)
    press(Qt.Key.Key_Space)
    assert not activity.isVisible() and not work.stopping
    library.actions_["activity"].trigger()
    card = next(card for card in activity.cards if card.work is work)
    card.cancel.setFocus()
    library.bridge.take_on(another := Work("Preparing"))
    qtbot.waitUntil(lambda: len(activity.cards) == 3)
    card = next(card for card in activity.cards if card.work is work)
    assert QApplication.focusWidget() is card.cancel, "the same button of the same work"
    press(Qt.Key.Key_Space)
    assert work.stopping and QApplication.focusWidget() is activity.close_button
    services.hold.set()
    qtbot.waitUntil(lambda: work not in library.bridge.jobs)
    assert QApplication.focusWidget() is activity.close_button
    assert not other.stopping and not another.stopping
    library.bridge.let_go(other)
    library.bridge.let_go(another)


def test_files_are_scanned_while_others_are_listened_to(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    hold(qtbot, library, services)
    library.actions_["rescan"].trigger()
    qtbot.waitUntil(lambda: len(library.bridge.past) == 2)
    assert library.bridge.jobs[0].title == "Listening"
    services.hold.set()
    idle(qtbot, library)


def test_a_waiting_job_is_dropped_at_once(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    hold(qtbot, library, services)
    ends: list[Exception | None] = []
    ran: list[int] = []

    def make(cancel: threading.Event) -> Iterator[int]:
        ran.append(1)
        yield 1

    job = Job("Second", make, on_items=lambda items: None, on_end=ends.append, lane=LISTEN)
    library.bridge.do(job)
    library.activity.toggle()
    assert [card.title.text() for card in library.activity.cards] == ["Listening", "Second, waits"]
    library.activity.cards[1].cancel.click()
    assert ends == [None]
    services.hold.set()
    idle(qtbot, library)
    assert not ran and ends == [None]
    qtbot.keyClick(library.activity, Qt.Key.Key_Escape)
    assert not library.activity.isVisible()


def test_closing_asks_and_work_can_go_on(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    hold(qtbot, library, services)
    library.library.table.setFocus()
    assert not library.close()
    assert library.leave_bar.isVisible()
    assert "0 of 5 tracks" in library.leave_bar.text.text()
    assert QApplication.focusWidget() is library.leave_bar.now
    qtbot.keyClick(library.leave_bar, Qt.Key.Key_Escape)
    assert not library.leave_bar.isVisible()
    assert QApplication.focusWidget() is library.library.table, "where it was before the question"
    assert library.isVisible()
    library.close()
    library.leave_bar.later.click()
    services.hold.set()
    qtbot.waitUntil(lambda: not library.isVisible())
    assert services.closed
    assert not services.queued


def test_the_question_says_that_the_work_has_ended_meanwhile(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    bar = library.leave_bar
    hold(qtbot, library, services)
    library.close()
    services.hold.set()
    idle(qtbot, library)
    qtbot.waitUntil(lambda: bar.title.text() == "The work has ended")
    assert bar.isVisible()
    assert bar.text.text().startswith("Listened to 4 tracks")
    assert not bar.later.isVisible()
    services.hold.clear()
    library.listen.to([library.tracks.rows()[4]])
    qtbot.waitUntil(lambda: bar.title.text() == "Work is not finished")
    assert bar.later.isVisible()
    services.hold.set()
    qtbot.waitUntil(lambda: bar.title.text() == "The work has ended")
    bar.keep.click()
    assert not bar.isVisible()
    assert library.isVisible()
    services.hold.clear()
    library.listen.to([library.tracks.rows()[4]])
    qtbot.waitUntil(lambda: library.bridge.job is not None)
    library.close()
    services.hold.set()
    qtbot.waitUntil(lambda: bar.title.text() == "The work has ended")
    bar.now.click()
    qtbot.waitUntil(lambda: not library.isVisible())


def test_listening_goes_on_after_the_next_start(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    hold(qtbot, library, services)
    qtbot.waitUntil(lambda: len(services.queued) == 5)
    library.close()
    library.leave_bar.now.click()
    qtbot.waitUntil(lambda: not library.isVisible())
    assert len(services.queued) == 5
    services.hold.set()
    again = Window(services)
    qtbot.addWidget(again)
    again.show()
    again.begin([services.music])
    qtbot.waitUntil(lambda: again.tracks.counts()[State.TO_REVIEW] == 4, timeout=10_000)
    idle(qtbot, again)
    qtbot.waitUntil(lambda: not services.queued)
    again.quit()
    assert again.bridge.shut(5000)


def test_listening_that_rests_does_so_after_the_next_start(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    hold(qtbot, library, services)
    qtbot.waitUntil(lambda: len(services.queued) == 5)
    library.status.pause.click()
    library.close()
    library.leave_bar.now.click()
    qtbot.waitUntil(lambda: not library.isVisible())
    services.hold.set()
    again = Window(services)
    qtbot.addWidget(again)
    again.show()
    again.begin([services.music])
    said = "Listening to 5 tracks is paused, as it was last time."
    qtbot.waitUntil(lambda: said in again.library.banners.texts(), timeout=10_000)
    qtbot.waitUntil(lambda: again.status.speed.text() == "Paused")
    qtbot.wait(100)
    assert again.tracks.counts()[State.TO_REVIEW] == 0 and len(services.queued) == 5
    again.status.pause.click()
    qtbot.waitUntil(lambda: again.tracks.counts()[State.TO_REVIEW] == 4, timeout=10_000)
    idle(qtbot, again)
    assert not again._settings.contains("listening paused")
    again.quit()
    assert again.bridge.shut(5000)


def test_that_listening_goes_on_is_not_said_once_it_was_cancelled(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    services.hold.clear()
    services.put_queue([row.path for row in library.listen.new()])
    library.listen.resume()
    banners = library.library.banners
    said = "Listening to 5 tracks goes on from last time."
    qtbot.waitUntil(lambda: said in banners.texts())
    # The message may be there before the work runs and the status bar shows it, with what cancels it.
    qtbot.waitUntil(lambda: bool(library.bridge.jobs) and library.bridge.runs(library.bridge.jobs[0]))
    qtbot.waitUntil(library.status.cancel.isVisible)
    library.status.cancel.click()
    idle(qtbot, library)
    assert said not in banners.texts()


def test_cancelling_empties_the_queue(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    hold(qtbot, library, services)
    qtbot.waitUntil(lambda: len(services.queued) == 5)
    library.status.cancel.click()
    idle(qtbot, library)
    qtbot.waitUntil(lambda: not services.queued)
    counts = library.tracks.counts()
    assert counts[State.QUEUED] == counts[State.TO_REVIEW] == 0
    assert counts[State.NEW] == 5
    assert services.queue() == []  # nothing goes on at the next start


def test_quitting_while_writing_finishes_the_file_and_says_what_remains(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.actions_["listen_all"].trigger()
    idle(qtbot, library)
    gate, apply = threading.Event(), services.apply

    def slowly(plan: Plan, cancel: threading.Event) -> Iterator[WriteResult]:
        for result in apply(plan, cancel):
            gate.wait(10)
            yield result
            if cancel.is_set():
                return

    services.apply = slowly  # type: ignore[method-assign]
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    qtbot.waitUntil(lambda: library.bridge.lane_busy(FILES) and library.bridge.job is not None)
    library.close()
    library.leave_bar.now.click()
    assert library.isVisible()  # the file under way is not finished
    gate.set()
    qtbot.waitUntil(lambda: not library.isVisible())
    assert last_time(qtbot, services, services.data_dir / "window.ini") == [
        "Last time writing was stopped: Wrote 1 file; 3 remain."
    ]
    state = services.data_dir / "window.ini"
    later = ["Earlier, writing was stopped: Wrote 1 file; 3 remain."]
    assert last_time(qtbot, services, state) == later, "until it is done"
    assert last_time(qtbot, services, state, close=True) == later
    assert last_time(qtbot, services, state) == [], "or the user closed it"


def last_time(
    qtbot: QtBot,
    services: FakeServices,
    state: Path,
    click: Callable[[Window], object] | None = None,
    *,
    close: bool = False,
) -> list[str]:
    """What a window says at its start of the last time.

    :param click: called after the button of such a message was clicked
    :param close: such a message is closed by the user
    """
    again = Window(services, settings=QSettings(str(state), QSettings.Format.IniFormat))
    qtbot.addWidget(again)
    again.show()
    again.begin([services.music])
    qtbot.waitUntil(lambda: len(again.tracks.rows()) == 6)
    idle(qtbot, again)
    answered: list[int] = []
    again.bridge.ask("after it", lambda: 1, answered.append)
    qtbot.waitUntil(lambda: bool(answered))  # and what was said is laid out
    texts = again.library.banners.texts()
    for banner in again.library.banners.findChildren(Banner):
        if click is not None and "Last time" in banner.text:
            banner.action.click()
            click(again)
        elif close and "was stopped" in banner.text:
            banner.close_button.click()
    again.quit()
    assert again.bridge.shut(5000)
    return [text for text in texts if "was stopped" in text]


def as_on_disk(qtbot: QtBot, services: FakeServices, copy: Path) -> Path:
    """The window's state as a kill at this moment would leave it, once it knows of work that has begun."""
    kept = services.data_dir / "window.ini"
    qtbot.waitUntil(lambda: kept.is_file() and "begun=" in kept.read_text())
    copy.write_text(kept.read_text())
    return copy


def test_a_write_whose_process_was_killed_says_what_remains(
    qtbot: QtBot, library: Window, services: FakeServices, tmp_path: Path
) -> None:
    library.actions_["listen_all"].trigger()
    idle(qtbot, library)
    gate, apply, runs, as_before = threading.Event(), services.apply, services.runs, dict(services.files)

    def slowly(plan: Plan, cancel: threading.Event) -> Iterator[WriteResult]:
        gate.wait(10)
        yield from apply(plan, cancel)

    services.apply = slowly  # type: ignore[method-assign]
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    whole, killed, none = (
        as_on_disk(qtbot, services, tmp_path / name) for name in ("1.ini", "2.ini", "3.ini")
    )
    gate.set()
    idle(qtbot, library)
    qtbot.waitUntil(lambda: "begun=" not in (services.data_dir / "window.ini").read_text())

    files = list(services.files)[:4]

    def asks_for(rest: list[Path]) -> Callable[[Window], None]:
        def look(again: Window) -> None:
            panel, banners = again.panels.write, again.library.banners
            again.library.select(0)  # whatever is selected
            qtbot.waitUntil(lambda: panel.isVisible() and panel.write.isEnabled())
            assert [file.path for file in panel.plan.files] == rest
            assert panel.scope == "rest"
            assert any("Last time" in text for text in banners.texts()), "it stays until that is done"

        return look

    assert last_time(qtbot, services, whole) == []
    (run,) = runs()
    later = replace(run, id=2, started=run.started + timedelta(hours=1), planned=9, files=2)
    services.runs = lambda: [later, replace(run, files=1, refused=1)]  # type: ignore[method-assign]
    wrote, changes = {1: files[:1], 2: []}, {f.path: f for f in services.run_changes(1)}
    services.run_changes = lambda number: [changes[path] for path in wrote[number]]  # type: ignore[method-assign]
    said = "Last time writing was stopped: Wrote 1 file; 1 left as it was; 2 remain."
    for path in files:
        services.files[path] = as_before[path]
    assert last_time(qtbot, services, killed, asks_for(files[2:])) == [said], (
        "not of what another process wrote since"
    )
    wrote[2] = files[3:]
    (said,) = last_time(qtbot, services, killed)
    assert said == "Earlier, writing was stopped: Wrote 1 file; 1 left as it was; 1 remains."
    wrote[2] = files[2:]
    assert last_time(qtbot, services, killed) == [], "a later run wrote the rest"
    services.runs = list  # type: ignore[method-assign]
    said = "Last time writing was stopped: no file was written."
    assert last_time(qtbot, services, none, asks_for(files)) == [said]


def test_what_remained_of_a_write_is_not_said_once_it_is_written(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.actions_["listen_all"].trigger()
    idle(qtbot, library)
    begun, texts = library.begun, library.library.banners.texts
    note = Note(RunKind.WRITE, datetime.now(UTC), 4, paths=tuple(map(str, services.files))[:4])
    begun._before = [note]
    begun._save()
    begun._look_back(([], [set()]))
    assert "Last time writing was stopped: no file was written." in texts()
    library.library.select(0)
    library.panels.open_write()
    for _ in range(2):  # one file, then the others
        qtbot.waitUntil(library.panels.write.write.isEnabled)
        assert any("Last time" in text for text in texts())
        library.panels.write.confirm()
        qtbot.waitUntil(lambda: any("written. Sound" in text for text in texts()))
        idle(qtbot, library)
        library.panels.open_waiting(list(services.files))
    assert not any("Last time" in text for text in texts())
    assert not library._settings.contains("begun")


def test_an_undo_whose_process_was_killed_says_what_remains_and_goes_on(
    qtbot: QtBot, library: Window, services: FakeServices, tmp_path: Path
) -> None:
    library.actions_["listen_all"].trigger()
    idle(qtbot, library)
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    idle(qtbot, library)
    qtbot.waitUntil(lambda: library.archive.undoing.last is not None)
    (written,) = services.runs()
    services.hold.clear()
    library.archive.show_undo(written.id)
    confirm_undo(qtbot, library)
    killed, none, whole = (
        as_on_disk(qtbot, services, tmp_path / name) for name in ("1.ini", "2.ini", "3.ini")
    )
    services.hold.set()
    idle(qtbot, library)
    undone, now = services.runs()
    runs = services.runs
    assert (undone.kind, undone.files, now.undone) == (RunKind.UNDO, 4, True)
    assert last_time(qtbot, services, whole) == []

    shown: list[tuple[str, str]] = []

    def look(again: Window) -> None:
        shown.append((again.pages.current.name, again.archive.page.reversal.title.text()))

    half = replace(now, reverted=1)
    services.runs = lambda: [replace(undone, files=1, changes=1), half]  # type: ignore[method-assign]
    said = [f"Last time undoing run {now.id} was stopped: Put back 1 file; 3 remain."]
    file = next(iter(services.files))
    halfway = WriteResult(file, WriteStatus.WRITTEN, "was finished before the interruption", run=undone.id)
    services.recover = lambda: [halfway]  # type: ignore[method-assign]
    assert last_time(qtbot, services, killed, look) == said, "once"
    services.recover = list  # type: ignore[method-assign]
    assert shown == [("history", f"Undo run {now.id}")]
    services.runs = lambda: [replace(now, reverted=0)]  # type: ignore[method-assign]
    said = [f"Last time undoing run {now.id} was stopped: no file was put back."]
    assert last_time(qtbot, services, none) == said
    services.runs = runs  # type: ignore[method-assign]


def test_an_undo_that_the_command_line_did_not_get_to_the_end_of_is_offered_until_nobody_wants_it(
    qtbot: QtBot, library: Window, services: FakeServices, tmp_path: Path
) -> None:
    at = datetime.now(UTC).replace(microsecond=0)
    undo = Run(3, at, "", 1, 1, RunKind.UNDO, planned=4, undo_of=1, entire=True)
    before = at - timedelta(hours=1)
    wrote = Run(1, before, "", 4, 4, planned=4, reverted=1, tried=before)  # and was written again
    state = tmp_path / "state.ini"
    services.run_changes = lambda number: []  # type: ignore[method-assign]
    services.runs = lambda: [undo, wrote]  # type: ignore[method-assign]
    said = ["Earlier, undoing run 1 was stopped: Put back 1 file; 3 remain."]
    for _ in range(2):
        assert last_time(qtbot, services, state) == said
    assert last_time(qtbot, services, state, close=True) == said
    assert last_time(qtbot, services, state) == []
    services.runs = lambda: [replace(undo, started=at + timedelta(hours=1)), wrote]  # type: ignore[method-assign]
    assert last_time(qtbot, services, state) == said, "another time is another matter"
    services.runs = lambda: [undo, replace(wrote, tried=at)]  # type: ignore[method-assign]
    assert last_time(qtbot, services, tmp_path / "other.ini") == [], "somebody got to the end of it"
    services.runs = lambda: [replace(undo, entire=False), wrote]  # type: ignore[method-assign]
    assert last_time(qtbot, services, tmp_path / "third.ini") == [], "it was about single files"


def test_an_undo_of_single_files_that_was_killed_goes_on_with_those_that_remain(
    qtbot: QtBot, library: Window, services: FakeServices, tmp_path: Path
) -> None:
    library.actions_["listen_all"].trigger()
    idle(qtbot, library)
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    idle(qtbot, library)
    wanted = [services.music / f"{number} song.flac" for number in range(3)]
    library.library.select_rows([row for path in wanted if (row := library.tracks.row(path)) is not None])
    qtbot.waitUntil(library.actions_["undo_files"].isEnabled)
    library.actions_["undo_files"].trigger()
    panel = library.panels.reversal
    qtbot.waitUntil(panel.do.isEnabled)
    services.hold.clear()
    panel.do.click()
    killed, over = (as_on_disk(qtbot, services, tmp_path / name) for name in ("1.ini", "2.ini"))
    services.hold.set()
    idle(qtbot, library)
    undone, now = services.runs()
    done = services.run_changes(undone.id)[:1]
    services.run_changes = lambda run: done  # type: ignore[method-assign]

    shown: list[tuple[str, list[str]]] = []

    def look(again: Window) -> None:
        page = again.archive.page.reversal
        qtbot.waitUntil(page.do.isEnabled)
        shown.append((page.title.text(), [file.path.name for file in page.model.chosen]))

    services._runs[0] = (replace(now, reverted=1), services._runs[0][1])
    for file in services._runs[0][1]:
        if file.path in wanted[1:]:
            services._change(file.path, file.changes)
    half = [replace(undone, files=1, changes=1), replace(now, reverted=1)]
    services.runs = lambda: half  # type: ignore[method-assign]
    said = [f"Last time undoing run {now.id} was stopped: Put back 1 file; 2 remain."]
    assert last_time(qtbot, services, killed, look) == said
    assert shown == [(f"Undo run {now.id}", ["1 song.flac", "2 song.flac"])]
    half[0] = replace(half[0], refused=2)  # it got to its end: what it left is no rest of it
    assert last_time(qtbot, services, over) == []


def test_a_stopped_undo_is_told_of_until_it_is_gone_on_with(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    idle(qtbot, library)
    begun = library.begun
    begun._before = [Note(RunKind.UNDO, datetime.now(UTC), 4, of=1, told=True)]
    begun._say(begun._before[0], None, [], services.runs())

    def told() -> list[str]:
        every = [kind for page in library.pages._pages.values() for kind in page.banners._shown]
        return [kind for kind in every if "was stopped" in kind]

    assert told() == ["begun Earlier, undoing run 1 was stopped: no file was put back."]
    services.hold.clear()
    for last in (False, True):
        library.archive.show_undo(1)
        confirm_undo(qtbot, library)
        qtbot.waitUntil(lambda: library.bridge.job is not None)
        assert told() == []
        if not last:
            assert library.bridge.job is not None
            library.bridge.stop(library.bridge.job)
            idle(qtbot, library)
            assert told() == ["begun Undoing run 1 was stopped: 4 files remain."]
            assert library.bridge.past[0].outcome == "Put back 0 files; 4 remain"
    assert not any("4 remain" in work.outcome for work in library.bridge.past), "it is gone on with"
    services.hold.set()
    idle(qtbot, library)
    assert told() == []
    assert not library._settings.contains("begun")


def test_an_undo_that_quitting_stopped_is_told_of_at_the_next_start(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.actions_["listen_all"].trigger()
    idle(qtbot, library)
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    idle(qtbot, library)
    qtbot.waitUntil(lambda: library.archive.undoing.last is not None)
    services.hold.clear()
    library.archive.show_undo(1)
    confirm_undo(qtbot, library)
    qtbot.waitUntil(lambda: library.bridge.job is not None)
    library.close()
    library.leave_bar.now.click()
    qtbot.waitUntil(lambda: not library.isVisible())
    services.hold.set()
    (said,) = last_time(qtbot, services, services.data_dir / "window.ini")
    assert said == "Last time undoing run 1 was stopped: Put back 0 files; 4 remain."


def test_going_on_with_an_undo_leaves_out_what_was_left_out(
    qtbot: QtBot, library: Window, services: FakeServices, tmp_path: Path
) -> None:
    library.actions_["listen_all"].trigger()
    idle(qtbot, library)
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    idle(qtbot, library)
    qtbot.waitUntil(lambda: library.archive.undoing.last is not None)
    first, second, *_ = (file.path for file in services.run_changes(1))

    def boxes(window: Window) -> dict[Path, set[Field]]:
        panel = window.archive.page.reversal
        qtbot.waitUntil(lambda: window.archive.page.right.currentWidget() is panel and panel.do.isEnabled())
        return {file.path: {item.change.field for item in file.fields} for file in panel.model.chosen}

    services.hold.clear()
    library.archive.show_undo(1)
    every = boxes(library)
    model = library.archive.page.reversal.model
    for row in range(model.rowCount()):
        line = model.line(row)
        if line is not None and line.file is not None and line.file.path == first and line.change is not None:
            if line.change.field is Field.GENRE:
                model.toggle_field(row)
        elif line is not None and line.file is not None and line.file.path == second and model.checked(line):
            model.toggle(row)
    wanted = boxes(library)
    assert Field.GENRE in every[first] - wanted[first] and wanted[first] and second not in wanted
    confirm_undo(qtbot, library)
    killed = as_on_disk(qtbot, services, tmp_path / "killed.ini")
    library.bridge.stop(library.bridge.jobs[0])
    idle(qtbot, library)
    assert library.bridge.past[0].retry is not None
    library.bridge.past[0].retry()
    assert boxes(library) == wanted, "in the same window"
    (said,) = last_time(qtbot, services, killed, lambda again: assert_equal(boxes(again), wanted))
    assert "Last time undoing run 1 was stopped" in said


def test_an_undo_that_was_cancelled_is_offered_at_the_next_start_as_it_was_chosen(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.actions_["listen_all"].trigger()
    idle(qtbot, library)
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    idle(qtbot, library)
    qtbot.waitUntil(lambda: library.archive.undoing.last is not None)
    services.hold.clear()
    library.archive.show_undo(1)
    panel = library.archive.page.reversal
    qtbot.waitUntil(panel.do.isEnabled)
    panel.model.toggle(panel.model.rowCount() - 1)
    assert panel.do.text() == "Put 3 files back"
    confirm_undo(qtbot, library)
    qtbot.waitUntil(lambda: library.bridge.job is not None)
    library.bridge.stop(library.bridge.jobs[0])
    idle(qtbot, library)
    services.hold.set()
    library.archive.page.list.undo.emit(1)
    qtbot.waitUntil(panel.do.isEnabled)
    assert panel.do.text() == "Put 3 files back", "the history opens it alike"
    panel.closed.emit()

    def look(again: Window) -> None:
        page = again.archive.page.reversal
        qtbot.waitUntil(lambda: page.do.isEnabled())
        assert page.do.text() == "Put 3 files back"

    said = "Last time undoing run 1 was stopped: Put back 0 files; 3 remain."
    assert last_time(qtbot, services, services.data_dir / "window.ini", look) == [said]


def test_a_write_that_was_cancelled_is_told_of_at_the_next_start(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.actions_["listen_all"].trigger()
    idle(qtbot, library)
    apply = services.apply

    def one(plan: Plan, cancel: threading.Event) -> Iterator[WriteResult]:
        for result in apply(plan, cancel):
            yield result
            if cancel.wait(10):
                return

    services.apply = one  # type: ignore[method-assign]
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    qtbot.waitUntil(lambda: library.bridge.job is not None and library.bridge.job.done == 1)
    library.bridge.cancel()
    idle(qtbot, library)
    services.apply = apply  # type: ignore[method-assign]

    def look(again: Window) -> None:
        panel = again.panels.write
        qtbot.waitUntil(lambda: panel.isVisible() and panel.write.isEnabled())
        assert [file.path for file in panel.plan.files] == list(services.files)[1:4]

    state = services.data_dir / "window.ini"
    said = "Last time writing was stopped: Wrote 1 file; 3 remain."
    assert last_time(qtbot, services, state, look) == [said]


def test_what_was_overtaken_is_not_offered(library: Window) -> None:
    at = datetime.now(UTC)

    def run(number: int, kind: RunKind, of: int | None = None, files: int = 15, planned: int = 15) -> Run:
        return Run(number, at, "", files, files, kind, planned=planned, undo_of=of)

    wrote, undid, redid = run(8, RunKind.WRITE), run(9, RunKind.UNDO, 8), run(10, RunKind.REDO, 9, 15, 22)
    note = Note(RunKind.REDO, at, 22, of=9)
    assert note.found([redid, undid, wrote]) == redid
    assert not note.overtaken([redid, undid, wrote])
    few = run(11, RunKind.UNDO, 8, 2, 2)
    assert not note.overtaken([few, redid, undid, wrote]), "two of many are another matter"
    again = run(12, RunKind.UNDO, 8, 5, 15)
    assert note.overtaken([again, redid, undid, wrote]), "the files are being put back once more"
    assert note.overtaken([replace(redid, reverted=10), undid, wrote]), "whatever took them back"
    begun = library.begun
    begun._before = [note]
    begun._look_back(([redid, undid, wrote], [set()]))
    told = library.pages.current.banners.texts
    assert any("redoing run 9 was stopped" in text for text in told())
    begun.overtaken([again, redid, undid, wrote])
    assert not any("redoing" in text for text in told())
    assert not library._settings.contains("begun")


def assert_equal(one: object, other: object) -> None:
    assert one == other


@pytest.mark.parametrize("kept", ["[]", "2026-11-28T10:00:00+00:00", '[{"kind": "write"}]', "{"])
def test_a_note_that_cannot_be_understood_does_not_keep_the_window_from_opening(
    qtbot: QtBot, library: Window, services: FakeServices, tmp_path: Path, kept: str
) -> None:
    state = tmp_path / "odd.ini"
    settings = QSettings(str(state), QSettings.Format.IniFormat)
    settings.setValue("begun", kept)
    settings.sync()
    again = Window(services, settings=QSettings(str(state), QSettings.Format.IniFormat))
    qtbot.addWidget(again)
    again.begin([services.music])
    qtbot.waitUntil(lambda: len(again.tracks.rows()) == 6)
    assert not [text for text in again.library.banners.texts() if "Last time" in text]
    again.quit()
    assert again.bridge.shut(5000)


def test_the_rest_of_a_write_is_what_that_write_was_for(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.actions_["listen_all"].trigger()
    idle(qtbot, library)
    panel = library.panels.write
    library.library.table.selectAll()
    library.actions_["write"].trigger()
    qtbot.waitUntil(panel.write.isEnabled)
    assert panel.scope == "selected"
    card = panel.cards[Field.GENRE]
    card.combo.picked.emit(Policy.REPLACE)
    qtbot.waitUntil(panel.write.isEnabled)
    left, *others = [file.path for file in panel.plan.files]
    panel.plan.toggle(1)  # the first file, under its folder
    services.conflict = others[0]
    panel.confirm()
    idle(qtbot, library)
    work = next(work for work in library.bridge.past if work.title == "Writing")
    assert work.retry is not None
    library.library.select(0)
    services.conflict = None
    work.retry()
    qtbot.waitUntil(lambda: library.panels.is_open and panel.write.isEnabled())
    assert [file.path for file in panel.plan.files] == [others[0]]
    assert left not in [file.path for file in panel.plan.files]
    assert card.combo.policy is Policy.REPLACE
    panel.scopes["all"].click()
    qtbot.waitUntil(lambda: len(panel.plan.files) == 2)


def test_a_cancelled_write_offers_the_rest(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    library.actions_["listen_all"].trigger()
    idle(qtbot, library)
    services.conflict = Path(next(iter(services.files)))
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    idle(qtbot, library)
    work = next(work for work in library.bridge.past if work.title == "Writing")
    assert work.outcome == "Wrote 3 files; 1 left as it was"
    assert work.retry is not None
    services.conflict = None
    work.retry()
    qtbot.waitUntil(lambda: library.panels.is_open and library.panels.write.write.isEnabled())
    assert len(library.panels.write.plan.files) == 1


def test_an_engine_that_fails_while_listening_rests_does_not_stay_held(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    gate = threading.Event()

    def score(*_: object) -> Iterator[Heard]:
        gate.wait(5)
        raise EngineFault("died")
        yield

    services.score = score  # type: ignore[method-assign, assignment]
    library.listen.to(library.listen.new())
    qtbot.waitUntil(lambda: library.bridge.job is not None)
    assert library.bridge.job is not None
    library.bridge.pause(library.bridge.job, True)
    gate.set()
    idle(qtbot, library)
    assert services.held == [True, False]


def test_going_on_from_last_time_keeps_what_waits_already_and_what_is_not_there(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    elsewhere = Path("/volume/that/is/not/there.flac")
    services.put_queue([elsewhere])
    hold(qtbot, library, services)
    qtbot.waitUntil(lambda: len(services.queued) == 6)
    library.listen.resume()
    asked: list[None] = []
    qtbot.waitUntil(lambda: library.bridge._reads.queue.empty())
    library.bridge.ask("after", lambda: None, asked.append)
    qtbot.waitUntil(lambda: bool(asked))
    library.bridge.ask("after that", lambda: None, asked.append)
    qtbot.waitUntil(lambda: len(asked) == 2)
    assert len(services.queued) == 6
    services.hold.set()
    idle(qtbot, library)
    heard = next(row.path for row in library.tracks.rows() if row.scores is not None)
    services.put_queue([heard])
    library.listen.resume()
    qtbot.waitUntil(lambda: services.queue() == [elsewhere])


def test_listening_that_was_cut_off_goes_on_once_the_files_are_there_again(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    def away(tracks: Sequence[Track], *_: object) -> Iterator[FileFault]:
        yield from (FileFault(track.path, "in any words", absent=True) for track in tracks)

    score = services.score
    services.score = away  # type: ignore[method-assign, assignment]
    library.listen.to(library.listen.new())
    qtbot.waitUntil(lambda: library.tracks.counts()[State.FAILED] == 6)
    idle(qtbot, library)
    services.score = score  # type: ignore[method-assign]
    services.hold.clear()
    library.scan.rescan([services.music])
    said = "Listening to 5 tracks goes on, as they are there again."
    qtbot.waitUntil(lambda: said in library.library.banners.texts())
    services.hold.set()
    qtbot.waitUntil(lambda: library.tracks.counts()[State.TO_REVIEW] == 4)
    idle(qtbot, library)
    assert not services.queued


def test_what_was_cancelled_is_not_gone_on_with_once_its_drive_is_back(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    gate = threading.Event()

    def away(tracks: Sequence[Track], cancel: threading.Event, *_: object) -> Iterator[FileFault]:
        yield from (FileFault(track.path, "in any words", absent=True) for track in tracks)
        gate.wait(5)

    score = services.score
    services.score = away  # type: ignore[method-assign, assignment]
    library.listen.to(library.listen.new())
    qtbot.waitUntil(lambda: library.tracks.counts()[State.FAILED] == 6)
    library.bridge.cancel()
    gate.set()
    idle(qtbot, library)
    qtbot.waitUntil(lambda: not services.queued)
    services.score = score  # type: ignore[method-assign]
    with qtbot.waitSignal(library.scan.ended):
        library.scan.rescan([services.music])
    idle(qtbot, library)
    assert library.tracks.counts()[State.TO_REVIEW] == 0, "nothing was listened to"
    assert not any("goes on" in text for text in library.library.banners.texts())
