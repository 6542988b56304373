"""The item models keep Qt's contract and give full phrases to screen readers."""

from __future__ import annotations

import errno
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from mat_desktop.app.decide import TagSum
from mat_desktop.domain.plan import Change, FilePlan, Policy
from mat_desktop.domain.query import In, Vocabulary, parse
from mat_desktop.domain.reversal import RunKind
from mat_desktop.domain.scheme import DisplayTag
from mat_desktop.domain.scores import Suggestion, Verdict
from mat_desktop.domain.tags import Category, Field
from mat_desktop.domain.track import FileStamp, Track
from mat_desktop.errors import FileFault
from mat_desktop.gui import words
from mat_desktop.gui.models import arrange
from mat_desktop.gui.models.arrange import Wanted, ordered
from mat_desktop.gui.models.columns import Column
from mat_desktop.gui.models.history import HistoryModel
from mat_desktop.gui.models.plan import PlanModel
from mat_desktop.gui.models.row import Arrived, Chosen, Problem, Row, State
from mat_desktop.gui.models.tags import TagsModel
from mat_desktop.gui.models.together import Share, Sums
from mat_desktop.gui.models.tracks import TracksModel
from mat_desktop.gui.operations.arrive import rows_of
from mat_desktop.gui.theme import appearance, current
from mat_desktop.gui.views.history import sign
from mat_desktop.gui.views.problems import ProblemsModel
from mat_desktop.gui.widgets.changes import marks_html, new_html
from mat_desktop.gui.widgets.delegates import in_two, text_width
from mat_desktop.gui.widgets.dock import most_telling
from mat_desktop.gui.widgets.pane import Pane, how_sure
from mat_desktop.gui.widgets.pieces import fitting, flow, new_pieces, old_pieces
from mat_desktop.gui.widgets.plan_table import PlanTable
from mat_desktop.gui.widgets.sidebar import ITEM_ROLE, SideModel
from mat_desktop.store.journal import Run
from tests.gui.double import FakeServices

Role = Qt.ItemDataRole


def filled(services: FakeServices, qtmodeltester: ModelTester) -> TracksModel:
    model = TracksModel(services.suggest)
    qtmodeltester.check(model)
    model.add(services.scan([], threading.Event()))
    for heard in services.score(list(services.files.values())[:4], threading.Event()):
        assert not isinstance(heard, FileFault)
        chosen = Chosen.of(services.suggest(heard.scores, {}, 0.0), 0.0)
        model.hear([Arrived(heard.path, heard.scores, {}, chosen)])
    return model


@pytest.mark.parametrize("blank", [(), (" ",)])
def test_an_empty_cell_is_not_silent(
    services: FakeServices, qtmodeltester: ModelTester, blank: tuple[str, ...]
) -> None:
    first = next(iter(services.files.values()))
    services.files[first.path] = replace(first, tags={Field.TITLE: ("Song",), Field.ARTIST: blank})
    model = filled(services, qtmodeltester)
    row = next(n for n in range(model.rowCount()) if model.index(n, Column.TITLE).data() == "Song")
    assert model.index(row, Column.ARTIST).data(Role.AccessibleTextRole) == "artist empty"
    assert model.index(row, Column.YEAR).data(Role.AccessibleTextRole) == "year empty"


def test_tracks(services: FakeServices, qtmodeltester: ModelTester) -> None:
    model = filled(services, qtmodeltester)
    assert model.rowCount() == 6
    assert model.index(0, Column.LENGTH).data() == "3:20"
    phrase = model.index(0, Column.SUGGESTED).data(Role.AccessibleTextRole)
    assert phrase == "suggested rock, indie, energetic and 4 more"
    assert model.index(0, Column.STATE).data(Role.AccessibleTextRole) == "To review"
    model.sort(Column.TITLE, Qt.SortOrder.DescendingOrder)
    assert model.at(0).title == "Song 4"  # type: ignore[union-attr]
    model.sort(Column.SUGGESTED)
    model.sort(-1)
    assert [row.path.name[0] for row in model.shown()] == list("012345")
    model.filter(parse("ferries song 2", Vocabulary({}, [])))
    assert [row.title for row in model.shown()] == ["Song 2"]
    model.filter(None, State.FAILED)
    assert [row.reason for row in model.shown()] == ["the file ends early"]
    model.filter(None, None, services.music)
    assert model.rowCount() == 6
    assert model.count_under(services.music) == 6


def test_tracks_that_a_second_scan_finds_changed_are_new(
    services: FakeServices, qtmodeltester: ModelTester
) -> None:
    model = filled(services, qtmodeltester)
    path = next(iter(services.files))
    model.add([services.files[path]])
    row = model.row(path)
    assert row is not None
    assert row.scores is not None
    model.add([Track(path, FileStamp(2, 2, 2), 100.0, {Field.TITLE: ("Other",)})])
    assert (row.title, row.scores, row.state) == ("Other", None, State.NEW)
    model.add([FileFault(path, "gone")])
    assert row.state is State.FAILED
    assert model.rowCount() == 6


def test_a_name_that_is_not_text_is_shown_escaped(services: FakeServices) -> None:
    model = TracksModel(services.suggest)
    model.add([FileFault(Path("/music/bad\udce9\n.mp3"), "no")])
    assert model.index(0, Column.TITLE).data() == "bad\\xe9\\n.mp3"


def test_the_last_verdict_makes_a_track_reviewed(services: FakeServices, qtmodeltester: ModelTester) -> None:
    model = filled(services, qtmodeltester)
    row = model.rows()[0]
    first, *others = [s.tag.name for s in model.suggestions(row) if s.suggested]

    def say(verdicts: dict[str, Verdict]) -> State:
        said = {**row.verdicts, **verdicts}
        after = Chosen.of(services.suggest(row.scores, said, model.shift), model.shift)  # type: ignore[arg-type]
        model.decide([(row, verdicts, row.done_after(verdicts, after))])
        return row.state

    assert say(dict.fromkeys(others, Verdict.REJECTED)) is State.TO_REVIEW
    assert say({first: Verdict.ACCEPTED}) is State.REVIEWED
    assert say({first: Verdict.UNDECIDED}) is State.TO_REVIEW
    assert first not in row.verdicts
    row.mark = True  # the user marked it
    assert say({others[0]: Verdict.ACCEPTED}) is State.REVIEWED, "said more of it, took nothing back"


def test_a_track_is_reviewed_whatever_the_slider_suggests(
    services: FakeServices, qtmodeltester: ModelTester
) -> None:
    model = filled(services, qtmodeltester)
    done, waits = model.rows()[:2]
    names = [s.tag.name for s in model.suggestions(done) if s.suggested]
    model.decide([(done, dict.fromkeys(names, Verdict.ACCEPTED), True)])
    for shift in (-4.0, 8.0):
        model.shift = shift
        model.weigh([(row, row.edition, row.chosen(services.suggest, shift)) for row in (done, waits)])
        assert (done.state, waits.state) == (State.REVIEWED, State.TO_REVIEW)


def test_what_was_weighed_before_a_decision_does_not_undo_it(
    services: FakeServices, qtmodeltester: ModelTester
) -> None:
    model = filled(services, qtmodeltester)
    row = model.rows()[0]
    model.weigh_anew()
    edition, before = row.edition, row.chosen(services.suggest, model.shift)  # a worker looks at it now
    name = before.tags[0].tag.name
    model.decide([(row, {name: Verdict.REJECTED}, None)])
    model.weigh([(row, edition, before)])
    assert name not in [s.tag.name for s in model.chosen(row)]


def test_a_written_track_is_that_until_something_else_is_decided(
    services: FakeServices, qtmodeltester: ModelTester
) -> None:
    model = filled(services, qtmodeltester)
    row = model.rows()[0]
    assert row.track is not None
    kept, left = [s.tag for s in model.suggestions(row) if s.suggested][:2]
    track = replace(row.track, tags={**row.track.tags, Field.MAT_TAGS: (kept.key,)})
    model.refreshed(track)

    def say(verdicts: dict[str, Verdict]) -> State:
        model.decide([(row, verdicts, True)])
        now = row.state
        model.refreshed(track)  # as after a restart
        assert row.state is now
        return now

    assert say({kept.name: Verdict.ACCEPTED}) is State.WRITTEN
    assert say({left.name: Verdict.REJECTED}) is State.WRITTEN
    assert say({left.name: Verdict.ACCEPTED}) is State.REVIEWED
    assert say({left.name: Verdict.UNDECIDED, kept.name: Verdict.REJECTED}) is State.REVIEWED


def test_a_conflict_is_told_until_somebody_looks(services: FakeServices, qtmodeltester: ModelTester) -> None:
    model = filled(services, qtmodeltester)
    row = model.rows()[0]
    assert row.track is not None
    model.mark([row], State.CONFLICT, "changed since")
    stamp = replace(row.track.stamp, mtime_ns=row.track.stamp.mtime_ns + 1)
    theirs = replace(row.track, stamp=stamp, outside=True)
    model.add([theirs])  # the watcher
    assert (row.track, row.state, row.reason) == (theirs, State.CONFLICT, "changed since")
    model.add([theirs], again=True)
    assert (row.state, row.reason) == (State.CHANGED, "")


@pytest.mark.parametrize("aside", [State.CHANGED, State.CONFLICT, State.FAILED])
def test_what_happened_to_a_file_leaves_where_it_stands(
    services: FakeServices, qtmodeltester: ModelTester, aside: State
) -> None:
    """It is to be reviewed, or reviewed, as before: counts, filter and search say so."""
    model = filled(services, qtmodeltester)
    row = model.rows()[0]
    total, waiting, others = model.tally().total, model.counts()[State.TO_REVIEW], model.counts()[aside]
    model.mark([row], aside, "the disk is full")
    assert (row.state, row.standing) == (aside, State.TO_REVIEW)
    assert (model.counts()[State.TO_REVIEW], model.counts()[aside]) == (waiting, others + 1)
    assert model.tally().total == total
    model.filter(state=State.TO_REVIEW)
    assert row in model.shown()
    model.filter(query=In((State.TO_REVIEW,)))
    assert row in model.shown()
    row.mark = True
    model.mark([row], aside, "the disk is full")
    assert (model.counts()[State.TO_REVIEW], model.counts()[State.REVIEWED]) == (waiting - 1, 1)
    model.decide([(row, {}, False)])  # counted one by one again
    counts = model.counts()
    assert (counts[State.TO_REVIEW], counts[State.REVIEWED], counts[aside]) == (waiting, 0, others)
    model.mark([row], State.FAILED, "no such file", absent=True)
    assert row.standing is State.FAILED, "it waits for its drive"


def test_a_decision_on_a_taught_tag_alone_reviews_nothing(
    services: FakeServices, qtmodeltester: ModelTester
) -> None:
    model = filled(services, qtmodeltester)
    row = model.rows()[0]
    model.shift = 8.0  # nothing is suggested any more
    model.decide([(row, {"dungeon synth": Verdict.ACCEPTED}, None)])
    assert not [s for s in model.suggestions(row) if s.suggested]
    assert row.state is State.TO_REVIEW


def test_tags(services: FakeServices, qtmodeltester: ModelTester) -> None:
    tracks = filled(services, qtmodeltester)
    model = TagsModel()
    qtmodeltester.check(model)
    model.show(tracks.suggestions(tracks.rows()[0]), False)
    assert model.numbered(1).tag.name == "rock"  # type: ignore[union-attr]
    assert model.numbered(9) is None
    place = model.place("rock")
    assert model.index(place).data(Role.AccessibleTextRole) == "rock, suggested, score 0.91, key 1"
    assert model.index(0).data() == "Genre"
    assert not model.index(0).flags() & Qt.ItemFlag.ItemIsSelectable


def test_plan(services: FakeServices, qtmodeltester: ModelTester) -> None:
    tracks = filled(services, qtmodeltester)
    plans = [services.plan_file(row.track, tracks.suggestions(row)) for row in tracks.rows()[:3] if row.track]
    model = PlanModel()
    qtmodeltester.check(model)
    model.show([plan for plan in plans if plan is not None])
    assert len(model.files) == 3
    model.toggle(0)  # the folder
    assert (len(model.files), model.left_out) == (0, 3)
    model.toggle(1)
    assert len(model.files) == 1
    model.filter(lambda line: line.replaces)
    assert model.rowCount() == 0
    model.filter(None)
    assert "will be written" in model.index(1, 0).data(Role.AccessibleTextRole)


def test_history(qtmodeltester: ModelTester) -> None:
    now = datetime.now(UTC)
    runs = [
        Run(4, now, "undo of run 3", 1, 2, RunKind.UNDO, undo_of=3, reverted=2),
        Run(3, now, "undo of run 1", 2, 4, RunKind.UNDO, undo_of=1),
        Run(2, now, "Double", 1, 2),
        Run(1, now - timedelta(days=1), "Double", 2, 4, reverted=4),
    ]
    model = HistoryModel()
    qtmodeltester.check(model)
    model.show(runs)

    def listed() -> dict[int, str]:
        entries = [model.entry(row) for row in range(model.rowCount())]
        return {entry.run.id: entry.offer for entry in entries if entry is not None and entry.run is not None}

    assert listed() == {4: "", 3: "Redo", 2: "Undo", 1: "Redo"}
    texts = [model.index(row).data() for row in range(model.rowCount())]
    assert "Took back 2 files" in texts
    assert "Took back 1 file, redone" in texts
    assert "Wrote 2 files, undone" in texts
    assert model.row(1) == model.rowCount() - 1
    model.filter("counting")
    assert list(listed()) == [3, 2]
    model.filter("written")
    assert list(listed()) == [2, 1]


def test_runs_that_did_a_part_warn() -> None:
    now = datetime.now(UTC)
    cases = {
        "Wrote 6 of 9 files": (Run(1, now, "Double", 6, 6, planned=9), "triangle-alert"),
        "Took back 4 of 6 files": (
            Run(2, now, "", 4, 4, RunKind.UNDO, undo_of=1, planned=6),
            "triangle-alert",
        ),
        "Took back 6 files": (Run(3, now, "", 6, 6, RunKind.UNDO, undo_of=1, planned=6), "undo-2"),
        "Wrote 6 of 9 files, undone": (Run(4, now, "", 6, 6, reverted=6, planned=9), "undo-2"),
        "Wrote 9 files": (Run(5, now, "", 9, 9, planned=9), "circle-check"),
        "Took back 2 of 9 files": (Run(7, now, "", 2, 2, RunKind.UNDO, undo_of=6, planned=9), "undo-2"),
        "Wrote 9 files, undone": (Run(6, now, "", 9, 9, reverted=9, planned=9), "undo-2"),
    }
    model = HistoryModel()
    model.show([run for run, _ in cases.values()])
    entries = [model.entry(row) for row in range(model.rowCount())]
    signs = {entry.title: sign(entry)[0] for entry in entries if entry is not None and entry.run is not None}
    assert signs == {title: icon for title, (_, icon) in cases.items()}


def test_small_models(services: FakeServices, qtmodeltester: ModelTester) -> None:
    tracks = filled(services, qtmodeltester)
    problems = ProblemsModel()
    qtmodeltester.check(problems)
    bad = [row for row in tracks.rows() if row.state is State.FAILED]
    problems.show([Problem(row.path, row.state, row.reason) for row in bad])
    assert problems.rowCount() == 1
    side = SideModel()
    qtmodeltester.check(side)
    side.show(6, tracks.counts(), [(services.music, 6)])
    assert side.index(0).data(Role.AccessibleTextRole) == "All tracks, 6 tracks"


def test_words() -> None:
    assert words.clock(None) == "–"
    assert words.clock(3661) == "1:01:01"
    assert words.plural(1, "file") == "1 file"
    assert words.plural(0, "file") == "0 files"
    assert words.time_left(5) == "a few seconds left"
    assert words.time_left(600) == "10 min left"
    assert [words.took(s) for s in (0.4, 12.2, 200, 9000)] == ["0.4 s", "12 s", "3 min", "2.5 h"]
    assert words.day(datetime.now(UTC)) == "Today"


def test_folders_at_home_are_called_as_people_call_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert words.place(tmp_path / "Music" / "Jazz") == str(Path("~", "Music", "Jazz"))
    assert words.place(tmp_path.parent / "Music") == str(tmp_path.parent / "Music")
    assert words.place(tmp_path) == str(tmp_path)


def test_files_that_a_whole_scan_did_not_find_again_leave_the_table(
    services: FakeServices, qtmodeltester: ModelTester
) -> None:
    model = filled(services, qtmodeltester)
    rows = model.rows()
    folder = rows[0].path.parent
    kept = {row.where for row in rows[::2]}
    expected = {row.path for row in rows if row.where in kept or row.path.parent != folder}
    model.forget_missing([folder], kept)
    assert {row.path for row in model.rows()} == expected
    assert model.tally().total == model.rowCount() == len(expected) < len(rows)
    assert [model.place(row.path) for row in model.shown()] == list(range(len(expected)))
    model.forget_missing([folder / "other"], set())
    assert model.rowCount() == len(expected)


@pytest.mark.parametrize(
    ("state", "reason"),
    [(State.CONFLICT, "the file is gone"), (State.FAILED, os.strerror(errno.ENOENT))],
)
def test_a_row_whose_drive_is_back_is_what_it_was(
    services: FakeServices, qtmodeltester: ModelTester, state: State, reason: str
) -> None:
    model = filled(services, qtmodeltester)
    away, other = model.rows()[:2]
    before, scores = away.state, away.scores
    model.mark([away], state, reason, absent=True)
    model.mark([other], state, "another program changed the file")
    tracks = [track for row in (away, other) if (track := row.track) is not None]
    found = [item for item in rows_of(services, tracks, 0.0, model.row) if isinstance(item, Row)]
    model.add(found)
    assert (away.state, away.reason, away.scores) == (before, "", scores)
    assert other.state is state, "what else happened is told until somebody looks"


def test_what_is_gone_leaves_the_table_whether_file_or_folder(
    services: FakeServices, qtmodeltester: ModelTester
) -> None:
    model = TracksModel(services.suggest)
    model.add(
        Row.of(Track(Path(f"/m/a{n // 10}/cd/{n:03}.flac"), FileStamp(1, n, n), 10.0, {})) for n in range(100)
    )
    model.settle()
    qtmodeltester.check(model)
    rows = model.rows()
    assert model.count_under(Path("/m/a3")) == 10
    seen = QPersistentModelIndex(model.index(rows[99].place, 0))
    odd = [row.path for row in rows[:20:2]]
    model.forget([*odd, Path("/m/a3"), Path("/m/a4/cd"), Path("/m/a5/cover.jpg"), Path("/m/a")])
    left = [row for row in rows if row.path.parts[2] not in ("a3", "a4") and row.path not in odd]
    assert model.shown() == model.rows() == left
    assert [row.place for row in left] == list(range(len(left)))
    assert rows[30].place == -1
    assert model.tally().total == model.tally().new == len(left)
    assert (model.count_under(Path("/m/a3")), model.count_under(Path("/m/a0"))) == (0, 5)
    assert seen.isValid()  # what is selected stays selected
    assert model.at(seen) is rows[99]


def test_a_heading_says_why_a_tag_over_its_threshold_is_not_suggested() -> None:
    model = TagsModel()
    limit = "at most 1 is suggested"
    model.show((suggestion("rock", 0.9), suggestion("indie", 0.8, suggested=False, left_out=limit)), False)
    assert model.index(0).data() == "Genre"
    assert model.index(0).data(Role.AccessibleTextRole) == f"Genre, likely too, but {limit}: indie"
    others = [suggestion(name, 0.8, suggested=False, left_out=limit) for name in ("indie", "pop", "folk")]
    model.show((suggestion("rock", 0.9), *others), False)
    row = model.row(0)
    assert row is not None
    assert row.notes == [
        f"likely too, but {limit}: indie, pop, folk",
        "indie, pop, folk are likely too",
        "indie, pop and 1 more are likely too",
        "indie and 2 more are likely too",
        "3 more are likely too",
    ]
    unlikely = [replace(others[0], chance=0.02), replace(others[1], chance=0.3)]
    model.show((suggestion("rock", 0.9), *unlikely), False)
    row = model.row(0)
    assert row is not None
    assert row.notes == [f"left out, as {limit}: indie, pop", "2 more are left out"]
    model.show((suggestion("rock", 0.9), *unlikely, replace(others[2], chance=0.4)), False)
    row = model.row(0)
    assert row is not None
    assert row.notes[1:] == ["folk is likely too", "1 more is likely too"]
    model.show((suggestion("rock", 0.9),), False)
    assert model.index(0).data(Role.AccessibleTextRole) == "Genre"


def test_a_tag_that_is_written_only_when_accepted_says_so(qtmodeltester: ModelTester) -> None:
    model = TagsModel()
    party = replace(suggestion("rock", 0.9), chance=0.31)
    party = replace(party, tag=replace(party.tag, write=False))

    def said(s: Suggestion) -> tuple[str, str]:
        model.show((s,), False)
        return model.index(1).data(Role.AccessibleTextRole), model.index(1).data(Role.ToolTipRole)

    spoken, tip = said(party)
    assert "suggested, written only when you accept it" in spoken
    assert "written only when you accept it" in tip
    assert 0 < tip.index("about 3 in 10 such scores were right") < tip.index("score 0.90"), "the chance first"
    assert not any("written only" in text for text in said(replace(party, verdict=Verdict.ACCEPTED)))
    assert "hardly any such scores" in said(replace(party, chance=0.01))[1]
    mellow = replace(suggestion("mellow", 0.06), chance=0.01)
    assert "written only when you accept it" in said(mellow)[0] and not mellow.written
    assert replace(mellow, verdict=Verdict.ACCEPTED).written
    for written in (replace(mellow, chance=0.4), replace(mellow, chance=None), replace(mellow, own=True)):
        assert written.written and "written only" not in said(written)[0]
    pane = Pane((Field.MOOD, Field.GENRE), {Field.MOOD: Policy.APPEND, Field.GENRE: Policy.APPEND})
    track = Track(Path("/m/a.flac"), FileStamp(1, 1, 1), 9.0, {})
    pane.show_changes(track, (), {}, "", {Field.MOOD})
    shown = [pane.changes.blocks[field].new.text() for field in (Field.MOOD, Field.GENRE)]
    assert "not written unless accepted" in shown[0] and "nothing to add" in shown[1]


def test_how_sure_suggestions_are_is_said_of_those_that_are_undecided() -> None:
    tags = [replace(suggestion("rock", 0.9), chance=0.8), replace(suggestion("pop", 0.6), chance=0.4)]
    assert how_sure(tags, 0) == "2 suggested, about 6 in 10 right"
    tags[1] = replace(tags[1], verdict=Verdict.REJECTED)
    assert how_sure(tags, 0) == "1 of 2 undecided, about 8 in 10 right"
    tags[0] = replace(tags[0], verdict=Verdict.ACCEPTED)
    assert how_sure(tags, 0) == "2 suggested, all decided"
    assert how_sure((), 0) == how_sure((), 2.0) == "0 suggested"


def test_the_tags_stay_where_they_are_whatever_is_said_over_them(qtbot: QtBot) -> None:
    pane = Pane((), {})
    qtbot.addWidget(pane)
    pane.show()
    tags = [replace(suggestion(f"tag {n}", 0.9), chance=0.7) for n in range(7)]
    for wide in range(340, 480, 8):
        pane.resize(wide, 700)
        for _ in range(3):  # a layout that turns is settled a turn later
            QApplication.processEvents()
        tops = set()
        for decided in range(8):
            told = [replace(tag, verdict=Verdict.REJECTED) for tag in tags[:decided]] + tags[decided:]
            pane.show_question(tuple(told), 0.0, new_track=not decided)
            for _ in range(3):
                QApplication.processEvents()
            tops.add(pane.pages.y())
            assert text_width(pane.says.text(), 12, 400) <= pane.says.width()
        assert len(tops) == 1, wide


def test_shares_of_several_tracks_read_as_what_they_are() -> None:
    sums = Sums()
    sums.add(2, [TagSum(suggestion("rock", 0.9), 2, 1.8, 2, 2, 2, 0, 0)])
    sums.add(1, [TagSum(suggestion("rock", 0.1), 1, 0.1, 0, 0, 0, 0, 0)])
    together = sums.together()
    assert (together.suggested, together.undecided) == (2, 2)
    assert together.shares["rock"].short == "in 2 of 3"
    model = TagsModel()
    model.show(together.suggestions, False, together.shares)
    assert model.index(1).data(Role.AccessibleTextRole).startswith("rock, suggested, in 2 of 3 tracks")
    sums = Sums()
    sums.add(2, [TagSum(suggestion("rock", 0.9), 2, 1.8, 2, 0, 2, 2, 0)])
    sums.add(1, [TagSum(suggestion("rock", 0.1), 1, 0.1, 0, 0, 0, 0, 0)])
    together = sums.together()
    assert (together.suggested, together.undecided) == (2, 0)
    model.show(together.suggestions, False, together.shares)
    assert model.index(1).data(Role.AccessibleTextRole).startswith("rock, accepted, in 2 of 3 tracks")
    shares = [Share(have, 40_000).short for have in (0, 3, 12_000, 39_999, 40_000)]
    assert shares == ["in none", "in 1 %", "in 30 %", "in 99 %", "in all"]


def test_every_track_is_in_a_line_of_the_sidebar(services: FakeServices, qtmodeltester: ModelTester) -> None:
    model = filled(services, qtmodeltester)
    new = [row for row in model.rows() if row.is_new]
    model.mark(new, State.QUEUED)
    model.mark(model.rows()[:1], State.LISTENING)
    side = SideModel()
    side.show(model.tally().total, model.counts(), [])
    items = [side.index(place).data(ITEM_ROLE) for place in range(side.rowCount())]
    counts = {item.state: item.count for item in items if item.state is not None}
    assert counts[State.QUEUED] == len(new) + 1
    assert sum(counts.values()) == model.tally().total
    model.filter(None, State.QUEUED)
    assert model.rowCount() == counts[State.QUEUED]


def keys_of(model: TagsModel) -> dict[str, int]:
    """The digit key of each tag that has one, in the order shown."""
    rows = [row for place in model.tag_rows() if (row := model.row(place)) is not None]
    return {row.suggestion.tag.name: row.number for row in rows if row.suggestion is not None and row.number}


def test_digit_keys_are_in_the_order_shown_after_every_change() -> None:
    model = TagsModel()

    def numbers(*tags: Suggestion, new_track: bool = False) -> list[tuple[str, int]]:
        model.show(tags, True, new_track=new_track)
        return list(keys_of(model).items())

    rock, indie, pop = (suggestion(name, 0.9) for name in ("rock", "indie", "pop"))
    no_jazz = suggestion("jazz", 0.1, suggested=False)
    assert numbers(rock, no_jazz, indie, pop, new_track=True) == [("rock", 1), ("indie", 2), ("pop", 3)]
    jazz = replace(no_jazz, verdict=Verdict.ACCEPTED)  # added in its field
    assert numbers(jazz, rock, indie, pop) == [("jazz", 1), ("rock", 2), ("indie", 3), ("pop", 4)]
    assert numbers(rock, no_jazz, indie, pop) == [("rock", 1), ("indie", 2), ("pop", 3)], "undone"
    many = [replace(suggestion(f"tag {n}", -1.0), verdict=Verdict.ACCEPTED) for n in range(8)]
    assert [key for _, key in numbers(rock, indie, *many)] == list(range(1, 10)), "the tenth has none"


def test_what_was_just_decided_keeps_its_row_and_key() -> None:
    model = TagsModel()
    rock, indie, pop = (suggestion(name, 0.9) for name in ("rock", "indie", "pop"))
    fourth = suggestion("jazz", 0.9)
    model.show((rock, indie, pop, replace(fourth, suggested=False)), True)
    model.hold("indie", Verdict.ACCEPTED)
    yes, out = replace(indie, verdict=Verdict.ACCEPTED), replace(rock, suggested=False)
    model.show((yes, fourth, out, pop), True, new_track=False)  # they would stand in another order
    assert list(keys_of(model).items()) == [("rock", 1), ("indie", 2), ("pop", 3), ("jazz", 4)]
    model.hold("indie", Verdict.UNDECIDED)  # the same key again
    model.show((replace(indie, suggested=False), fourth, out, pop), True, new_track=False)
    assert list(keys_of(model).items()) == [("rock", 1), ("indie", 2), ("pop", 3), ("jazz", 4)]
    model.hold("pop", Verdict.ACCEPTED)
    model.show((fourth, rock, indie, pop), True, new_track=False)  # and that undone at once
    assert list(keys_of(model).items()) == [("jazz", 1), ("rock", 2), ("indie", 3), ("pop", 4)]
    no_rock = replace(rock, verdict=Verdict.REJECTED)
    model.show((fourth, no_rock, indie, pop), True, new_track=False)
    model.hold("pop", Verdict.ACCEPTED)
    model.show((fourth, no_rock, indie, replace(pop, verdict=Verdict.ACCEPTED)), True, new_track=False)
    model.show((fourth, out, indie, replace(pop, verdict=Verdict.ACCEPTED)), True, new_track=False)
    assert list(keys_of(model).items()) == [("jazz", 1), ("indie", 2), ("pop", 3)], "an earlier one undone"
    model.hold("pop", Verdict.ACCEPTED)
    model.show((replace(pop, verdict=Verdict.ACCEPTED), rock), True)
    assert list(keys_of(model).items()) == [("pop", 1), ("rock", 2)], "another track"


def test_digit_keys_are_dealt_anew_where_thresholds_or_the_known_tags_are_others() -> None:
    model = TagsModel()

    def numbers(*tags: Suggestion) -> list[int]:
        model.show(tags, True, new_track=False)
        return [row.number for place in model.tag_rows() if (row := model.row(place)) is not None]

    rock, indie, pop, mine = (suggestion(name, 0.9) for name in ("rock", "indie", "pop", "mine"))
    assert numbers(rock, indie, pop) == [1, 2, 3]
    model.hold("pop", Verdict.UNDECIDED)
    fewer = [replace(s, threshold=0.95, suggested=s is pop) for s in (rock, indie, pop)]
    assert numbers(*fewer) == [1, 0, 0], "pop is shown first, as it alone is suggested"
    assert numbers(*(replace(s, suggested=False, threshold=0.99) for s in fewer)) == [0, 0, 0]
    assert numbers(rock, mine, indie, pop) == [1, 2, 3, 4], "a tag was taught"


def test_rows_of_the_taggram_are_those_that_are_likely() -> None:
    tags = (
        suggestion("rock", 0.9, threshold=0.3),
        suggestion("indie", 0.2, threshold=0.3, suggested=False),
        suggestion("catchy", 0.001, threshold=0.002, suggested=False),  # near its threshold, and nothing
        suggestion("jazz", 0.05, threshold=0.3, suggested=False),
        suggestion("mine", 0.8, taught=True),
        suggestion("mine too", 0.4, suggested=False, taught=True),
    )
    assert [tags[place].tag.name for place in most_telling(tags, 14)] == ["rock", "indie", "jazz", "mine"]
    assert [tags[place].tag.name for place in most_telling(tags, 3)] == ["rock", "indie", "mine"]


def suggestion(
    name: str,
    score: float,
    *,
    threshold: float = 0.5,
    suggested: bool = True,
    left_out: str = "",
    taught: bool = False,
) -> Suggestion:
    tag = DisplayTag(name, Category.GENRE, (f"{'taught' if taught else 'mtat'}/{name}",), own=taught)
    return Suggestion(tag, score, threshold, suggested, left_out)


def test_a_plan_names_fields_that_come_with_the_changes(qtbot: QtBot) -> None:
    model = PlanModel()
    table = PlanTable(model)
    qtbot.addWidget(table)
    table.resize(1000, 300)
    table.show()
    stamp = FileStamp(0, 0, 0)
    adds, changes = Change(Field.MOOD, (), ("Happy",)), Change(Field.GENRE, ("Pop",), ("Rock",))
    with_note = FilePlan(Path("/m/a.wav"), stamp, (adds,), copied=(Field.ARTIST, Field.GENRE))
    model.show([with_note, FilePlan(Path("/m/b.wav"), stamp, (changes,))])
    note = "Its other fields are copied into the new tag: Artist, Genre"
    assert [model.index(row, 1).data() for row in range(model.rowCount())] == ["", "Mood", note, "Genre"]
    assert model.counts() == (1, 1) and model.picked_files == 2
    table.setCurrentIndex(model.index(2, 0))
    qtbot.keyClick(table, Qt.Key.Key_Return)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert [file.path.name for file in model.files] == ["b.wav"]
    table.grab()
    model.filter(lambda line: line.replaces)
    assert [model.index(row, 1).data() for row in range(model.rowCount())] == ["", "Genre"]
    model.filter(None)
    old = [FilePlan(Path(f"/m/{name}"), stamp, (adds,), told=("mood is so",), joins=True) for name in "ab"]
    model.show(old)
    lines = [model.index(row, 1).data() for row in range(model.rowCount())]
    assert lines[:3] == ["", "Mood", "Mood is so"] and lines[4:] == ["Mood", "Mood is so"]
    assert lines[3].startswith("An ID3v2.3 tag has no lists"), "once is enough"


def test_old_values_have_the_room_that_new_ones_leave(qtbot: QtBot) -> None:
    model = PlanModel()
    table = PlanTable(model)
    qtbot.addWidget(table)
    table.resize(1200, 400)
    table.show()

    def plan(before: tuple[str, ...], after: tuple[str, ...]) -> int:
        change = Change(Field.MAT_TAGS, before, after)
        model.show([FilePlan(Path("/m/a.flac"), FileStamp(0, 0, 0), (change,))])
        _, more = fitting(old_pieces(change), table.columnWidth(2) - 16)
        assert table.columnWidth(3) > 90
        return more

    assert plan(("genre:ambient", "genre:new age", "mood:relaxing"), ()) == 0
    assert plan(("genre:ambient", "genre:new age"), ("genre:ambient",)) == 0
    many = tuple(f"genre:number {n}" for n in range(30))
    plan(many, many[:-1])
    assert abs(table.columnWidth(2) - table.columnWidth(3)) < 20


def test_what_differs_is_not_among_the_values_without_room(qtbot: QtBot) -> None:
    kept = tuple(f"genre:number {n}" for n in range(9))
    added = Change(Field.MAT_TAGS, kept, (*kept, "mood:calm"))
    assert fitting(new_pieces(added), 300)[0][0] == "+ mood:calm"
    removed = Change(Field.MAT_TAGS, (*kept, "mood:calm"), kept)
    assert fitting(old_pieces(removed), 300)[0][0] == "mood:calm"
    model = PlanModel()
    table = PlanTable(model)
    qtbot.addWidget(table)
    table.resize(1080, 400)
    table.show()
    model.show([FilePlan(Path("/m/a.flac"), FileStamp(0, 0, 0), (added,))])
    assert table.columnWidth(0) == 180, "a short name keeps no room from values"
    model.show([FilePlan(Path(f"/m/{'a' * 90}.flac"), FileStamp(0, 0, 0), (added,))])
    assert table.columnWidth(0) == 310


def test_long_values_are_shown_whole_on_enter(qtbot: QtBot) -> None:
    values = tuple(f"instrument:number {n}" for n in range(30))
    model = PlanModel()
    table = PlanTable(model)
    qtbot.addWidget(table)
    table.resize(900, 400)
    table.show()
    change = Change(Field.MAT_TAGS, (), values)
    model.show([FilePlan(Path("/m/a.flac"), FileStamp(0, 0, 0), (change,))])
    table.setCurrentIndex(model.index(1, 0))
    usual = table.rowHeight(1)
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Return)
    places, high = flow(new_pieces(change), table.columnWidth(3) - 16)
    assert table.rowHeight(1) >= high > 3 * usual
    assert max(place.right() for place in places) <= table.columnWidth(3) - 16
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert table.rowHeight(1) == usual


def test_where_columns_are_narrow_new_values_stand_under_old_ones(qtbot: QtBot) -> None:
    values = tuple(f"genre:number {n}" for n in range(9))
    model = PlanModel()
    table = PlanTable(model)
    qtbot.addWidget(table)
    table.resize(560, 300)
    table.show()
    change = Change(Field.MAT_TAGS, values[:4], values[4:])
    model.show([FilePlan(Path(f"/m/{'long name ' * 6}.flac"), FileStamp(0, 0, 0), (change,), told=("so",))])
    assert table.isColumnHidden(3)
    assert table.rowHeight(1) > appearance.row, "two lines"
    assert fitting(old_pieces(change), table.columnWidth(2) - 16)[0][0] == values[0], "it is whole"
    assert model.headerData(2, Qt.Orientation.Horizontal, Qt.ItemDataRole.DisplayRole) == "Old, new"
    assert model.index(1, 2).data() == f"{'; '.join(values[:4])} → {'; '.join(values[4:])}"
    table.unfold(1)
    room = table.columnWidth(2) - 16
    assert table.rowHeight(1) >= flow(old_pieces(change), room)[1] + flow(new_pieces(change), room)[1]
    table.grab()
    table.resize(1400, 300)
    assert not table.isColumnHidden(3)
    assert {table.rowHeight(row) for row in range(3)} == {appearance.row}
    assert model.index(1, 2).data() == "; ".join(values[:4])


def test_a_text_in_two_lines_is_broken_between_words_and_cut_at_its_end() -> None:
    first, second = in_two("Electronic 🎹 music that has a constant melody.opus", 120)
    assert "Electronic 🎹 music that has".startswith(first)
    assert second.endswith("…")
    assert in_two("short", 120) == ("short", "")


def test_one_value_wider_than_its_column_is_broken() -> None:
    places, high = flow([("x" * 400, "text", False)], 300)
    assert places[0].width() == 300
    assert high > 60


def test_many_rows_are_sorted_as_few_are(services: FakeServices, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [Path(f"/music/{number * 7 % 50:02}.flac") for number in range(50)]
    rows = [Row.of(Track(path, FileStamp(1, 1, 1), 100.0 + n % 3, {})) for n, path in enumerate(paths)]
    wishes = [Wanted(), *(Wanted(sort=(Column.LENGTH, order)) for order in Qt.SortOrder)]
    at_once = [ordered(rows, wanted) for wanted in wishes]
    assert [row.path for row in at_once[0]] == sorted(paths)
    assert at_once[2] == sorted(rows, key=lambda row: row.seconds or 0.0, reverse=True)
    monkeypatch.setattr(arrange, "RUN", 7)
    assert [ordered(rows, wanted) for wanted in wishes] == at_once


@pytest.mark.parametrize(
    ("field", "before", "after", "tokens"),
    [
        (Field.MAT_TAGS, ("genre:rock",), ("genre:rock", "genre:fuzz"), ["text", "muted"]),
        (Field.GENRE, ("Rock",), ("Rock", "Fuzz"), ["positive", "muted"]),
        (Field.GENRE, ("Pop", "Rock"), ("Rock", "Fuzz"), ["warning", "muted"]),
    ],
)
def test_what_is_added_stands_out_from_what_was_there(
    field: Field, before: tuple[str, ...], after: tuple[str, ...], tokens: list[str]
) -> None:
    change = Change(field, before, after)
    assert [token for _, token, _ in new_pieces(change)] == tokens
    marks = field is Field.MAT_TAGS
    old, new = (marks_html(change) if marks else new_html(before, after)).split("</span>")[:2]
    assert (current().faint if marks else current().muted) in old
    assert getattr(current(), tokens[0]) in new


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([Change(Field.GENRE, ("Rock",), ("Rock", "Pop"))], "1 field, nothing removed"),
        ([Change(Field.GENRE, ("Rock",), ("Pop",))], "1 field, 1 replaced"),
        (
            [Change(Field.GENRE, ("Rock",), ()), Change(Field.MAT_TAGS, ("genre:rock",), ())],
            "2 fields, 1 removed",
        ),
        ([Change(Field.MAT_TAGS, ("genre:rock", "mood:calm"), ("mood:calm",))], "1 field, tags removed"),
        ([Change(Field.MAT_MODEL, ("old",), ("new",))], "1 field, nothing removed"),
    ],
)
def test_the_pane_says_what_goes(qtbot: QtBot, changes: list[Change], said: str) -> None:
    pane = Pane((Field.MOOD, Field.GENRE), {Field.MOOD: Policy.APPEND, Field.GENRE: Policy.APPEND})
    qtbot.addWidget(pane)
    pane.show_changes(Track(Path("/m/a.flac"), FileStamp(1, 1, 1), 9.0, {}), changes, {}, "", {Field.MOOD})
    assert pane.changes.summary.text() == said


def test_values_that_come_for_others_are_parted() -> None:
    assert "Dance</span>; <span" in new_html(("Electronic", "House"), ("Dance", "House"))


def test_a_field_that_loses_all_its_values_is_said_to_be_removed() -> None:
    assert "removed" in new_html(("Rock",), ())
