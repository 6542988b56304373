from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import msgspec
import numpy as np
import pytest

from mat_desktop.app.decide import plan_file, suggest, tag_taggram
from mat_desktop.app.scan import scan
from mat_desktop.app.score import Heard, known, score
from mat_desktop.app.session import Session
from mat_desktop.app.taught import SUFFIX
from mat_desktop.app.teach import Teacher
from mat_desktop.domain.scores import Scores, Verdict
from mat_desktop.domain.tags import Category, Field
from mat_desktop.domain.taught import ForeignTag, Marks
from mat_desktop.domain.track import FileStamp, Track, TrackId
from mat_desktop.errors import UsageFault
from mat_desktop.store.library import KeptScores
from tests.models import tiny_model
from tests.sounds import encode, tone

TRACKS, TAGGED, CHANNELS = 200, 20, 41
VALUES = (0.1, 0.1, 0.1, 0.1, 0.1)


def ids(*numbers: int) -> tuple[TrackId, ...]:
    return tuple(TrackId(f"{number:03}") for number in numbers)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    tiny_model(tmp_path / "model")
    session = Session(tmp_path / "data", str(tmp_path / "model"), "cpu")
    yield session
    session.close()


@pytest.fixture
def tracks(session: Session, tmp_path: Path) -> list[Track]:
    """A library that was heard: the first twenty tracks have something in common."""
    rng = np.random.default_rng(0)
    features = rng.gamma(1.0, 1.0, (TRACKS, CHANNELS))
    features[:TAGGED] += 4 * rng.random(CHANNELS)
    made = [Track(tmp_path / f"{n:03}.flac", FileStamp(1, n, n), 10.0) for n in range(TRACKS)]
    session.library.put_tracks(made)
    for number, track in enumerate(made):
        scores = Scores(session.card.digest, TrackId(f"{number:03}"), 10.0, VALUES)
        row = features[number].astype(np.float16).tobytes()
        session.library.put_scores(track.path, track.stamp, KeptScores(scores, b"", 0, row))
    return made


@pytest.fixture
def teacher(session: Session, tracks: list[Track]) -> Teacher:
    teacher = Teacher(session)
    assert teacher.load() == TRACKS
    return teacher


def taught(teacher: Teacher, name: str = "dungeon synth", field: Field | None = None) -> None:
    study = teacher.study(Marks(ids(*range(6)), ids(30, 31)))
    teacher.save(name, Category.GENRE, field, study)


def test_what_is_missing_is_said(teacher: Teacher) -> None:
    study = teacher.study(Marks(ids(0), ids(30)))
    assert study.lesson is None
    assert study.lacking == 2
    with pytest.raises(UsageFault, match="too few"):
        teacher.save("x", Category.MOOD, None, study)


def test_marks_without_features_do_not_count(teacher: Teacher) -> None:
    study = teacher.study(Marks((*ids(0, 1, 2), TrackId("gone")), ()))
    assert study.marks.examples == ids(0, 1, 2)
    assert study.lesson is not None


def test_a_study_says_how_well_it_works_and_what_to_mark_next(teacher: Teacher) -> None:
    study = teacher.study(Marks(ids(*range(6)), ids(30, 31)))
    assert study.right + len(study.wrong) == 8
    assert study.right >= 6
    assert TAGGED - 4 <= study.likely <= TAGGED + 4
    assert study.tracks == TRACKS
    unsure = [track_id for track_id, _ in study.unsure]
    assert len(unsure) == 6
    assert not set(unsure) & set(ids(*range(6), 30, 31))


def test_a_wrong_mark_is_found(teacher: Teacher) -> None:
    study = teacher.study(Marks(ids(*range(8), 45), ids(30, 31)))
    assert TrackId("045") in study.wrong


def test_a_taught_tag_is_suggested_and_written_like_any_other(
    session: Session, teacher: Teacher, tracks: list[Track]
) -> None:
    taught(teacher, field=Field.MOOD)
    heard = {item.path: item for item in known_of(session, tracks)}
    with_it = suggest(session.scheme, session.card, heard[tracks[10].path].scores)
    (found,) = [s for s in with_it if s.tag.name == "dungeon synth"]
    assert found.suggested
    assert found.tag.category is Category.GENRE
    without = suggest(session.scheme, session.card, heard[tracks[40].path].scores)
    assert not next(s for s in without if s.tag.name == "dungeon synth").suggested

    plan = plan_file(session, tracks[10], [found])
    assert plan is not None
    assert {change.field: change.after for change in plan.changes}[Field.MOOD] == ("Dungeon synth",)
    marks = {change.field: change.after for change in plan.changes}[Field.MAT_TAGS]
    assert marks == ("genre:dungeon synth",)


def known_of(session: Session, tracks: list[Track]) -> Iterator[Heard]:
    """As ``known``, of tracks whose taggrams nobody made."""
    for track in tracks:
        kept = session.library.scores(track, session.card.digest)
        assert kept is not None
        taught = session.taught.scores(kept.features)
        yield Heard(track.path, replace(kept.scores, taught=taught), np.zeros((5, 0), np.float16))


def test_the_whole_library_is_scored_as_single_tracks_are(
    session: Session, teacher: Teacher, tracks: list[Track]
) -> None:
    taught(teacher)
    everything = teacher.scores()
    assert len(everything) == TRACKS
    for item in known_of(session, tracks):
        assert everything[item.scores.track_id] == pytest.approx(item.scores.taught, abs=1e-5)


def test_marks_are_verdicts_and_verdicts_are_marks(session: Session, teacher: Teacher) -> None:
    taught(teacher)
    assert session.library.verdicts(TrackId("000")) == {"dungeon synth": Verdict.ACCEPTED}
    assert session.library.verdicts(TrackId("030")) == {"dungeon synth": Verdict.REJECTED}
    session.library.put_verdicts(TrackId("050"), {"dungeon synth": Verdict.REJECTED})
    assert teacher.marks("Dungeon Synth") == Marks(ids(*range(6)), ids(30, 31, 50))


def test_it_is_there_the_next_time(session: Session, teacher: Teacher, tmp_path: Path) -> None:
    taught(teacher)
    again = Session(tmp_path / "data", str(tmp_path / "model"), "cpu")
    assert again.taught.tags == session.taught.tags
    assert "dungeon synth" in [tag.name for tag in again.scheme.tags]
    again.close()


def test_edited_and_renamed(session: Session, teacher: Teacher) -> None:
    taught(teacher)
    study = teacher.study(Marks(ids(*range(7)), ids(30)))
    teacher.save("crypt", Category.MOOD, None, study, before="dungeon synth")
    assert [(tag.name, tag.category) for tag in session.taught.tags] == [("crypt", Category.MOOD)]
    assert session.library.verdicts_on("dungeon synth") == {}
    assert len(session.library.verdicts_on("crypt")) == 8


def test_removed_with_all_that_was_said_of_it(session: Session, teacher: Teacher) -> None:
    taught(teacher)
    tag, said = teacher.remove("dungeon synth")
    assert session.taught.tags == ()
    assert list(session.taught.folder.glob("*")) == []
    assert session.library.verdicts(TrackId("000")) == {}
    assert "dungeon synth" not in [tag.name for tag in session.scheme.tags]
    teacher.restore(tag, said)
    assert session.taught.tags == (tag,)
    assert session.library.verdicts_on("dungeon synth") == said
    teacher.remove("dungeon synth")
    with pytest.raises(UsageFault, match="no taught tag"):
        teacher.remove("dungeon synth")


def test_names(session: Session, teacher: Teacher) -> None:
    assert teacher.check_name("  ") == "The tag needs a name"
    assert "already" in teacher.check_name("Rock")
    assert teacher.check_name("dungeon synth") == ""
    study = teacher.study(Marks(ids(0, 1, 2), ()))
    for bad in ("rock", "a;b", "x" * 61, "a\nb"):
        with pytest.raises(UsageFault):
            teacher.save(bad, Category.GENRE, None, study)
    assert session.taught.tags == ()


def test_exported_and_taken_in_elsewhere(session: Session, teacher: Teacher, tmp_path: Path) -> None:
    taught(teacher)
    target = tmp_path / f"out{SUFFIX}"
    teacher.export("dungeon synth", target)
    with pytest.raises(UsageFault, match="already"):
        teacher.take(target)
    before, _ = teacher.remove("dungeon synth")
    assert teacher.take(target) == before
    assert session.taught.tags == (before,)


def test_a_tag_of_another_model_is_refused_and_can_be_taught_anew(
    session: Session, teacher: Teacher, tmp_path: Path
) -> None:
    taught(teacher)
    target = tmp_path / f"out{SUFFIX}"
    teacher.export("dungeon synth", target)
    teacher.remove("dungeon synth")
    other = msgspec.json.decode(target.read_bytes())
    target.write_bytes(msgspec.json.encode({**other, "model": "0123456789ab", "model_name": "older"}))
    with pytest.raises(ForeignTag, match=r"another model \(older, 0123456789ab\)") as refused:
        teacher.take(target)
    assert session.taught.tags == ()
    tag = refused.value.tag
    study = teacher.study(Marks(tag.examples, tag.counter_examples))
    assert teacher.save(tag.name, tag.category, tag.field, study).model == session.card.digest


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "not a taught tag"),
        (b"\x80\x04", "not a taught tag"),
        (b"{}", "missing required field"),
        ({"weights": []}, "0 weights"),
        ({"threshold": 1.0}, "threshold"),
        ({"bias": 1e400}, "not a taught tag"),
        ({"name": "a/b"}, "must not contain"),
        ({"format": 2}, "format 2"),
        ({"category": "colour"}, "category"),
    ],
)
def test_damaged_files_cost_only_themselves(
    session: Session, teacher: Teacher, tmp_path: Path, content: bytes | dict[str, object], why: str
) -> None:
    taught(teacher)
    bad = session.taught.folder / f"bad{SUFFIX}"
    if isinstance(content, dict):
        good = msgspec.json.decode(next(session.taught.folder.glob("dun*")).read_bytes())
        text = msgspec.json.encode({**good, **content})
        content = text.replace(b"null", b"1e999") if "bias" in content else text
    bad.write_bytes(content)
    again = Session(tmp_path / "data", str(tmp_path / "model"), "cpu")
    assert [tag.name for tag in again.taught.tags] == ["dungeon synth"]
    (fault,) = again.taught.faults
    assert str(bad) in fault
    assert why in fault
    again.close()


def test_real_files_are_heard_with_features(session: Session, tmp_path: Path) -> None:
    found = [
        track
        for track in scan(session, [encode(tmp_path / "a.flac", tone(2.0))], Event())
        if isinstance(track, Track)
    ]
    assert [type(item) for item in score(session, found, Event())] == [Heard]
    assert Teacher(session).load() == 1
    assert Teacher(session).without_features() == []


def test_what_was_heard_before_features_were_kept_is_heard_again_when_needed(
    session: Session, tmp_path: Path
) -> None:
    found = [
        track
        for track in scan(session, [encode(tmp_path / "a.flac", tone(2.0))], Event())
        if isinstance(track, Track)
    ]
    list(score(session, found, Event()))
    with session.library._database.transaction() as db:
        db.execute("DELETE FROM feature")
    teacher = Teacher(session)
    assert teacher.without_features() == [found[0].path]
    list(score(session, found, Event()))
    assert teacher.without_features() == [found[0].path]  # nobody teaches, so nobody needs them
    assert teacher.load() == 0
    list(score(session, found, Event()))
    assert teacher.without_features() == []
    (heard,) = known(session, found)
    assert heard.scores.taught == {}


def test_a_taught_tag_has_no_row_over_time(session: Session, teacher: Teacher) -> None:
    taught(teacher)
    scores = Scores(session.card.digest, TrackId("x"), 1.0, VALUES, taught={"taught/dungeon synth": 0.9})
    suggestions = suggest(session.scheme, session.card, scores)
    rows = tag_taggram(session.scheme, session.card, np.full((5, 4), 0.5, np.float16), suggestions)
    place = [s.tag.name for s in suggestions].index("dungeon synth")
    assert not rows[place].any()
    assert rows[place - 1].any()
