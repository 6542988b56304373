"""What a write left undone: it is told until it is done, and leads to a plan of just that."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mat_desktop.domain.plan import Plan, WriteResult, WriteStatus
from mat_desktop.domain.reversal import RunKind
from mat_desktop.errors import StoreFault
from mat_desktop.gui.models.row import State
from mat_desktop.gui.operations.begun import Note
from mat_desktop.gui.operations.files import told
from mat_desktop.gui.widgets.banner import Banner
from mat_desktop.gui.window import Window
from mat_desktop.mounts import GONE
from tests.gui.double import FakeServices
from tests.gui.test_flow import ask_to_write_all, confirm_undo, listen

WHY = "another program changed the file since it was looked at"


def conflicting(services: FakeServices, *paths: Path) -> None:
    """Writes leave these files as they were, until nothing stands against them any more."""
    apply = services.apply

    def but_for(plan: Plan, cancel: threading.Event) -> Iterator[WriteResult]:
        yield from apply(Plan(plan.reason, tuple(f for f in plan.files if f.path not in paths)), cancel)
        yield from (WriteResult(path, WriteStatus.CONFLICT, WHY) for path in paths)

    services.apply = but_for  # type: ignore[method-assign]


def write(qtbot: QtBot, window: Window) -> None:
    ask_to_write_all(window)
    qtbot.waitUntil(window.panels.write.write.isEnabled)
    window.panels.write.confirm()


def left(window: Window) -> Banner | None:
    banners = window.library.banners.findChildren(Banner)
    return next((b for b in banners if "remain" in b.text or "left as" in b.text), None)


def test_files_that_a_write_left_stay_told_though_a_watcher_reads_them(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    bad, apply = list(services.files)[:2], services.apply
    conflicting(services, *bad)
    write(qtbot, library)
    qtbot.waitUntil(lambda: left(library) is not None)
    qtbot.waitUntil(lambda: not library.bridge.busy)
    for path in bad:
        library.watching.look([path])
    qtbot.waitUntil(lambda: not library.bridge.busy)
    rows = [library.tracks.row(path) for path in bad]
    assert [(row.state, row.reason) for row in rows if row] == [(State.CONFLICT, WHY)] * 2
    (said,) = library.library.banners.texts()
    names = ", ".join(path.name for path in bad)
    said_of = f"2 files left as they were: {names}: {WHY}."
    assert said == f"2 of 4 files written. {said_of}", "and no word of success"
    qtbot.waitUntil(lambda: library.status.problems.text() == "4 problems")
    library.actions_["rescan"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy)
    banner = left(library)
    assert banner is not None
    assert [link.text() for link in banner.links] == ["Show them", "Try again…"]
    banner.links[0].click()
    problems = library.panels.problems
    assert problems.isVisible()
    assert problems.title.text() == "2 files left as they were"
    shown = [(problem.path, problem.reason) for problem in problems.problems.shown()]
    assert shown == [(path, WHY) for path in bad], "of the library's four problems these"
    library.panels.close()
    assert left(library) is not None
    banner.links[1].click()
    qtbot.waitUntil(lambda: library.panels.write.isVisible())
    qtbot.waitUntil(lambda: library.panels.write.write.isEnabled())
    library.panels.close()
    assert [(row.state, row.reason) for row in rows if row] == [(State.CONFLICT, WHY)] * 2, (
        "a look is no decision"
    )
    assert left(library) is not None

    services.apply = apply  # type: ignore[method-assign]
    banner.links[1].click()
    panel = library.panels.write
    qtbot.waitUntil(lambda: panel.isVisible() and panel.write.isEnabled())
    assert [file.path for file in panel.plan.files] == bad
    panel.confirm()
    qtbot.waitUntil(lambda: library.tracks.counts()[State.WRITTEN] == 4)
    qtbot.waitUntil(lambda: library.library.banners.texts()[-1].startswith("2 files written"))
    assert left(library) is None or left(library).isHidden()  # type: ignore[union-attr]


def away(qtbot: QtBot, library: Window, services: FakeServices) -> list[Path]:
    """The drive of two of four files goes in the middle of a write, and comes back."""
    listen(qtbot, library)
    bad, apply = list(services.files)[2:4], services.apply

    def but_for(plan: Plan, cancel: threading.Event) -> Iterator[WriteResult]:
        yield from apply(Plan(plan.reason, tuple(f for f in plan.files if f.path not in bad)), cancel)
        yield from (WriteResult(path, WriteStatus.FAILED, GONE, absent=True) for path in bad)

    services.apply = but_for  # type: ignore[method-assign]
    write(qtbot, library)
    qtbot.waitUntil(lambda: left(library) is not None)
    qtbot.waitUntil(lambda: not library.bridge.busy)
    services.apply = apply  # type: ignore[method-assign]
    (said,) = library.library.banners.texts()
    assert said.startswith("2 of 4 files written. 2 files left as they were")
    rows = [library.tracks.row(path) for path in bad]
    library.tracks.mark([row for row in rows if row], State.TO_REVIEW)
    qtbot.waitUntil(lambda: library.library.banners.texts() == ["2 of 4 files written. 2 files remain."])
    return bad


def test_files_whose_drive_came_back_stay_told_until_they_are_written(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    bad = away(qtbot, library, services)
    library.actions_["rescan"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy)
    banner, panel = left(library), library.panels.write
    assert banner is not None
    assert [link.text() for link in banner.links] == ["Write the rest…"]
    (note,) = library.begun._before
    assert list(note.paths) == list(map(str, bad)), "a later start looks for them"
    (run,) = services.runs()
    run = replace(run, planned=4, refused=2)
    library.begun._look_back(([run], [{*services.files} - {*bad}]))
    said = "Last time writing left files: Wrote 2 files; 2 remain."
    qtbot.waitUntil(lambda: said in library.library.banners.texts())
    banner.action.click()
    qtbot.waitUntil(lambda: panel.isVisible() and panel.write.isEnabled())
    assert [file.path for file in panel.plan.files] == bad
    panel.confirm()
    qtbot.waitUntil(lambda: library.tracks.counts()[State.WRITTEN] == 4)
    qtbot.waitUntil(lambda: left(library) is None)
    assert not library.begun._before


def test_what_remains_is_told_no_more_once_the_user_closed_it(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    bad = list(services.files)[:1]
    conflicting(services, *bad)
    write(qtbot, library)
    qtbot.waitUntil(lambda: left(library) is not None)
    qtbot.waitUntil(lambda: not library.bridge.busy)
    banner = left(library)
    assert banner is not None and library.begun._before
    banner.close_it()
    assert not library.begun._before
    library.tracks.mark([library.tracks.row(bad[0])], State.TO_REVIEW)  # type: ignore[list-item]
    banner = left(library)
    assert banner is None or banner.isHidden()


def test_what_remains_is_told_no_more_once_another_process_wrote_all_of_it(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    bad = away(qtbot, library, services)
    library.archive.elsewhere.emit(bad, set())
    assert left(library) is not None, "it took something back"
    library.archive.elsewhere.emit(bad, set(bad))
    qtbot.waitUntil(lambda: left(library) is None)
    assert not library.begun._before


def test_a_file_that_is_gone_stays_told_as_not_written(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    gone = next(iter(services.files))
    conflicting(services, gone)
    write(qtbot, library)
    qtbot.waitUntil(lambda: left(library) is not None)
    qtbot.waitUntil(lambda: not library.bridge.busy)
    track = services.files.pop(gone)
    banner = left(library)
    assert banner is not None
    banner.links[1].click()
    said = "None of these files is there any more, or can be read"
    qtbot.waitUntil(lambda: library.status.result.text() == said)
    assert not library.panels.write.isVisible(), "it would be an empty plan"
    services.files[gone] = track
    library.tracks.forget([gone])
    banner = left(library)
    assert banner is not None and not banner.isHidden()
    banner.links[1].click()
    assert not library.panels.write.isVisible(), "there is nothing to write to"
    assert library.status.result.text() == "None of these files is in the library any more"


def test_a_file_that_is_gone_is_listed_with_why_it_was_left_and_only_these_are_tried_again(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    bad = list(services.files)[:3]
    conflicting(services, *bad)
    write(qtbot, library)
    qtbot.waitUntil(lambda: left(library) is not None)
    qtbot.waitUntil(lambda: not library.bridge.busy)
    library.tracks.forget(bad[:1])
    problems, panel = library.panels.problems, library.panels.write
    banner = left(library)
    assert banner is not None
    banner.links[0].click()
    assert [(problem.path, problem.reason) for problem in problems.problems.shown()] == [
        (p, WHY) for p in bad
    ]
    problems.list.clicked.emit(problems.problems.index(0))
    assert problems.isVisible(), "it is nowhere else"
    assert library.status.result.text() == f"{bad[0].name} is not in the library"
    library.tracks.mark([library.tracks.row(bad[1])], State.TO_REVIEW)  # type: ignore[list-item]
    qtbot.waitUntil(lambda: problems.title.text() == "2 files left as they were")
    assert problems.retry.text() == "Try again…"
    problems.retry.click()
    qtbot.waitUntil(lambda: panel.isVisible() and panel.write.isEnabled())
    assert [file.path for file in panel.plan.files] == bad[2:]
    library.actions_["problems"].trigger()
    assert problems.title.text() == "3 problems", "all of the library"
    assert problems.retry.text() == "Read these files again"


def test_a_file_that_drops_out_of_what_remains_is_counted(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    bad = list(services.files)[:3]
    conflicting(services, *bad)
    write(qtbot, library)
    qtbot.waitUntil(lambda: left(library) is not None)
    qtbot.waitUntil(lambda: not library.bridge.busy)
    services.files.pop(bad[0])
    banner, panel = left(library), library.panels.write
    assert banner is not None
    banner.links[1].click()
    qtbot.waitUntil(lambda: panel.isVisible() and panel.write.isEnabled())
    assert [file.path for file in panel.plan.files] == bad[1:]
    assert library.status.result.text() == "1 of 3 files is not there any more, or cannot be read"


def test_of_many_files_a_few_are_named_and_the_others_counted() -> None:
    def bad(number: int, why: str) -> list[WriteResult]:
        return [WriteResult(Path(f"{why} {i}.mp3"), WriteStatus.FAILED, why) for i in range(number)]

    assert told(bad(3, "a")) == "a 0.mp3, a 1.mp3, a 2.mp3: a"
    assert told([*bad(1, "b"), *bad(5, "a")]) == "a 0.mp3, a 1.mp3, a 2.mp3 and 2 more: a; b 0.mp3: b"
    every = [result for why in "abcde" for result in bad(2, why)]
    assert told(every).endswith("c 0.mp3, c 1.mp3: c; and 4 other files")


def test_each_reason_is_told_with_its_files(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    listen(qtbot, library)
    reasons = {path: f"reason {number // 2}" for number, path in enumerate(list(services.files)[:3])}

    def none(plan: Plan, cancel: threading.Event) -> Iterator[WriteResult]:
        yield from (WriteResult(path, WriteStatus.FAILED, why) for path, why in reasons.items())

    services.apply = none  # type: ignore[method-assign]
    write(qtbot, library)
    qtbot.waitUntil(lambda: left(library) is not None)
    assert library.library.banners.texts() == [
        "3 files left as they were: 0 song.flac, 1 song.flac: reason 0; 2 song.flac: reason 1."
        " Writing was stopped: 1 file remains."
    ]


def write_one(qtbot: QtBot, library: Window, services: FakeServices) -> None:
    """Cancel a write of four files after its first."""
    listen(qtbot, library)
    gate, apply = threading.Event(), services.apply

    def slowly(plan: Plan, cancel: threading.Event) -> Iterator[WriteResult]:
        for result in apply(plan, cancel):
            yield result
            gate.wait(10)
            if cancel.is_set():
                return

    services.apply = slowly  # type: ignore[method-assign]
    write(qtbot, library)
    qtbot.waitUntil(lambda: library.status.can_cancel)
    library.actions_["cancel"].trigger()
    gate.set()
    qtbot.waitUntil(lambda: left(library) is not None)
    assert library.library.banners.texts() == ["1 of 4 files written. Writing was stopped: 3 files remain."]
    services.apply = apply  # type: ignore[method-assign]


def test_what_remains_of_a_write_is_not_told_once_it_is_being_written_or_was_taken_back(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    write_one(qtbot, library, services)
    banner, panel, apply = left(library), library.panels.write, services.apply
    gate = threading.Event()

    def later(plan: Plan, cancel: threading.Event) -> Iterator[WriteResult]:
        gate.wait(10)
        if not cancel.is_set():
            yield from apply(plan, cancel)

    services.apply = later  # type: ignore[method-assign]
    assert banner is not None
    banner.action.click()
    qtbot.waitUntil(lambda: panel.isVisible() and panel.write.isEnabled())
    panel.confirm()
    qtbot.waitUntil(lambda: library.status.can_cancel)
    assert left(library) is None, "it is being written"
    library.actions_["cancel"].trigger()
    gate.set()
    qtbot.waitUntil(lambda: left(library) is not None)
    assert library.library.banners.texts() == ["Writing was stopped: 3 files remain."]
    (run,) = services.runs()
    library.remains.taken_back([replace(run, reverted=run.changes)])
    assert left(library) is not None, "of that write there is no run"


def test_what_remains_of_a_write_is_not_told_once_that_was_undone(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    write_one(qtbot, library, services)
    (run,) = services.runs()
    library.archive.undo_last_run()
    confirm_undo(qtbot, library)
    qtbot.waitUntil(lambda: left(library) is None)
    note = Note(RunKind.WRITE, run.started, 4, paths=tuple(map(str, services.files))[:4])

    def told() -> list[str]:
        return [text for text in library.pages.current.banners.texts() if "Last time" in text]

    begun = library.begun
    begun._before = [note]
    begun._look_back(([run], [set()]))
    qtbot.waitUntil(lambda: len(told()) == 1)
    library.remains.taken_back([run])
    assert begun._before and told()
    undone = replace(run, reverted=run.changes)
    library.remains.taken_back([undone])
    assert not begun._before and not told()
    begun._before = [note]
    begun._look_back(([undone], [set()]))
    qtbot.wait(50)
    assert not begun._before and not told(), "nor at a later start"


def test_a_cancelled_write_says_what_remains_until_that_is_written(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    write_one(qtbot, library, services)
    library.library.select(0)
    qtbot.waitUntil(lambda: library.library.pane.write.kind == "plain")  # this one is written
    library.library.select(1)
    qtbot.waitUntil(lambda: library.library.pane.write.kind == "primary")
    library.library.select(0)
    banner, panel = left(library), library.panels.write
    assert banner is not None
    banner.action.click()
    qtbot.waitUntil(lambda: panel.isVisible() and panel.write.isEnabled())
    assert [file.path for file in panel.plan.files] == list(services.files)[1:4]
    assert panel.scopes["rest"].text() == "Remaining 3"
    panel.scopes["selected"].click()
    assert panel.title.text() == "Write to 1 file"
    panel.scopes["rest"].click()
    qtbot.waitUntil(lambda: panel.write.isEnabled() and len(panel.plan.files) == 3)
    panel.plan.toggle(1)
    panel.confirm()
    qtbot.waitUntil(lambda: library.tracks.counts()[State.WRITTEN] == 3)
    assert banner.isVisible(), "one remains"
    banner.action.click()
    qtbot.waitUntil(lambda: panel.isVisible() and panel.write.isEnabled())
    panel.confirm()
    qtbot.waitUntil(lambda: library.tracks.counts()[State.WRITTEN] == 4)
    qtbot.waitUntil(lambda: left(library) is None)
    library.actions_["write"].trigger()
    assert panel.scopes["rest"].isHidden()


def test_an_error_that_stops_a_write_says_what_remains(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)

    def refuse(plan: Plan, cancel: threading.Event) -> Iterator[WriteResult]:
        raise StoreFault("the disk is full")
        yield

    services.apply = refuse  # type: ignore[method-assign]
    write(qtbot, library)
    qtbot.waitUntil(lambda: left(library) is not None)
    assert library.library.banners.texts() == ["Writing stopped: the disk is full. 4 files remain."]
    work = library.bridge.past[0]
    assert work.retry is not None


def test_write_is_not_offered_where_it_would_be_for_no_track(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    view, action = library.library, library.actions_["write"]
    assert action.isEnabled()
    view.table.clearSelection()
    view.table.setCurrentIndex(library.tracks.index(-1, -1))
    qtbot.waitUntil(lambda: not action.isEnabled())
    assert not view.pane.write.isEnabled()
    library.review.mark(library.tracks.rows()[:1])
    qtbot.waitUntil(action.isEnabled)  # for what is reviewed
    view.select(0)
    assert action.isEnabled()
    qtbot.keyClick(view.table, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(library.panels.write.isVisible)


def test_what_is_reviewed_is_written_from_review_whatever_the_library_hides(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    rows = [row for row in library.tracks.rows() if row.state is State.TO_REVIEW]
    library.review.mark(rows)
    qtbot.waitUntil(lambda: library.tracks.counts()[State.REVIEWED] == 4)
    library.library.search.setText("state:failed zither")
    qtbot.waitUntil(lambda: library.tracks.rowCount() == 0)
    action = library.actions_["write"]
    library.actions_["review"].trigger()
    qtbot.waitUntil(lambda: library.room.in_view)
    qtbot.waitUntil(action.isEnabled)
    action.trigger()
    panel = library.panels.write
    qtbot.waitUntil(lambda: panel.isVisible() and panel.write.isEnabled())
    assert len(panel.plan.files) == 4
