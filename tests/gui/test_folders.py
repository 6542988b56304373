"""Folders that are open: scanned again, watched, away and back."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track
from mat_desktop.errors import FileFault
from mat_desktop.gui import opening
from mat_desktop.gui.models.columns import Column
from mat_desktop.gui.models.row import State
from mat_desktop.gui.operations import watch
from mat_desktop.gui.operations.watch import Watch
from mat_desktop.gui.widgets.controls import Link
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices
from tests.gui.shown import titles
from tests.gui.test_flow import ask_to_write_all, listen


def test_scanning_again_leaves_the_focus_where_it_is(qtbot: QtBot, library: Window) -> None:
    listen(qtbot, library)
    library.actions_["write"].trigger()
    panel = library.panels.write
    qtbot.waitUntil(panel.write.isEnabled)
    assert library.focusWidget() is panel.table
    with qtbot.waitSignal(library.scan.ended):
        library.actions_["rescan"].trigger()
    assert panel.isVisible()
    assert library.focusWidget() is panel.table


def test_a_folder_that_is_away_is_a_message_and_no_track(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    scan, music, messages = services.scan, services.music, library.library.banners.texts

    def away(roots: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        yield FileFault(music, "no such file", absent=True)

    services.scan = away  # type: ignore[method-assign]
    with qtbot.waitSignal(library.scan.ended):
        library.actions_["rescan"].trigger()
    assert f"{music} is not there: 6 tracks wait for it." in messages()
    assert library.tracks.row(music) is None
    assert library.tracks.tally().total == len(titles(library)) == 6
    services.scan = scan  # type: ignore[method-assign]
    with qtbot.waitSignal(library.scan.ended):
        library.actions_["rescan"].trigger()
    assert not any("is not there" in text for text in messages())


def no_music(services: FakeServices, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the mount point of a volume that is not mounted: the folder is there, without files."""
    services.music.mkdir(exist_ok=True)
    services.library = [file for file in services.files.values() if isinstance(file, Track)]
    monkeypatch.setattr(services, "scan", lambda roots, cancel: iter(()))
    monkeypatch.setattr(services, "count", lambda roots, enough: iter([0]))


def test_tracks_of_a_folder_that_is_empty_now_wait_for_it_until_they_are_said_to_be_gone(
    qtbot: QtBot, library: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, music = library.library, services.music
    with monkeypatch.context() as away:
        no_music(services, away)
        with qtbot.waitSignal(library.scan.ended):
            library.actions_["rescan"].trigger()
        text = f"{music} is empty, or its drive is not there: 6 tracks wait for it."
        assert page.banners.texts() == [text]
        assert library.tracks.tally().total == len(titles(library)) == 6
        assert services.missing == []  # nor at the next start
    with qtbot.waitSignal(library.scan.ended):
        library.actions_["rescan"].trigger()
    assert page.banners.texts() == []
    no_music(services, monkeypatch)
    with qtbot.waitSignal(library.scan.ended):
        library.actions_["rescan"].trigger()
    page.select(3)
    in_view = page.row
    assert in_view is not None
    next(b for b in page.banners.findChildren(Link) if b.text() == "Forget these tracks").click()
    qtbot.waitUntil(lambda: len(services.missing) == len(services.library))
    assert library.tracks.tally().total == 0
    said = "6 tracks forgotten. What was decided on them comes back with the files."
    assert page.banners.texts() == [said]
    assert library.review.can_take_back()
    qtbot.waitUntil(lambda: page.listing.shows_note)
    assert page.listing.note.text() == "No music is in the folders that are open"
    next(b for b in page.banners.findChildren(Link) if b.text() == "Undo").click()
    # The file that could not be read is in no library: it shows again when it is there.
    text = text.replace("6 tracks", "5 tracks")
    qtbot.waitUntil(lambda: page.banners.texts() == [text])
    assert library.tracks.tally().total == 5
    assert services.missing == []
    assert not library.review.can_take_back()
    assert page.row is not None and page.row.path == in_view.path
    # Where the files are found again, nothing is said to be forgotten.
    next(b for b in page.banners.findChildren(Link) if b.text() == "Forget these tracks").click()
    qtbot.waitUntil(lambda: len(page.banners.texts()) == 1 and "forgotten" in page.banners.texts()[0])
    qtbot.waitUntil(lambda: not library.bridge.busy)
    with monkeypatch.context() as back, qtbot.waitSignal(library.scan.ended):
        back.setattr(services, "scan", lambda roots, cancel: iter(services.library))
        library.actions_["rescan"].trigger()
    assert page.banners.texts() == []
    with qtbot.waitSignal(library.scan.ended):
        library.actions_["rescan"].trigger()
    assert page.banners.texts() == [text]
    services.missing.clear()
    # Ctrl+Z is the same as the message's Undo, before what was decided earlier.
    next(b for b in page.banners.findChildren(Link) if b.text() == "Forget these tracks").click()
    qtbot.waitUntil(lambda: len(services.missing) == len(services.library))
    qtbot.waitUntil(library.actions_["undo"].isEnabled)
    library.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: page.banners.texts() == [text])
    assert library.tracks.tally().total == 5
    assert page.selected() == [page.row]
    assert services.missing == []
    qtbot.waitUntil(library.actions_["redo"].isEnabled)
    library.actions_["redo"].trigger()
    qtbot.waitUntil(lambda: page.banners.texts() == [said.replace("6 tracks", "5 tracks")])
    assert library.tracks.tally().total == 0


def test_tracks_of_a_volume_inside_a_folder_wait_for_it(
    qtbot: QtBot, window: Window, services: FakeServices
) -> None:
    usb, banners = services.music / "usb", window.library.banners
    services.music.mkdir()
    path, one = usb / "9 song.flac", next(iter(services.files))
    track = services.files[path] = replace(services.files[one], path=path)
    window.begin([services.music])
    qtbot.waitUntil(lambda: window.tracks.row(path) is not None and not window.bridge.busy)
    del services.files[path]
    services.library, services.unplugged = [track], [usb]
    with qtbot.waitSignal(window.scan.ended):
        window.actions_["rescan"].trigger()
    assert window.tracks.row(path) is not None
    qtbot.waitUntil(
        lambda: f"{usb} is on a drive that is not there: 1 track waits for it." in banners.texts()
    )
    window.watching.look([path])
    qtbot.waitUntil(lambda: not window.bridge.busy)
    assert window.tracks.row(path) is not None and path not in services.missing
    next(b for b in banners.findChildren(Link) if b.text() == "Scan again").click()
    qtbot.waitUntil(lambda: not window.bridge.busy)
    assert window.scan.roots == [services.music], "it is no folder of its own"
    services.files[path], services.unplugged = track, []
    with qtbot.waitSignal(window.scan.ended):
        window.actions_["rescan"].trigger()
    assert not any("drive" in text for text in banners.texts())
    assert window.tracks.row(path) is not None


def test_that_no_music_was_found_is_not_said_once_there_is_some(
    qtbot: QtBot, window: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = window.library.banners.texts
    with monkeypatch.context() as away:
        no_music(services, away)
        services.library = []
        window.begin([services.music])
        qtbot.waitUntil(lambda: texts() == ["No music was found there."])
    with qtbot.waitSignal(window.scan.ended):
        window.actions_["rescan"].trigger()
    assert window.tracks.tally().total == 6
    assert texts() == []


def test_files_that_go_with_the_volume_they_are_on_stay_in_the_library(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    music, path = services.music, next(iter(services.files))
    music.mkdir()
    library.watching.close()
    library.watching.at([music])
    watcher = library.watching._watcher
    assert watcher is not None
    qtbot.waitUntil(lambda: watcher.places is not None)
    music.rename(music.with_name("mounted"))
    music.mkdir()  # another folder than the one that was watched
    with qtbot.waitSignal(library.bridge.changed):
        services.changes.append(path)
    qtbot.waitUntil(lambda: not services.changes and not library.bridge.busy)
    assert library.tracks.row(path) is not None
    assert services.missing == []


def test_a_drive_inside_a_folder_that_goes_and_comes_is_noticed(
    qtbot: QtBot, library: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "EVERY", 0.02)
    services.music.mkdir()
    library.watching.close()
    library.watching.at([services.music])
    for places in ([services.music / "usb"], []):
        sentry = library.watching._sentry
        assert sentry is not None
        qtbot.waitUntil(lambda sentry=sentry: sentry.before is not None)
        with qtbot.waitSignal(library.scan.ended):
            services.unplugged = places
    assert library.scan.roots == [services.music]


def test_a_drive_that_comes_while_folders_are_watched_anew_is_noticed(
    qtbot: QtBot, library: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "EVERY", 0.5)
    music = services.music
    music.mkdir(exist_ok=True)
    library.watching.close()
    library.watching.at([music])
    watcher, sentry = library.watching._watcher, library.watching._sentry
    assert watcher is not None
    assert sentry is not None
    qtbot.waitUntil(lambda: sentry.before is not None and watcher.places is not None)
    with qtbot.waitSignal(library.scan.ended):
        music.rename(music.with_name("away"))
        music.mkdir()
        library.watching.at([music])  # as when tracks are forgotten
        qtbot.waitUntil(lambda: library.watching._watcher is not watcher)


def test_a_drive_that_goes_and_comes_is_noticed_and_an_open_undo_follows(
    qtbot: QtBot, library: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(qtbot, library)
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    qtbot.waitUntil(lambda: library.archive.undoing.last is not None)
    library.archive.show_undo(1)
    panel = library.archive.page.reversal
    qtbot.waitUntil(panel.do.isEnabled)
    panel.model.toggle(panel.model.rowCount() - 1)
    assert panel.do.text() == "Put 3 files back"
    music = services.music
    music.mkdir(exist_ok=True)
    monkeypatch.setattr(watch, "EVERY", 0.02)
    library.watching.close()
    library.watching.at([music])
    sentry = library.watching._sentry
    assert sentry is not None
    qtbot.waitUntil(lambda: sentry.before is not None)
    services.gone.add(next(iter(services.files)))
    with qtbot.waitSignal(library.scan.ended):
        music.rename(music.with_name("unmounted"))
    qtbot.waitUntil(lambda: panel.do.isEnabled() and panel.do.text() == "Put 2 files back")
    services.gone.clear()
    with qtbot.waitSignal(library.scan.ended):
        music.with_name("unmounted").rename(music)
    qtbot.waitUntil(lambda: panel.do.isEnabled() and panel.do.text() == "Put 3 files back")


def test_a_file_that_is_no_music_is_a_failed_track_and_no_folder_that_is_away(
    qtbot: QtBot, library: Window, services: FakeServices, tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("no music")

    def scan(roots: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        yield FileFault(notes, "not audio, or damaged beyond reading")

    services.scan = scan  # type: ignore[method-assign]
    with qtbot.waitSignal(library.scan.ended):
        library.scan.open([notes])
    row = library.tracks.row(notes)
    assert row is not None
    assert row.state is State.FAILED
    assert not any("looked into" in text for text in library.library.banners.texts())


def test_a_scan_that_is_stopped_leaves_the_message_on_a_folder_that_is_away(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    def away(roots: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        yield FileFault(services.music, "no such file", absent=True)

    def stopped(roots: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        cancel.wait(10)
        yield from ()

    for scan in (away, stopped):
        services.scan = scan  # type: ignore[method-assign]
        with qtbot.waitSignal(library.scan.ended):
            library.actions_["rescan"].trigger()
            if scan is stopped:
                library.bridge.cancel()
    assert any("is not there" in text for text in library.library.banners.texts())


def test_a_file_that_was_opened_alone_is_no_folder(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    side, file = library.library.sidebar.side, next(iter(services.files))
    library.scan.open([file])
    texts = lambda: [side.index(n).data() for n in range(side.rowCount())]  # noqa: E731
    qtbot.waitUntil(lambda: "Files" in texts())
    assert texts()[-4:] == ["Folders", services.music.name, "Files", file.name]


def test_changes_by_other_programs_show_without_a_scan(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    services.music.mkdir(exist_ok=True)
    fresh, changed, *_ = services.music / "9 new.flac", *services.files
    gone = list(services.files)[1]
    for path in services.files:
        path.touch()
    fresh.touch()
    gone.unlink()
    services.files[fresh] = Track(fresh, FileStamp(1, 9, 9), 100.0, {Field.TITLE: ("Just in",)})
    old = services.files[changed]
    services.files[changed] = replace(
        old, tags={Field.TITLE: ("Retitled",)}, stamp=FileStamp(2, 2, 2), outside=True
    )
    services.changes += [fresh, changed, gone]
    qtbot.waitUntil(lambda: "Just in" in titles(library) and "Song 1" not in titles(library))
    qtbot.waitUntil(lambda: "Retitled" in titles(library))
    qtbot.waitUntil(lambda: library.tracks.counts()[State.CHANGED] == 1)
    said = "On disk: 1 changed; 6 tracks in the library"  # they come one by one, the last first
    services.files[changed] = replace(services.files[changed], stamp=FileStamp(3, 3, 3))
    services.changes.append(changed)
    qtbot.waitUntil(lambda: library.status.result.text() == said)
    row = library.tracks.row(fresh)
    assert row is not None
    assert row.state is State.NEW
    assert row.scores is None
    shown = library.tracks.row(changed)
    assert shown is not None
    qtbot.waitUntil(lambda: shown.scores is not None)
    tip = library.tracks.index(shown.place, Column.STATE).data(Qt.ItemDataRole.ToolTipRole)
    assert tip == "Another program changed the file since"


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ({"stamp": FileStamp(1, 8, 1)}, ""),
        ({"stamp": FileStamp(2, 8, 1)}, "On disk: 1 changed; 6 tracks in the library"),
        (
            {"stamp": FileStamp(1, 8, 1), "tags": {Field.TITLE: ("Other",)}},
            "On disk: 1 changed; 6 tracks in the library",
        ),
    ],
)
def test_a_file_that_only_got_other_times_is_not_told_as_changed(
    qtbot: QtBot, library: Window, services: FakeServices, now: dict[str, Any], said: str
) -> None:
    before = library.status.result.text()
    services.music.mkdir(exist_ok=True)
    path, old = next(iter(services.files.items()))
    path.touch()
    services.files[path] = replace(old, **now)
    was = library.tracks.row(path)
    assert was is not None and was.track is not None and was.track.stamp.size == 1
    library.watching.look([path])
    qtbot.waitUntil(
        lambda: (row := library.tracks.row(path)) is not None and row.track == services.files[path]
    )
    qtbot.waitUntil(lambda: not library.bridge.busy)
    assert library.status.result.text() == (said or before)


def test_a_selected_file_that_is_renamed_stays_selected(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    page, old = library.library, list(services.files)[1]
    services.music.mkdir(exist_ok=True)
    for path in services.files:
        path.touch()
    row = library.tracks.row(old)
    assert row is not None
    page.look_at(row)
    new = old.rename(old.with_name("zz renamed.flac"))
    known = services.files.pop(old)
    assert isinstance(known, Track)
    services.files[new] = replace(known, path=new)
    library.watching.look([old, new])
    qtbot.waitUntil(lambda: library.tracks.row(old) is None)
    qtbot.waitUntil(lambda: not library.bridge.busy)
    assert [chosen.path for chosen in page.selected()] == [new]
    assert page.row is not None and page.row.path == new


def test_new_music_is_listened_to_where_that_is_wanted(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    library.configure.put({"listening.new_music": True})
    services.music.mkdir(exist_ok=True)
    fresh = services.music / "9 new.flac"
    fresh.touch()
    services.files[fresh] = Track(fresh, FileStamp(1, 9, 9), 100.0, {})
    services.changes.append(fresh)
    qtbot.waitUntil(lambda: fresh in services.heard)
    qtbot.waitUntil(lambda: library.tracks.counts()[State.TO_REVIEW] == 1)


def test_a_folder_that_is_not_there_keeps_its_tracks(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    assert not services.music.exists()  # as a volume that was taken out
    services.changes.append(next(iter(services.files)))
    qtbot.waitUntil(lambda: not services.changes)
    qtbot.wait(200)
    assert len(library.tracks.rows()) == 6


def test_failed_stays_failed_after_a_scan_until_it_is_read_again(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    path = list(services.files)[4]
    row = library.tracks.row(path)
    assert row is not None
    assert (row.state, row.reason) == (State.FAILED, "the decoder gave up")
    pane = library.library.pane
    library.library.select(0)
    qtbot.waitUntil(lambda: pane.accept_all.text() != "Accept all")
    library.library.select(row.place)
    qtbot.waitUntil(lambda: pane.accept_all.text() == "Accept all")
    services.files[path] = replace(services.files[path], fault="the decoder gave up")
    library.actions_["rescan"].trigger()
    qtbot.waitUntil(lambda: not library.bridge.busy)
    assert (row.state, row.reason) == (State.FAILED, "the decoder gave up")
    assert library.tracks.tally().new == 0  # "Listen to all new" does not try it for ever
    services.files[path] = replace(services.files[path], fault="")
    library.library.select(row.place)
    library.actions_["read_again"].trigger()
    qtbot.waitUntil(lambda: row.state is State.NEW)


def gated_look(services: FakeServices) -> tuple[threading.Event, threading.Event]:
    """From now on a look begins, which the first event says, and waits for the second, or to be cancelled."""
    began, go_on, look = threading.Event(), threading.Event(), services.look

    def slowly(paths: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        if paths:
            began.set()
        while not go_on.wait(0.01):
            if cancel.is_set():
                return
        yield from look(paths, cancel)

    services.look = slowly  # type: ignore[method-assign]
    return began, go_on


def test_a_look_at_changed_files_and_a_write_never_run_at_once(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    first = next(iter(services.files))
    services.music.mkdir(exist_ok=True)
    first.touch()
    began, go_on = gated_look(services)
    library.watching.look([first])
    assert began.wait(5)
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    qtbot.wait(300)
    assert services.runs() == []  # what the look read before would replace what is known after
    go_on.set()
    qtbot.waitUntil(lambda: not library.bridge.busy)
    assert services.runs()[0].files == 4
    row = library.tracks.row(first)
    assert row is not None
    assert row.track == services.files[first]
    assert row.state is State.WRITTEN


def test_a_folder_that_came_keeps_no_other_question_waiting_and_can_be_cancelled(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    folder = services.music / "new"
    folder.mkdir(parents=True)
    services.files[folder] = Track(folder / "song.flac", FileStamp(1, 9, 9), 100.0, {})
    began, go_on = gated_look(services)
    library.watching.look([folder])
    assert began.wait(5)
    answers: list[int] = []
    library.bridge.ask("other", lambda: 1, answers.append)
    qtbot.waitUntil(lambda: answers == [1], timeout=2000)
    qtbot.waitUntil(library.status.job.isVisible, timeout=2000)
    assert library.status.title.text() == "Looking at changes"
    library.status.cancel.click()
    qtbot.waitUntil(lambda: not library.bridge.busy)
    work = library.bridge.past[0]
    assert work.outcome == "Stopped after 0 tracks that changed"
    assert work.retry is not None
    go_on.set()
    work.retry()
    qtbot.waitUntil(lambda: library.bridge.past[0].outcome == "Looked at 1 track that changed")
    qtbot.waitUntil(lambda: "On disk: 1 new" in library.status.result.text())
    qtbot.waitUntil(lambda: not library.bridge.busy)
    past = list(library.bridge.past)
    library.watching.look([folder])
    assert library.bridge.busy
    qtbot.waitUntil(lambda: not library.bridge.busy)
    assert list(library.bridge.past) == past, "nothing was other than the library knows"


def test_a_file_that_was_written_keeps_its_own_decisions_when_it_is_looked_at(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    listen(qtbot, library)
    first = next(iter(services.files))
    row = library.tracks.row(first)
    assert row is not None and row.scores is not None
    services.music.mkdir(exist_ok=True)
    first.touch()
    # The row may be ahead of the store, where a decision is still to be kept.
    services.keep_said([(row.scores.track_id, first, {"rock": Verdict.REJECTED}, True)])
    ask_to_write_all(library)
    qtbot.waitUntil(library.panels.write.write.isEnabled)
    library.panels.write.confirm()
    qtbot.waitUntil(lambda: row.state is State.WRITTEN and not library.bridge.busy)
    began, go_on = gated_look(services)
    library.watching.look([first])
    assert began.wait(5)
    go_on.set()
    qtbot.waitUntil(lambda: not library.bridge.busy)
    assert (row.verdicts, row.mark, row.state) == ({}, False, State.WRITTEN)


def test_decisions_come_with_a_file_that_was_copied_before_it_went(
    qtbot: QtBot, library: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen(qtbot, library)
    services.music.mkdir(exist_ok=True)
    gone, heir, decided = [row for row in library.tracks.rows() if row.scores is not None][:3]
    library.review.decide([decided], {"guitar": Verdict.ACCEPTED})
    qtbot.waitUntil(lambda: not library.bridge.busy)
    assert heir.scores is not None
    assert decided.scores is not None
    for row in (heir, decided):
        services.kept[row.scores.track_id] = {"rock": Verdict.REJECTED}  # type: ignore[union-attr]
    order: list[str] = []
    look = services.look

    def looks(paths: Sequence[Path], cancel: threading.Event) -> Iterator[Track | FileFault]:
        order.append("what came")
        return look(paths, cancel)

    def heirs(lost: Sequence[Path]) -> list[Track | None]:
        order.append("what was there")
        return [heir.track, decided.track] if lost == [gone.path] else []

    monkeypatch.setattr(services, "look", looks)
    monkeypatch.setattr(services, "heirs", heirs)
    came = services.music / "came.mp3"
    came.touch()
    library.watching.look([gone.path, came])
    qtbot.waitUntil(lambda: heir.verdicts == {"rock": Verdict.REJECTED}, timeout=5000)
    assert library.tracks.row(gone.path) is None
    assert decided.verdicts == {"guitar": Verdict.ACCEPTED}
    assert order == ["what came", "what was there"]


def test_a_look_at_a_few_files_is_not_told_of_and_not_lost_when_work_is_cancelled(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    services.music.mkdir(exist_ok=True)
    fresh = services.music / "9 new.flac"
    fresh.touch()
    services.files[fresh] = Track(fresh, FileStamp(1, 9, 9), 100.0, {Field.TITLE: ("Just in",)})
    began, go_on = gated_look(services)
    library.watching.look([fresh])
    assert began.wait(5)
    qtbot.wait(700)
    assert library.status.job.isHidden()
    library.bridge.cancel()
    go_on.set()
    qtbot.waitUntil(lambda: "Just in" in titles(library))
    assert [work.title for work in library.bridge.past] == ["Scanning"]


def test_a_folder_that_comes_back_and_a_watch_that_failed_are_taken_up_again(
    qtbot: QtBot, library: Window, services: FakeServices
) -> None:
    starts: list[int] = []
    watch, fail = services.watch, [True]

    def counted(roots: Sequence[Path], stop: threading.Event) -> Iterator[list[Path]]:
        starts.append(len(starts))
        if fail:
            raise OSError("too many folders")
        return watch(roots, stop)

    def scanned() -> None:
        with qtbot.waitSignal(library.scan.ended):
            library.actions_["rescan"].trigger()
        qtbot.wait(200)

    services.watch = counted  # type: ignore[method-assign]
    services.music.mkdir()  # it was not there when the watch began
    scanned()
    assert len(starts) == 1
    assert "too many folders" in library.library.banners.texts()[-1]
    fail.clear()
    scanned()
    assert len(starts) == 2
    scanned()
    assert len(starts) == 2  # nothing came or went


def test_the_switch_for_listening_to_new_music_is_remembered(library: Window) -> None:
    action = library.actions_["listen_new"]
    assert action.isCheckable()
    assert not action.isChecked()
    action.trigger()
    assert library.configure.now.new_music
    assert action in next(m for m in library.menuBar().actions() if m.text() == "Tracks").menu().actions()
    Watch(library.desk, library.configure, lambda _: None).connect_actions(library.actions_)
    assert action.isChecked()
    library.configure.put({"listening.new_music": False})
    assert not action.isChecked()


def test_a_folder_can_be_scanned_again_and_shown(
    qtbot: QtBot, library: Window, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[Path] = []
    monkeypatch.setattr(opening, "open_place", lambda desk, path: shown.append(path))
    sidebar = library.library.sidebar
    sidebar.shown.emit(services.music)
    assert shown == [services.music]
    sidebar.rescanned.emit(services.music)
    assert [work.title for work in library.bridge.jobs] == ["Scanning"]


def test_a_second_look_at_the_folders_leaves_the_page_that_is_in_view(qtbot: QtBot, library: Window) -> None:
    for look in (library.actions_["rescan"].trigger, lambda: library.watching.moved.emit(library.scan.roots)):
        for name in ("review", "history"):
            library.pages.show(name)
            with qtbot.waitSignal(library.scan.ended):
                look()
            assert library.pages.current.name == name
