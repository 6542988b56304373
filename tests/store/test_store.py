from __future__ import annotations

import errno
import multiprocessing
import os
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from mat_desktop.domain.plan import Change
from mat_desktop.domain.reversal import RunKind
from mat_desktop.domain.scores import Scores, Verdict
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import FileStamp, Track, TrackId
from mat_desktop.errors import StoreFault
from mat_desktop.store.database import Database, reading, uri
from mat_desktop.store.decided import OfFile
from mat_desktop.store.health import look_at_journal, look_at_library
from mat_desktop.store.journal import EntryState, Journal, Song
from mat_desktop.store.library import KeptScores, Library
from mat_desktop.store.library_tables import MIGRATIONS

STAMP = FileStamp(1000, 123, 2**64 - 1)
CHANGE = Change(Field.GENRE, ("Rock",), ("Rock", "Ünder; pop"))


def track(path: Path, stamp: FileStamp = STAMP, genre: tuple[str, ...] = ("Rock", "Pop")) -> Track:
    return Track(path, stamp, 12.5, {Field.TITLE: ("Ä",), Field.GENRE: genre})


def kept(name: str = "id") -> KeptScores:
    return KeptScores(Scores("model", TrackId(name), 12.5, (0.25, 0.5)), b"\x01\x02", 1)


def test_tracks_come_back_as_they_were(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    odd = Path(os.fsdecode(b"/music/caf\xe9.mp3"))
    library.put_tracks([track(odd), track(tmp_path / "b.mp3")])
    assert library.track(odd) == track(odd)
    assert library.track(tmp_path / "c.mp3") is None


def test_features_stand_beside_the_scores(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    first, second = track(tmp_path / "a.mp3"), track(tmp_path / "b.mp3")
    library.put_tracks([first, second])
    library.put_scores(first.path, STAMP, replace(kept("a"), features=b"\x01\x02"))
    library.put_scores(second.path, STAMP, kept("b"))
    assert library.features("model") == [("a", b"\x01\x02")]
    assert library.features("other") == []
    assert library.without_features("model") == [second.path]
    found = library.scores(first, "model")
    assert found is not None
    assert found.features == b"\x01\x02"


def test_files_come_in_the_order_in_which_folders_are_shown(tmp_path: Path) -> None:
    library, root = Library(tmp_path / "library.db"), Path("/music")
    odd = Path(os.fsdecode(b"/music/caf\xe9.mp3"))
    paths = [root / "a" / "1.mp3", root / "a" / "2.mp3", root / "a (live)" / "1.mp3", root / "b.mp3", odd]
    library.put_tracks([track(path) for path in [*reversed(paths), Path("/music2/a.mp3"), Path("/a.mp3")]])
    library.put_scores(odd, STAMP, replace(kept("odd"), features=b"\x01\x02"))
    library.put_said([(TrackId("odd"), odd, {"rock": Verdict.REJECTED}, None)])
    numbers = library.numbers([root, root / "a"])
    assert [file.track for file in library.numbered(numbers, "model", features=True)] == [
        track(path) for path in paths
    ]
    *_, last = library.numbered(numbers, "model", features=True)
    assert (last.scores, last.features) == (kept("odd").scores, b"\x01\x02")
    assert (last.said.verdicts, last.said.mark) == ({"rock": Verdict.REJECTED}, False)
    *_, last = library.numbered(numbers, "other", features=False)
    assert (last.scores, last.features, last.said.verdicts) == (None, b"", {})
    assert [file.features for file in library.files([odd], "model", features=False)] == [b""]
    library.put_gone([root / "a"])
    assert len(library.numbers([root])) == 3
    assert library.gone() == set(paths[:2])
    assert library.numbers([]) == []


def test_files_that_are_gone_were_heard_by_nobody(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    there, gone = track(tmp_path / "a.mp3"), track(tmp_path / "b.mp3")
    there.path.touch()
    library.put_tracks([there, gone])
    library.put_scores(there.path, STAMP, kept("a"))
    library.put_scores(gone.path, STAMP, kept("b"))
    assert library.heard_by_model() == {"model": 1}


def test_a_file_that_was_away_did_not_fail_though_earlier_versions_kept_that(tmp_path: Path) -> None:
    path, own, away = tmp_path / "library.db", track(tmp_path / "a.mp3"), track(tmp_path / "b.mp3")
    library = Library(path)
    library.put_tracks([replace(own, fault="too short"), replace(away, fault=os.strerror(errno.ENOENT))])
    library.close()
    database = sqlite3.connect(path)
    database.execute(f"PRAGMA user_version = {len(MIGRATIONS) - 1}")
    database.close()
    library = Library(path)
    assert [library.tracks([p])[p].fault for p in (own.path, away.path)] == ["too short", ""]


def test_the_diagnosis_counts_the_files_that_are_there(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    there, failed, gone = (track(tmp_path / name) for name in ("a.mp3", "b.mp3", "c.mp3"))
    library.put_tracks([there, replace(failed, fault="the decoder gave up"), replace(gone, fault="too")])
    library.put_gone([gone.path])
    health = look_at_library(tmp_path / "library.db")
    assert health is not None
    assert (health.counts["tracks"], health.counts["failed"]) == (2, 1)


def test_what_a_tag_was_taught_by_is_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    yes, no = Verdict.ACCEPTED, Verdict.REJECTED
    library.add_verdicts("old", {TrackId("a"): yes, TrackId("b"): yes, TrackId("c"): no})
    library.add_verdicts("new", {TrackId("a"): no})
    for model in ("model", "other"):
        library.put_threshold(model, "old", 0.4)
    with pytest.raises(StoreFault):
        library.put_marks(["model"], "new", {TrackId("b"): None}, [], "old")  # type: ignore[dict-item]
    assert library.verdicts_on("new") == {"a": no}
    library.put_marks(["model"], "new", {TrackId("d"): yes}, [TrackId("c")], "old")
    assert library.verdicts_on("new") == {"a": yes, "b": yes, "d": yes}
    assert library.verdicts_on("old") == {}
    assert library.thresholds("model") == {"new": 0.4}
    assert library.thresholds("other") == {"old": 0.4}


def test_verdicts_on_one_tag(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    a = (TrackId("a"), Path("a"))
    library.put_said([(*a, {"rock": Verdict.ACCEPTED, "own": Verdict.REJECTED}, None)])
    library.add_verdicts("own", {TrackId("a"): Verdict.ACCEPTED, TrackId("b"): Verdict.REJECTED})
    assert library.verdicts_on("own") == {"a": Verdict.ACCEPTED, "b": Verdict.REJECTED}
    library.drop_tag("own")
    assert library.verdicts_on("own") == {}
    assert library.said([a])[0].verdicts == {"rock": Verdict.ACCEPTED}


def test_scores_belong_to_the_content(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    first = track(tmp_path / "a.mp3")
    library.put_tracks([first])
    library.put_scores(first.path, first.stamp, kept())
    assert library.scores(first, "model") == kept()
    assert library.scores(first, "another model") is None
    library.put_tracks([first])
    assert library.scores(first, "model") == kept(), "reading the same file again keeps its identity"

    ours = FileStamp(1100, 456, 7)
    library.rewritten(first, ours, [CHANGE])
    assert library.track(first.path) == track(first.path, ours, CHANGE.after)
    assert library.scores(track(first.path, ours), "model") == kept(), "our own write keeps it too"
    assert library.scores(first, "model") is None

    foreign = track(first.path, FileStamp(1100, 789, 7))
    library.put_tracks([foreign])
    assert library.scores(foreign, "model") is None, "another program may have changed the audio"


def test_a_second_copy_of_the_same_audio_shares_scores(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    a, b = track(tmp_path / "a.mp3"), track(tmp_path / "b.mp3")
    library.put_tracks([a, b])
    for one in (a, b):
        library.put_scores(one.path, one.stamp, kept())
    assert library.scores(a, "model") == library.scores(b, "model") == kept()


def test_verdicts(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    verdicts = {"rock": Verdict.ACCEPTED, "pop": Verdict.REJECTED, "jazz": Verdict.UNDECIDED}
    file = (TrackId("id"), Path("a.mp3"))
    library.put_said([(*file, verdicts, None)])
    assert library.said([file])[0].verdicts == {"rock": Verdict.ACCEPTED, "pop": Verdict.REJECTED}
    library.put_said([(*file, {"rock": Verdict.UNDECIDED, "jazz": Verdict.ACCEPTED}, None)])
    assert library.said([file])[0].verdicts == {"pop": Verdict.REJECTED, "jazz": Verdict.ACCEPTED}
    library.put_said([(*file, {}, None)])
    assert library.said([file])[0].verdicts == {"pop": Verdict.REJECTED, "jazz": Verdict.ACCEPTED}


def test_what_is_said_of_many_tracks_is_kept_together(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    a, b = (TrackId("a"), Path("a.mp3")), (TrackId("b"), Path("b.mp3"))
    library.put_said(
        [(*a, {"rock": Verdict.ACCEPTED}, frozenset({"pop"})), (*b, {"rock": Verdict.REJECTED}, None)]
    )
    assert library.said([b, a]) == [
        OfFile({"rock": Verdict.REJECTED}, False),
        OfFile({"rock": Verdict.ACCEPTED}, frozenset({"pop"})),
    ]
    library.put_said([(*a, {"rock": Verdict.UNDECIDED}, False), (*b, {}, True)])
    assert library.said([a, b]) == [OfFile(), OfFile({"rock": Verdict.REJECTED}, True)]


def test_roots(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    library.add_roots([tmp_path / "b", tmp_path / "a", tmp_path / "b"])
    assert library.roots() == [tmp_path / "a", tmp_path / "b"]


def test_a_field_that_was_as_it_should_be_is_no_field_of_the_run(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    path, idle = tmp_path / "a.mp3", Change(Field.INSTRUMENT, (), ())
    with journal.run("test", [path]) as run:
        entry = journal.intend(run, path, tmp_path / ".t", "old", "new", b"delta", [CHANGE, idle])
        journal.settle(entry, EntryState.WRITTEN)
    (done,) = journal.runs()
    assert (done.changes, done.fields) == (1, (Field.GENRE,))


def test_a_run_from_intention_to_undo(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    path, temp = tmp_path / "a.mp3", tmp_path / ".t"
    with journal.run("test", [path]) as run:
        assert journal.runs() == [], "a run without files is not history"
        entry = journal.intend(run, path, temp, "old", "new", b"delta", [CHANGE])
        (unfinished,) = journal.unfinished()
        assert (journal.delta(entry), unfinished.changes) == (b"delta", (CHANGE,))
        assert unfinished.state is EntryState.INTENDED
        journal.settle(entry, EntryState.WRITTEN)
    assert journal.unfinished() == []
    (done,) = journal.runs()
    assert (done.id, done.files, done.changes, done.planned, done.undone) == (run, 1, 1, 1, False)
    assert (done.fields, done.kind, done.undo_of) == ((Field.GENRE,), RunKind.WRITE, None)
    assert journal.own == [run]

    with journal.run("undo", [path], RunKind.UNDO, run) as undoing:
        back = journal.intend(
            undoing, path, temp, "new", "old", b"", [CHANGE.reversed()], reverses={Field.GENRE: [entry]}
        )
        assert journal.reverted([entry]) == set(), "it has not happened yet"
        journal.settle(back, EntryState.WRITTEN)
    newest, oldest = journal.runs()
    assert (newest.undo_of, newest.undone, oldest.undone, oldest.tried) == (run, False, True, None)
    journal.tried(undoing)
    assert [run.tried for run in journal.runs()] == [None, newest.started]
    assert journal.taking_back([entry, back]) == {(back, Field.GENRE)}


def test_what_counts_is_said_by_the_newest_write_that_happened(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    path = tmp_path / "a.mp3"
    mood = Change(Field.MOOD, (), ("Happy",))

    def write(changes: list[Change], state: EntryState, reverses: Mapping[Field, list[int]] = {}) -> int:
        with journal.run("", [path]) as run:
            entry = journal.intend(run, path, path, "", "", b"", changes, reverses=reverses)
            journal.settle(entry, state)
        return entry

    first = write([CHANGE, mood], EntryState.WRITTEN)
    write([mood.reversed()], EntryState.DROPPED, {Field.MOOD: [first]})
    assert journal.reverted([first]) == set()
    undo = write([mood.reversed()], EntryState.WRITTEN, {Field.MOOD: [first]})
    assert journal.reverted([first, undo]) == {(first, Field.MOOD)}
    assert journal.reverted_by(first, Field.GENRE) is None
    by = journal.reverted_by(first, Field.MOOD)
    assert by is not None
    assert by.id == undo
    redo = write([mood], EntryState.WRITTEN, {Field.MOOD: [undo]})
    assert journal.reverted([first, undo, redo]) == {(undo, Field.MOOD)}
    again = write([mood.reversed()], EntryState.WRITTEN, {Field.MOOD: [redo]})
    assert journal.reverted([first, undo, redo, again]) == {
        (first, Field.MOOD),
        (undo, Field.MOOD),
        (redo, Field.MOOD),
    }
    by = journal.reverted_by(first, Field.MOOD)
    assert by is not None
    assert by.id == again
    assert [entry.id for entry in journal.written_to([path])] == [first, undo, redo, again]
    assert journal.songs() == [Song(path, path)]
    newest, *_, oldest = journal.runs()
    assert (newest.reverted, oldest.reverted, oldest.changes) == (0, 1, 2)


def test_runs_are_listed_anew_after_another_process_wrote(tmp_path: Path) -> None:
    journal, other = Journal(tmp_path / "journal.db"), Journal(tmp_path / "journal.db")
    path = tmp_path / "a.mp3"
    for number, writer in enumerate((journal, other, journal), 1):
        with writer.run("", [path]) as run:
            writer.settle(writer.intend(run, path, path, "", "", b"", [CHANGE]), EntryState.WRITTEN)
        assert len(journal.runs()) == len(journal.runs()) == number
    journal.close()
    other.close()


def test_a_file_is_known_under_the_name_of_the_library_too(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    link, real = tmp_path / "link" / "a.mp3", tmp_path / "a.mp3"
    with journal.run("", [real]) as run:
        journal.intend(run, real, real, "", "", b"", [CHANGE], known=link)
    (entry,) = journal.unfinished()
    assert (entry.path, entry.known) == (real, link)


def test_a_journal_of_the_first_version_is_taken_over(tmp_path: Path) -> None:
    """Made by the program as it was then: each name says what was done to the file."""
    script = Path(__file__).with_name("journal_1.sql").read_text(encoding="utf-8")
    old = sqlite3.connect(tmp_path / "journal.db")
    old.executescript(script)
    old.close()
    journal = Journal(tmp_path / "journal.db")
    kinds = {run.id: (run.kind, run.undo_of, run.undone) for run in journal.runs()}
    assert kinds == {
        1: (RunKind.WRITE, None, False),
        2: (RunKind.WRITE, None, True),
        3: (RunKind.UNDO, 2, False),
        4: (RunKind.WRITE, None, False),
        5: (RunKind.UNDO, 4, True),
        6: (RunKind.REDO, 5, False),
        7: (RunKind.WRITE, None, False),
        8: (RunKind.UNDO, 7, False),
    }
    (partly,) = (run for run in journal.runs() if run.id == 7)
    assert (partly.changes, partly.reverted) == (2, 1)
    (undone,) = journal.written(2)
    assert journal.reverted([undone.id]) == {(undone.id, Field.GENRE)}
    assert journal.delta(undone.id).startswith(b"MATD")


def test_a_run_that_died_is_known_until_all_of_it_was_looked_at(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    odd = Path(os.fsdecode(b"/music/caf\xe9/a.mp3"))
    with journal.run("whole", [tmp_path / "a"]):
        pass
    with journal.run("died", [odd, tmp_path / "b.mp3"]) as run:
        entry = journal.intend(run, odd, odd, "", "", b"", [CHANGE])
    journal.close()

    again = Journal(tmp_path / "journal.db")
    assert again.interrupted() == [(run, tuple(sorted([odd.parent, tmp_path])))]
    assert [entry.path for entry in again.unfinished()] == [odd]
    again.close_interrupted(run, [])
    assert again.interrupted() == [(run, ())], "nobody knows yet whether that write happened"
    again.settle(entry, EntryState.WRITTEN)
    again.close_interrupted(run, [odd.parent])
    assert again.interrupted() == [(run, (odd.parent,))], "a folder could not be looked at"
    again.close_interrupted(run, [])
    assert again.interrupted() == []


def test_an_undo_is_no_try_while_a_write_of_its_run_is_unsettled(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    paths = [tmp_path / "a.mp3", tmp_path / "b.mp3"]
    with journal.run("", paths) as run:
        first, second = (journal.intend(run, path, path, "", "", b"", [CHANGE]) for path in paths)
        journal.settle(first, EntryState.WRITTEN)
    for state, tried in ((EntryState.INTENDED, False), (EntryState.WRITTEN, True)):
        journal.settle(second, state)
        with journal.run("", paths, RunKind.UNDO, run) as undoing:
            journal.tried(undoing)
        assert (journal.runs()[0].tried is not None) is tried
    journal.close()


def test_what_an_older_program_gave_up_is_looked_at_again(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    journal = Journal(path)
    files = [tmp_path / "a.mp3", tmp_path / "b.mp3"]
    with journal.run("", files) as run:
        lost, kept = (journal.intend(run, file, file, "", "", b"", [CHANGE]) for file in files)
        journal.settle(lost, EntryState.DROPPED)
        journal.settle(kept, EntryState.WRITTEN)
    with journal.run("stopped", files, RunKind.UNDO, run) as undoing:
        journal.tried(undoing)
    assert journal.interrupted() == []
    journal.close()
    database = sqlite3.connect(path)
    database.execute("ALTER TABLE entry DROP COLUMN copied")
    database.execute("DROP INDEX entry_by_sound")
    database.execute("ALTER TABLE entry DROP COLUMN sound")
    database.execute("ALTER TABLE run DROP COLUMN entire")
    database.execute("PRAGMA user_version = 2")
    database.close()

    journal = Journal(path)
    assert [entry.id for entry in journal.unfinished()] == [lost]
    assert [number for number, _ in journal.interrupted()] == [run]
    assert not journal.runs()[0].tried


def test_the_journal_is_fully_synchronous(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    assert journal._database.rows("PRAGMA synchronous") == [(2,)]
    assert journal._database.rows("PRAGMA journal_mode") == [("wal",)]


def test_what_raises_is_rolled_back(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db", ["CREATE TABLE t (x)"], "NORMAL")
    with pytest.raises(RuntimeError), database.transaction() as db:
        db.execute("INSERT INTO t VALUES (1)")
        raise RuntimeError
    assert database.rows("SELECT * FROM t") == []


def test_migrations_go_forward_and_never_back(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    Database(path, ["CREATE TABLE t (x); INSERT INTO t VALUES (1)"], "NORMAL").close()
    steps = ["CREATE TABLE t (x)", "ALTER TABLE t ADD COLUMN y"]
    assert Database(path, steps, "NORMAL").rows("SELECT x, y FROM t") == [(1, None)]
    with pytest.raises(StoreFault, match="newer version"):
        Database(path, steps[:1], "NORMAL")


def test_two_processes_that_convert_at_once(tmp_path: Path) -> None:
    path, steps = tmp_path / "a.db", ("CREATE TABLE t (x)", "ALTER TABLE t ADD COLUMN y")

    class Overtaken(tuple[str, ...]):
        """Steps that another process does as soon as this one has seen that they are to do."""

        def __len__(self) -> int:
            Database(path, steps, "NORMAL").close()
            return super().__len__()

    assert Database(path, Overtaken(steps), "NORMAL").rows("SELECT x, y FROM t") == []


def test_a_conversion_that_fails_leaves_all_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with pytest.raises(StoreFault):
        Database(path, ["CREATE TABLE t (x)", "INSERT INTO t VALUES (1); nonsense"], "NORMAL")
    assert Database(path, ["CREATE TABLE t (x)"], "NORMAL").rows("SELECT * FROM t") == []


def test_a_damaged_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(b"this is not SQLite" * 100)
    with pytest.raises(StoreFault, match=r"library\.db cannot be opened"):
        Library(path)


def test_sqlite_errors_are_store_faults(tmp_path: Path) -> None:
    database = Database(tmp_path / "a.db", ["CREATE TABLE t (x UNIQUE)"], "NORMAL")
    with pytest.raises(StoreFault), database.transaction() as db:
        db.executemany("INSERT INTO t VALUES (?)", [(1,), (1,)])
    with pytest.raises(StoreFault):
        database.rows("SELECT nonsense")
    assert sqlite3.sqlite_version


def _hold(path: Path, held: object, release: object) -> None:
    with Journal(path).writing():
        held.set()  # type: ignore[attr-defined]
        release.wait(30)  # type: ignore[attr-defined]


def test_one_process_writes_at_a_time(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path / "journal.db", held, release))
    other.start()
    try:
        assert held.wait(60)
        journal = Journal(tmp_path / "journal.db")
        with pytest.raises(StoreFault, match="another mat-desktop is writing"), journal.writing():
            pytest.fail("two writers")
    finally:
        release.set()
        other.join(30)
    with journal.writing():
        pass


def test_marks_and_thresholds_are_kept(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    files = [(TrackId(name), Path(name)) for name in ("id", "seen", "nothing", "other")]
    marks = (True, frozenset({"rock"}), frozenset())
    library.put_said([(*file, {}, mark) for file, mark in zip(files, marks, strict=False)])
    library.put_threshold("model", "rock", 0.4)
    library.put_threshold("model", "rock", 0.3)
    library.put_threshold("other", "rock", 0.6)
    library.close()
    library = Library(tmp_path / "library.db")
    assert [one.mark for one in library.said(files)] == [*marks, False]
    assert library.thresholds("model") == {"rock": 0.3}
    library.put_said([(*files[0], {}, False)])
    library.put_threshold("model", "rock", None)
    assert library.said(files)[0].mark is False
    assert library.thresholds("model") == {}


def test_reading_leaves_no_file_beside_a_database(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    writer = Journal(path)
    with writer.run("a run", [tmp_path / "a.mp3"]) as run:
        writer.settle(
            writer.intend(run, tmp_path / "a.mp3", tmp_path / "t", "0", "1", b"", [CHANGE]),
            EntryState.WRITTEN,
        )
    beside = Journal(path, read_only=True)
    assert [run.files for run in beside.runs()] == [1], "what still lies in the log counts"
    beside.close()
    writer.close()
    before = {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    alone = Journal(path, read_only=True)
    assert [run.files for run in alone.runs()] == [1]
    with pytest.raises(StoreFault):
        alone.settle(1, EntryState.DROPPED)
    health = look_at_journal(path)
    assert health is not None
    assert health.counts["runs"] == 1
    assert {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before
    alone.close()


def test_an_earlier_version_is_brought_forward_to_be_read(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    Database(path, ["CREATE TABLE a (b)"], "FULL").close()
    later = Database(path, ["CREATE TABLE a (b)", "ALTER TABLE a ADD c"], "FULL", read_only=True)
    assert later.rows("SELECT b, c FROM a") == []
    later.close()
    with pytest.raises(StoreFault, match="newer version"):
        Database(path, ["CREATE TABLE a (b)"], "FULL", read_only=True)
    with pytest.raises(StoreFault, match="cannot be opened"):
        Database(tmp_path / "none.db", [], "FULL", read_only=True)
    assert not (tmp_path / "none.db").exists()


def test_a_database_has_an_address_on_every_system(tmp_path: Path) -> None:
    assert uri(PureWindowsPath("C:\\Users\\a b\\library.db")) == "file:///C%3A/Users/a%20b/library.db"
    assert uri(PureWindowsPath("\\\\server\\share\\x.db")) == "file:////server/share/x.db", (
        "no host for SQLite"
    )
    assert uri(PurePosixPath("/a?b#c%/\udcff.db")) == "file:///a%3Fb%23c%25/%FF.db"
    Library(tmp_path / "what? #1.db").close()
    reading(tmp_path / "what? #1.db").close()


def test_what_an_earlier_version_kept_by_sound_is_said_of_each_file_with_it(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    files = [tmp_path / name for name in ("a.mp3", "copy.mp3", "moved.mp3", "other.mp3", "late.mp3")]
    before = Database(path, MIGRATIONS[:7], "NORMAL")
    with before.transaction() as db:
        for file, track_id in zip(files[:4], ("sound", "sound", "sound", "other"), strict=True):
            db.execute(
                "INSERT INTO track (path, size, mtime_ns, inode, tags, track_id)"
                " VALUES (?, 1, 1, ?, '{}', ?)",
                (os.fsencode(file), bytes(16), track_id),
            )
        db.execute("INSERT INTO gone VALUES (?)", (os.fsencode(files[2]),))
        rows = [("sound", "jazz", "rejected"), ("sound", "rock", "accepted"), ("away", "pop", "accepted")]
        db.executemany("INSERT INTO verdict VALUES (?, ?, ?)", rows)
        rows = [("sound", '["folk"]'), ("other", None), ("away", "[]")]
        db.executemany("INSERT INTO reviewed VALUES (?, ?)", rows)  # type: ignore[arg-type]
    before.close()
    library = Library(path)
    a, copy, moved, other, late = zip(("sound", "sound", "sound", "other", "away"), files, strict=True)
    both = OfFile({"jazz": Verdict.REJECTED, "rock": Verdict.ACCEPTED}, frozenset({"folk"}))
    found = library.said([a, copy, moved, other])  # type: ignore[list-item]
    assert found[:2] == [both, both]
    assert [(left.path, left.vacated) for left in found[2].left] == [(files[0], False), (files[1], False)]
    assert found[3] == OfFile({}, True)
    library.put_said([(TrackId("sound"), files[0], {"jazz": Verdict.ACCEPTED}, False)])
    assert library.said([copy]) == [both]  # type: ignore[list-item]
    assert library.all_verdicts() == [
        ("away", "pop", Verdict.ACCEPTED),
        ("sound", "jazz", Verdict.ACCEPTED),
        ("sound", "rock", Verdict.ACCEPTED),
    ]
    for file in (late, (TrackId("away"), tmp_path / "copy of late.mp3")):
        (one,) = library.said([file])  # type: ignore[list-item]
        (any_file,) = [left for left in one.left if left.vacated]
        library.take_over([(any_file, file[1])])
        assert library.said([file]) == [OfFile({"pop": Verdict.ACCEPTED}, frozenset())]  # type: ignore[list-item]
    health = look_at_library(path)
    assert health is not None
    assert health.counts["decisions"] == 6


def test_the_doctor_counts_files_that_were_heard_and_not_sounds(tmp_path: Path) -> None:
    library = Library(tmp_path / "library.db")
    one, copy, gone = (track(tmp_path / name) for name in ("a.mp3", "copy.mp3", "gone.mp3"))
    library.put_tracks([one, copy, gone])
    for some in (one, copy):
        library.put_scores(some.path, STAMP, kept("a"))
    library.put_scores(gone.path, STAMP, kept("b"))
    library.put_gone([gone.path])
    health = look_at_library(tmp_path / "library.db")
    assert health is not None
    assert health.counts["heard"] == 2
