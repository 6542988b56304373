"""From a plan to files and back, with the real metadata writer and journal."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from mutagen.flac import FLAC

from mat_desktop.app.apply import apply
from mat_desktop.app.own_values import own_values
from mat_desktop.app.plan import plan_file
from mat_desktop.app.recover import recover
from mat_desktop.app.remove import look_at as look_removal
from mat_desktop.app.remove import removing
from mat_desktop.app.reverse import reverse
from mat_desktop.app.scan import refresh, scan
from mat_desktop.app.session import Session
from mat_desktop.app.tag_file import TagChange
from mat_desktop.app.taught import Shelf
from mat_desktop.app.undo import last_run, look, undoing
from mat_desktop.app.whereabouts import written_to
from mat_desktop.domain.plan import Change, FilePlan, Plan, Policy, WriteResult, WriteStatus
from mat_desktop.domain.scores import Suggestion, Verdict
from mat_desktop.domain.tags import Category, Field
from mat_desktop.domain.taught import TaughtTag
from mat_desktop.domain.track import FileStamp, Track
from mat_desktop.errors import StoreFault, UsageFault
from mat_desktop.metadata.files import read_tags
from mat_desktop.metadata.replace import create_temp
from tests.app.power_cut import power_cut
from tests.sounds import encode, tone

ADDING = (Policy.FILL_EMPTY, Policy.APPEND, Policy.REPLACE)


@pytest.fixture
def music(tmp_path: Path) -> list[Path]:
    folder = tmp_path / "music"
    folder.mkdir()
    return [encode(folder / name, tone(1.0)) for name in ("a.flac", "b.mp3", "c.m4a", "d.wav", "e.opus")]


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def genre_plan(paths: list[Path], after: tuple[str, ...] = ("Rock", "Indie")) -> Plan:
    return Plan(
        "test",
        tuple(
            FilePlan(
                path,
                FileStamp.of(path.stat()),
                (Change(Field.GENRE, read_tags(path).tags.get(Field.GENRE, ()), after),),
            )
            for path in paths
        ),
    )


def write(session: Session, plan: Plan) -> list[WriteResult]:
    return list(apply(session, plan, Event()))


def take_back(session: Session, run: int | None = None) -> list[WriteResult]:
    task = undoing(session, run or last_run(session))
    files = [file.safe for file in look(session, task.pasts, Event())]
    return list(reverse(session, task, files, Event()))


def test_each_file_is_lent_just_while_it_is_replaced(session: Session, music: list[Path]) -> None:
    seen: list[tuple[Path, bool]] = []

    @contextmanager
    def lend(path: Path) -> Iterator[None]:
        before = sha(path)
        yield
        seen.append((path, sha(path) != before))

    session.lend = lend
    write(session, genre_plan(music))
    take_back(session)
    assert seen == [(path, True) for path in music * 2]


def test_written_then_undone_byte_for_byte(session: Session, music: list[Path]) -> None:
    tracks = [t for t in scan(session, [music[0].parent], Event()) if isinstance(t, Track)]
    assert len(tracks) == 5
    before = [sha(path) for path in music]
    results = write(session, genre_plan(music))
    assert [result.status for result in results] == [WriteStatus.WRITTEN] * 5
    assert all(read_tags(path).tags[Field.GENRE] == ("Rock", "Indie") for path in music)
    (run,) = session.runs()
    assert (run.files, run.changes, run.undone) == (5, 5, False)
    assert refresh(session, music[0]).tags[Field.GENRE] == ("Rock", "Indie")

    assert {result.status for result in take_back(session)} == {WriteStatus.WRITTEN}
    assert [sha(path) for path in music] == before
    assert session.runs()[1].undone
    with pytest.raises(UsageFault, match="nothing to undo"):
        last_run(session)
    assert not list(music[0].parent.glob(".mat-*"))


def test_the_modification_time_is_kept_where_that_is_wished(session: Session, music: list[Path]) -> None:
    for path in music:
        os.utime(path, ns=(10**18, 10**18 + 123))
    assert len(list(scan(session, [music[0].parent], Event()))) == 5
    before = [sha(path) for path in music]
    session.use_settings({"writing.keep_time": True})
    write(session, genre_plan(music))
    assert [path.stat().st_mtime_ns for path in music] == [10**18 + 123] * 5
    assert all(sha(path) != old for path, old in zip(music, before, strict=True))
    for found in scan(session, [music[0].parent], Event()):  # the library knows what was written
        assert isinstance(found, Track)
        assert found.tags[Field.GENRE] == ("Rock", "Indie")
        assert not found.outside
    take_back(session)
    assert [path.stat().st_mtime_ns for path in music] == [10**18 + 123] * 5
    assert [sha(path) for path in music] == before
    session.use_settings({"writing.keep_time": False})
    write(session, genre_plan(music))
    assert all(path.stat().st_mtime_ns > 10**18 + 123 for path in music)


def test_an_undo_can_be_taken_back_too(session: Session, music: list[Path]) -> None:
    write(session, genre_plan(music[:1]))
    written = sha(music[0])
    take_back(session)
    take_back(session, session.runs()[0].id)
    assert sha(music[0]) == written


def test_runs_are_taken_back_in_any_order_as_far_as_they_can_be(session: Session, music: list[Path]) -> None:
    write(session, genre_plan(music[:1], ("Rock",)))
    write(session, genre_plan(music[:1], ("Pop",)))
    (result,) = take_back(session, 1)
    assert result.status is WriteStatus.CONFLICT
    assert read_tags(music[0]).tags[Field.GENRE] == ("Pop",)
    take_back(session, 2)
    (result,) = take_back(session, 1)
    assert result.status is WriteStatus.WRITTEN
    assert Field.GENRE not in read_tags(music[0]).tags


def test_after_another_program_only_our_fields_go_back(session: Session, music: list[Path]) -> None:
    import mutagen.flac

    path = music[0]
    changes = (Change(Field.GENRE, (), ("Rock",)), Change(Field.MOOD, (), ("Happy",)))
    write(session, Plan("test", (FilePlan(path, FileStamp.of(path.stat()), changes),)))
    foreign = mutagen.flac.FLAC(path)
    foreign["MOOD"] = ["Sad"]
    foreign["TITLE"] = ["Theirs"]
    foreign.save()
    (result,) = take_back(session)
    assert result.status is WriteStatus.CONFLICT
    assert "mood left as found" in result.reason
    tags = read_tags(path).tags
    assert Field.GENRE not in tags
    assert (tags[Field.MOOD], tags[Field.TITLE]) == (("Sad",), ("Theirs",))


def test_a_missing_file_does_not_hold_up_the_others(session: Session, music: list[Path]) -> None:
    before = [sha(path) for path in music]
    write(session, genre_plan(music[:1]))
    statuses = [result.status for result in write(session, genre_plan(music))]
    assert statuses == [WriteStatus.UNCHANGED, *[WriteStatus.WRITTEN] * 4]
    music[-1].unlink()
    results = {result.path: result for result in take_back(session, 2)}
    assert results[music[-1]].status is WriteStatus.FAILED
    assert results[music[-1]].reason == "the file is gone"
    assert [sha(path) for path in music[1:-1]] == before[1:-1]
    take_back(session)  # the run before it, not the same one for ever
    assert sha(music[0]) == before[0]


def test_a_file_that_changed_since_it_was_looked_at_is_a_conflict(
    session: Session, music: list[Path]
) -> None:
    plan = genre_plan(music[:2])
    os.utime(music[0], ns=(1, 1))
    first, second = write(session, plan)
    assert (first.status, second.status) == (WriteStatus.CONFLICT, WriteStatus.WRITTEN)
    assert Field.GENRE not in read_tags(music[0]).tags


def test_a_fault_costs_only_its_file(session: Session, music: list[Path]) -> None:
    plan = genre_plan(music)
    music[1].unlink()
    music[2].chmod(0o444)
    statuses = [result.status for result in write(session, plan)]
    assert statuses.count(WriteStatus.WRITTEN) == 3
    assert statuses[1] in (WriteStatus.CONFLICT, WriteStatus.FAILED)
    assert statuses[2] is WriteStatus.FAILED


def test_cancelling_stops_between_files(session: Session, music: list[Path]) -> None:
    cancel = Event()
    for _ in apply(session, genre_plan(music), cancel):
        cancel.set()
    assert sum(Field.GENRE in read_tags(path).tags for path in music) == 1


def test_when_the_journal_refuses_no_file_is_touched(
    session: Session, music: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [sha(path) for path in music]

    def refuse(*arguments: object, **named: object) -> int:
        raise StoreFault("the disk is full")

    monkeypatch.setattr(session.journal, "intend", refuse)
    with pytest.raises(StoreFault):
        write(session, genre_plan(music))
    assert [sha(path) for path in music] == before
    assert not list(music[0].parent.glob(".mat-*"))


@pytest.mark.parametrize("replaced", [False, True])
def test_after_a_crash_the_journal_says_what_became_of_the_file(
    session: Session, music: list[Path], replaced: bool
) -> None:
    before = sha(music[0])
    with power_cut(session, replaced=replaced):
        write(session, genre_plan(music[:1]))
    assert (sha(music[0]) == before) is not replaced
    assert len(session.journal.unfinished()) == 1
    half_made = create_temp(music[0].parent)

    (result,) = recover(session)
    assert result.status is (WriteStatus.WRITTEN if replaced else WriteStatus.UNCHANGED)
    assert session.journal.unfinished() == []
    assert not half_made.exists()
    assert not list(music[0].parent.glob(".mat-*"))
    if replaced:
        take_back(session)
    assert sha(music[0]) == before


def test_scanning_opens_only_what_changed(
    session: Session, music: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mat_desktop.app import scan as scan_module

    folder = music[0].parent
    (folder / "cover.jpg").write_bytes(b"x")
    (folder / ".hidden").mkdir()
    (folder / "empty.mp3").touch()
    found = list(scan(session, [folder, music[0]], Event(), remember=True))
    assert [item.path.name for item in found] == ["a.flac", "b.mp3", "c.m4a", "d.wav", "e.opus", "empty.mp3"]
    assert str(found[-1]).endswith("empty.mp3: the file is empty")

    opened: list[str] = []
    real = scan_module.read_tags
    monkeypatch.setattr(scan_module, "read_tags", lambda path: opened.append(path.name) or real(path))
    os.utime(music[2], ns=(1, 1))
    assert len(list(scan(session, [folder], Event()))) == 6
    assert opened == ["c.m4a"]
    assert session.roots() == sorted([folder, music[0]])
    session.library.remove_root(music[0])
    assert session.roots() == [folder]
    list(scan(session, [music[0]], Event()))  # a look that is not told to remember
    assert session.roots() == [folder]


@pytest.mark.skipif(os.name == "nt", reason="named pipes are POSIX")
def test_pipes_and_circles_of_links_do_not_hold_a_scan_up(session: Session, tmp_path: Path) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    os.mkfifo(folder / "pipe.mp3")
    (folder / "loop").symlink_to(folder)
    (folder / "b.flac").symlink_to(encode(folder / "a.flac", tone(1.0)))
    (folder / "nowhere.flac").symlink_to(folder / "gone.flac")
    found = list(scan(session, [folder], Event()))
    assert found[0].path == folder / "a.flac"
    assert [str(item) for item in found[1:]] == [
        f"{folder / 'nowhere.flac'}: No such file or directory",
        f"{folder / 'pipe.mp3'}: not a regular file",
    ]


def test_a_path_that_is_not_there_is_a_fault(session: Session, tmp_path: Path) -> None:
    (fault,) = scan(session, [tmp_path / "nowhere"], Event())
    assert "no such file" in str(fault)
    assert session.roots() == []


@pytest.mark.parametrize(
    ("there", "policy", "after"),
    [
        ((), Policy.FILL_EMPTY, ("Rawk",)),
        ((), Policy.APPEND, ("Rawk",)),
        (("Shoegaze",), Policy.APPEND, ("Shoegaze", "Rawk")),
        (("Rock",), Policy.FILL_EMPTY, ("Rock",)),  # the user's, and it stays
        (("Rock",), Policy.APPEND, ("Rock", "Rawk")),
    ],
)
def test_a_tag_that_was_renamed_takes_the_place_of_its_own_old_value(
    session: Session, music: list[Path], there: tuple[str, ...], policy: Policy, after: tuple[str, ...]
) -> None:
    path, policies = music[0], {Field.GENRE: policy}
    if there:
        write_values(path, there)
    rock = next(tag for tag in session.scheme.tags if tag.name == "rock")

    def heard() -> tuple[Suggestion, ...]:
        tag = next(tag for tag in session.scheme.tags if tag.name == "rock")
        return (Suggestion(tag, 0.9, 0.4, suggested=True),)

    def genre() -> tuple[str, ...]:
        (track,) = [t for t in scan(session, [path], Event()) if isinstance(t, Track)]
        plan = plan_file(session, track, heard(), policies)
        if plan is not None:
            write(session, Plan("test", (plan,)))
        return read_tags(path).tags.get(Field.GENRE, ())

    assert "Rock" in genre()
    session.change_tags({rock.name: TagChange(label="rawk")})
    assert genre() == after


def test_what_another_model_was_taught_stays_in_files(
    session: Session, music: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = music[0]
    change = Change(Field.GENRE, (), ("Fuzz",))
    noted = Change(Field.MAT_TAGS, (), ("genre:fuzz",))
    write(session, Plan("test", (FilePlan(path, FileStamp.of(path.stat()), (change, noted)),)))
    (track,) = [t for t in scan(session, [path], Event()) if isinstance(t, Track)]
    rock = next(tag for tag in session.scheme.tags if tag.name == "rock")
    heard = (Suggestion(rock, 0.9, 0.4, suggested=True),)

    def genres() -> list[tuple[str, ...]]:
        plan = plan_file(session, track, heard, {Field.GENRE: Policy.FILL_EMPTY})
        return [c.after for c in plan.changes if c.field is Field.GENRE] if plan else []

    assert genres() == [("Rock",)]  # nobody calls anything so any more
    tag = TaughtTag(
        1, "fuzz", Category.GENRE, "0" * 12, "other", "2026-01-01", (1.0,), 0.0, 0.5, (), (), 1, 1.0
    )
    monkeypatch.setattr(Shelf, "elsewhere", (tag,))
    assert genres() == []


def test_what_the_user_changed_since_is_not_the_programs_own(session: Session, music: list[Path]) -> None:
    path = music[0]

    def own(*now: str) -> set[str]:
        return own_values(written_to(session, path), Field.GENRE, now)

    write(session, genre_plan([path], ("Rock",)))
    assert own("Rock") == {"Rock"}
    write(session, genre_plan([path], ("Rock", "Indie")))
    assert own("Rock", "Indie") == {"Rock", "Indie"}
    assert own("Rock", "Mine") == set()
    write_values(path, ("Indie", "Mine"))
    write(session, genre_plan([path], ("Indie", "Mine", "Rock")))
    assert own("Indie", "Mine", "Rock") == {"Indie", "Rock"}
    take_back(session)
    assert own("Indie", "Mine") == {"Indie"}


ROCK, PUNK = "rock", "punk"


@pytest.mark.parametrize(
    ("there", "policy", "chosen", "after"),
    [
        # Rejected: the program's own goes, whatever comes in its place.
        *[((), policy, {ROCK: False, PUNK: True}, ("Punk",)) for policy in ADDING],
        *[((), policy, {ROCK: False}, ()) for policy in ADDING],
        (("Mine",), Policy.APPEND, {ROCK: False, PUNK: True}, ("Mine", "Punk")),
        (("Mine",), Policy.APPEND, {ROCK: False}, ("Mine",)),
        # No longer suggested: it goes where others come.
        *[((), policy, {PUNK: True}, ("Punk",)) for policy in ADDING],
        (("Mine",), Policy.APPEND, {PUNK: True}, ("Mine", "Punk")),
        *[((), policy, {}, ("Rock",)) for policy in ADDING],
        # Still suggested: it stays, and others come beside it.
        *[((), policy, {ROCK: True, PUNK: True}, ("Rock", "Punk")) for policy in ADDING],
        # Left as it is means just that.
        ((), Policy.SKIP, {ROCK: False, PUNK: True}, ("Rock",)),
        # What the user had there is the user's.
        (("Rock",), Policy.FILL_EMPTY, {ROCK: False, PUNK: True}, ("Rock",)),
        (("Rock",), Policy.APPEND, {ROCK: False, PUNK: True}, ("Rock", "Punk")),
        (("Rock",), Policy.APPEND, {ROCK: False}, ("Rock",)),
    ],
)
def test_what_the_program_wrote_gives_way_under_every_policy(
    session: Session,
    music: list[Path],
    there: tuple[str, ...],
    policy: Policy,
    chosen: dict[str, bool],
    after: tuple[str, ...],
) -> None:
    path = music[0]
    if there:
        write_values(path, there)
    before = sha(path)
    tags = {tag.name: tag for tag in session.scheme.tags}

    def genre(said: dict[str, bool], policy: Policy) -> tuple[str, ...]:
        (track,) = [t for t in scan(session, [path], Event()) if isinstance(t, Track)]
        verdicts = {name: Verdict.ACCEPTED if yes else Verdict.REJECTED for name, yes in said.items()}
        heard = [
            Suggestion(tags[name], 0.9, 0.4, suggested=True, verdict=verdict)
            for name, verdict in verdicts.items()
            if verdict is Verdict.ACCEPTED
        ]
        plan = plan_file(session, track, heard, {Field.GENRE: policy}, verdicts)
        if plan is not None:
            assert [result.status for result in write(session, Plan("test", (plan,)))] == [
                WriteStatus.WRITTEN
            ]
        return read_tags(path).tags.get(Field.GENRE, ())

    genre({ROCK: True}, Policy.APPEND)
    assert genre(chosen, policy) == after
    noted = read_tags(path).tags.get(Field.MAT_TAGS, ())
    assert f"genre:{ROCK}" not in noted or chosen.get(ROCK, True)
    assert bool(noted) is (any(chosen.values()) or not chosen)
    assert bool(read_tags(path).tags.get(Field.MAT_MODEL)) is bool(noted)
    assert genre(chosen, policy) == after

    task = removing(session, [path])
    files = [file for past in task.pasts if (file := look_removal(session, past)) is not None]
    assert {result.status for result in reverse(session, task, files, Event())} <= {WriteStatus.WRITTEN}
    assert sha(path) == before


def write_values(path: Path, genres: tuple[str, ...]) -> None:
    """As another program would."""
    file = FLAC(path)
    file["GENRE"] = list(genres)
    file.save()


def test_mat_tags_keeps_naming_what_stays_in_a_field(session: Session, music: list[Path]) -> None:
    path = music[0]
    tags = {tag.category: tag for tag in reversed(session.scheme.tags) if session.scheme.field_of(tag)}
    genre, mood = tags[Category.GENRE], tags[Category.MOOD]

    def noted(*chosen: Category, refused: str = "") -> tuple[str, ...]:
        (track,) = [t for t in scan(session, [path], Event()) if isinstance(t, Track)]
        heard = [Suggestion(tags[category], 0.9, 0.4, suggested=True) for category in chosen]
        verdicts = {refused: Verdict.REJECTED} if refused else {}
        plan = plan_file(session, track, heard, {Field.GENRE: Policy.REPLACE}, verdicts)
        if plan is not None:
            write(session, Plan("test", (plan,)))
        return read_tags(path).tags.get(Field.MAT_TAGS, ())

    assert noted(Category.GENRE) == (genre.key,)
    assert noted(Category.MOOD) == (genre.key, mood.key), "no other genre took its place"
    assert read_tags(path).tags[Field.GENRE] == (genre.value,)
    assert noted(Category.MOOD, refused=genre.name) == (mood.key,)
    assert Field.GENRE not in read_tags(path).tags
