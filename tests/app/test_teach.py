from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from threading import Event

import msgspec
import numpy as np
import pytest
import torch

from mat_desktop.app.decide import suggest, tag_taggram
from mat_desktop.app.plan import plan_file
from mat_desktop.app.remembered import known
from mat_desktop.app.scan import scan
from mat_desktop.app.score import Heard, score
from mat_desktop.app.session import Session
from mat_desktop.app.tag_file import TagChange
from mat_desktop.app.taught import SUFFIX, Shelf
from mat_desktop.app.teach import Teacher
from mat_desktop.domain.scores import Scores, Suggestion, Verdict
from mat_desktop.domain.tags import Category, Field
from mat_desktop.domain.taught import ForeignTag, Marks
from mat_desktop.domain.track import FileStamp, Track, TrackId
from mat_desktop.errors import UsageFault
from mat_desktop.inference.cards import read_weights, save_model
from mat_desktop.networks.registry import build
from mat_desktop.store.library import KeptScores
from tests.models import tiny_card, tiny_model
from tests.sounds import encode, tone

TRACKS, TAGGED, CHANNELS = 200, 20, 41
VALUES = (0.1, 0.1, 0.1, 0.1, 0.1)


def ids(*numbers: int) -> tuple[TrackId, ...]:
    return tuple(TrackId(f"{number:03}") for number in numbers)


def file(folder: Path, number: int) -> tuple[TrackId, Path]:
    return TrackId(f"{number:03}"), folder / f"{number:03}.flac"


def on_file(session: Session, folder: Path, number: int) -> Mapping[str, Verdict]:
    return session.library.said([file(folder, number)])[0].verdicts


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
    """As ``known``, each alone."""
    for track in tracks:
        kept = session.library.scores(track, session.card.digest)
        assert kept is not None
        taught = session.taught.scores(kept.features)
        yield Heard(track.path, replace(kept.scores, taught=taught))


def test_the_whole_library_is_scored_as_single_tracks_are(
    session: Session, teacher: Teacher, tracks: list[Track]
) -> None:
    taught(teacher)
    everything = teacher.scores()
    assert len(everything) == TRACKS
    for item in known_of(session, tracks):
        assert everything[item.scores.track_id] == pytest.approx(item.scores.taught, abs=1e-5)


def test_marks_are_verdicts_and_verdicts_are_marks(
    session: Session, teacher: Teacher, tmp_path: Path
) -> None:
    taught(teacher)
    assert on_file(session, tmp_path, 0) == {"dungeon synth": Verdict.ACCEPTED}
    assert on_file(session, tmp_path, 30) == {"dungeon synth": Verdict.REJECTED}
    session.library.put_said([(*file(tmp_path, 50), {"dungeon synth": Verdict.REJECTED}, None)])
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
    assert session.library.verdicts_on("crypt").keys() == set(ids(*range(7), 30))


def test_removed_with_all_that_was_said_of_it(session: Session, teacher: Teacher, tmp_path: Path) -> None:
    taught(teacher)
    session.set_threshold("dungeon synth", 0.4)
    removed = teacher.remove("dungeon synth")
    tag, said = removed.tag, removed.said
    assert session.thresholds.by_name == {}
    assert session.taught.tags == ()
    assert list(session.taught.folder.glob("*")) == []
    assert on_file(session, tmp_path, 0) == {}
    assert "dungeon synth" not in [tag.name for tag in session.scheme.tags]
    teacher.restore(removed)
    assert session.thresholds.by_name == {"dungeon synth": 0.4}
    assert session.taught.tags == (tag,)
    assert session.library.verdicts_on("dungeon synth") == said
    teacher.remove("dungeon synth")
    with pytest.raises(UsageFault, match="no taught tag"):
        teacher.remove("dungeon synth")


def test_a_rename_takes_everything_along(session: Session, teacher: Teacher) -> None:
    taught(teacher)
    session.library.add_verdicts("dungeon synth", {TrackId("unplugged drive"): Verdict.ACCEPTED})
    session.set_threshold("dungeon synth", 0.4)
    session.change_tags(
        {"dungeon synth": TagChange(category=Category.GENRE, label="Castle", write=False, written="Crypts")}
    )
    study = teacher.study(Marks(ids(*range(6)), ids(30)))
    teacher.save("crypt", Category.MOOD, None, study, "dungeon synth")
    said = session.library.verdicts_on("crypt")
    assert said.keys() == {*ids(*range(6), 30), "unplugged drive"}
    assert session.library.verdicts_on("dungeon synth") == {}
    assert session.thresholds.by_name == {"crypt": 0.4}
    assert len(list(session.taught.folder.iterdir())) == 1
    teacher.save("Crypt", Category.MOOD, None, study, "crypt")  # in the same file
    assert [tag.name for tag in session.taught.tags] == ["Crypt"]
    assert session.tags.read() == {"Crypt": TagChange(write=False, written="Crypts")}
    (shown,) = [tag for tag in session.scheme.tags if tag.taught]
    assert (shown.shown, shown.value, shown.write) == ("Crypt", "Crypts", False)
    assert not [tag for tag in session.scheme.tags if tag.own]
    assert session.library.verdicts_on("Crypt") == said
    assert len(list(session.taught.folder.iterdir())) == 1


@pytest.mark.parametrize("breaks", ["file", "database"])
@pytest.mark.parametrize("name", ["crypt", "Dungeon Synth", "dungeon synth"])
def test_a_full_disk_costs_nothing(
    session: Session, teacher: Teacher, monkeypatch: pytest.MonkeyPatch, breaks: str, name: str
) -> None:
    taught(teacher)
    session.set_threshold("dungeon synth", 0.4)
    tags, said = session.taught.tags, session.library.verdicts_on("dungeon synth")
    shown = [tag.name for tag in session.scheme.tags]
    study = teacher.study(Marks(ids(*range(5)), ids(30)))

    def full(*_: object) -> None:
        raise UsageFault("no space left")

    where = (
        "mat_desktop.app.taught._write" if breaks == "file" else "mat_desktop.store.library.Library.put_marks"
    )
    with monkeypatch.context() as patch:
        patch.setattr(where, full)
        with pytest.raises(UsageFault, match="no space"):
            teacher.save(name, Category.GENRE, None, study, "dungeon synth")
    assert session.taught.tags == tags
    assert [tag.name for tag in session.scheme.tags] == shown
    assert session.library.verdicts_on("dungeon synth") == said
    assert session.thresholds.by_name == {"dungeon synth": 0.4}
    assert len(list(session.taught.folder.iterdir())) == 1


def test_a_mark_that_was_taken_back_stays_away(session: Session, teacher: Teacher, tmp_path: Path) -> None:
    taught(teacher)
    session.library.add_verdicts(
        "dungeon synth", {TrackId("050"): Verdict.REJECTED, TrackId("gone"): Verdict.ACCEPTED}
    )
    shown = Marks(ids(*range(6)), ids(30, 31, 50))  # the file of one track is not there now
    study = teacher.study(Marks(ids(*range(5)), ids(30)))
    teacher.save("dungeon synth", Category.GENRE, None, study, "dungeon synth", shown)
    assert teacher.marks("dungeon synth") == Marks((*ids(*range(5)), TrackId("gone")), ids(30))
    assert on_file(session, tmp_path, 50) == {}


def test_many_marks_come_back(session: Session, teacher: Teacher) -> None:
    many = {TrackId(f"t{number:04}"): Verdict.ACCEPTED for number in range(1500)}
    session.library.add_verdicts("crypt", many)
    assert len(teacher.said("crypt")) == 1500


def test_tracks_heard_since_are_scored_too(session: Session, teacher: Teacher, tmp_path: Path) -> None:
    taught(teacher)
    teacher.forget()
    teacher.scores()
    assert not session.teaching
    new = Track(tmp_path / "new.flac", FileStamp(1, 999, 999), 10.0)
    session.library.put_tracks([new])
    row = np.ones(CHANNELS, np.float16).tobytes()
    scores = Scores(session.card.digest, TrackId("new"), 10.0, VALUES)
    session.library.put_scores(new.path, new.stamp, KeptScores(scores, b"", 0, row))
    assert teacher.scores()[TrackId("new")] == pytest.approx(session.taught.scores(row))


@pytest.fixture
def other_model(tmp_path: Path) -> str:
    """Another one, with other weights."""
    torch.manual_seed(99)
    card = tiny_card("other")
    network = build(card.network, len(card.tags))
    save_model(tmp_path / "other", card, {key: value.numpy() for key, value in network.state_dict().items()})
    return str(tmp_path / "other")


@pytest.fixture
def corrected_model(session: Session, tmp_path: Path) -> str:
    """The model with another head, as training on corrections makes it."""
    card, arrays = session.card, read_weights(tmp_path / "model", session.card)
    head = {name: array + 1 for name, array in arrays.items() if name.startswith("head.")}
    save_model(tmp_path / "corrected", replace(card, name="corrected"), {**arrays, **head})
    return str(tmp_path / "corrected")


def test_a_taught_tag_comes_along_with_the_trunk(
    session: Session, teacher: Teacher, tmp_path: Path, corrected_model: str
) -> None:
    taught(teacher)
    session.set_threshold("dungeon synth", 0.4)
    teacher.export("dungeon synth", tmp_path / f"out{SUFFIX}")
    (tag,) = session.taught.tags
    before = session.card.digest
    session.use_model(corrected_model)
    assert session.card.digest != before
    assert session.taught.tags == (tag,)
    assert teacher.elsewhere == ()
    assert "dungeon synth" in [shown.name for shown in session.scheme.tags]
    assert session.thresholds.by_name == {"dungeon synth": 0.4}
    teacher.remove("dungeon synth")
    assert teacher.take(tmp_path / f"out{SUFFIX}").tag == tag
    session.use_model(str(tmp_path / "model"))
    assert session.taught.tags == (tag,)
    assert session.thresholds.by_name == {}


def test_files_of_earlier_versions_name_all_the_weights(
    session: Session, teacher: Teacher, tmp_path: Path, corrected_model: str
) -> None:
    taught(teacher)
    (path,) = session.taught.folder.iterdir()
    old = {key: value for key, value in msgspec.json.decode(path.read_bytes()).items() if key != "trunk"}
    earlier = path.parent.with_name(session.card.digest) / path.name
    earlier.parent.mkdir()
    earlier.write_bytes(msgspec.json.encode(old))
    path.unlink()
    shutil.copytree(tmp_path / "model", tmp_path / "data" / "models" / "model")
    session.use_model("model")
    assert [tag.name for tag in session.taught.tags] == ["dungeon synth"]
    again = Session(tmp_path / "data", corrected_model, "cpu")
    assert [tag.name for tag in again.taught.tags] == ["dungeon synth"]
    Teacher(again).remove("dungeon synth")
    assert not earlier.exists()
    again.close()


@pytest.mark.parametrize("how", ["another model", "removed", "removed before a start"])
def test_what_files_have_of_a_taught_tag_stays_there(
    session: Session,
    teacher: Teacher,
    tracks: list[Track],
    other_model: str,
    tmp_path: Path,
    how: str,
) -> None:
    taught(teacher, "and x")
    first, *_ = session.scheme.tags
    heard = [Suggestion(first, 0.9, 0.4, suggested=True)]
    there = ("genre:and x", first.key, "mood:nobody's")
    if how == "another model":
        session.use_model(other_model)
    else:
        removed = teacher.remove("and x")
        if how == "removed before a start":
            session.close()
            session = Session(tmp_path / "data", str(tmp_path / "model"), "cpu")

    def noted(*before: str) -> list[tuple[str, ...]]:
        track = replace(tracks[0], tags={Field.MAT_TAGS: before})
        plan = plan_file(session, track, heard)
        return [c.after for c in plan.changes if c.field is Field.MAT_TAGS] if plan else []

    assert noted(*there[:2]) == []
    assert noted(*there) == [there[:2]]
    assert noted("genre:and x") == [there[:2]]
    if how == "removed":
        teacher.restore(removed)
        assert noted(*there[:2]) == [(first.key,)]  # the user does not want it there
        assert removed.kept is not None
        assert not removed.kept.exists()
    session.close()


@pytest.mark.parametrize("differs", ["weights", "level"])
def test_another_trunk_learns_anew_from_the_examples(
    session: Session, teacher: Teacher, tracks: list[Track], tmp_path: Path, other_model: str, differs: str
) -> None:
    taught(teacher, field=Field.GROUPING)
    if differs == "level":
        arrays = read_weights(tmp_path / "model", session.card)
        save_model(
            tmp_path / "other",
            replace(session.card, level=-7.5),
            {**arrays, "head.bias": -arrays["head.bias"]},
        )
    rows = dict(session.library.features(session.card.digest))
    session.library.put_said([(*file(tmp_path, 7), {"dungeon synth": Verdict.ACCEPTED}, None)])
    session.use_model(other_model)
    assert session.taught.tags == ()
    assert [tag.name for tag in teacher.elsewhere] == ["dungeon synth"]
    assert teacher.learn_anew().left == {"dungeon synth": "3 more examples that this model has listened to"}
    for number, track in enumerate(tracks):
        scores = Scores(session.card.digest, TrackId(f"{number:03}"), 10.0, VALUES)
        session.library.put_scores(track.path, track.stamp, KeptScores(scores, b"", 0, rows[scores.track_id]))
    (tag,) = teacher.learn_anew().learned
    assert (tag.examples, tag.field, tag.model) == (ids(*range(6), 7), Field.GROUPING, session.card.digest)
    assert session.taught.tags == (tag,)
    assert teacher.elsewhere == ()
    session.use_model(str(tmp_path / "model"))
    assert [tag.examples for tag in session.taught.tags] == [ids(*range(6))]


def test_another_model_learns_from_what_it_hears(
    session: Session, teacher: Teacher, tracks: list[Track], other_model: str
) -> None:
    taught(teacher)
    study = teacher.study(Marks(ids(*range(6)), ids(30, 31)))
    session.use_model(other_model)
    assert teacher.study(Marks(ids(*range(6)), ids(30, 31))).tracks == 0
    with pytest.raises(UsageFault, match="another model"):
        teacher.save("crypt", Category.GENRE, None, study)
    for number, track in enumerate(tracks):
        row = np.full(CHANNELS, number / 100, np.float16).tobytes()
        scores = Scores(session.card.digest, TrackId(f"{number:03}"), 10.0, VALUES)
        session.library.put_scores(track.path, track.stamp, KeptScores(scores, b"", 0, row))
    assert teacher.load() == TRACKS - 1  # one is silent
    taught(teacher)
    row = np.full(CHANNELS, 0.5, np.float16).tobytes()
    assert teacher.scores()[TrackId("050")] == pytest.approx(session.taught.scores(row), abs=1e-5)


def test_a_field_of_its_own_counts_after_a_change_of_the_model(
    session: Session, teacher: Teacher, tracks: list[Track], tmp_path: Path, other_model: str
) -> None:
    taught(teacher, field=Field.GROUPING)
    session.use_model(other_model)
    again = Session(tmp_path / "data", other_model, "cpu")
    assert Field.GROUPING not in again.policies
    again.use_model(str(tmp_path / "model"))
    scores = replace(next(known_of(again, tracks)).scores)
    suggestions = suggest(again.scheme, again.card, scores, {"dungeon synth": Verdict.ACCEPTED})
    plan = plan_file(again, tracks[0], suggestions)
    assert plan is not None
    assert Field.GROUPING in [change.field for change in plan.changes]
    again.close()


def test_a_name_that_is_shown_already_is_refused_before_anything_is_written(
    session: Session, teacher: Teacher
) -> None:
    rock, other = session.scheme.tags[0].name, session.scheme.tags[1].name
    session.change_tags(
        {
            rock: TagChange(label="Shoegaze"),
            other: TagChange(drop=True),
            "Crypt": TagChange(category=Category.GENRE),
        }
    )
    before = session.scheme
    study = teacher.study(Marks(ids(*range(6)), ids(30, 31)))
    assert "is shown as “Shoegaze” already" in teacher.check_name("shoegaze")
    assert "which is dropped" in teacher.check_name(other.upper())
    assert "“Crypt” already" in teacher.check_name("crypt")
    assert teacher.check_name("Crypt") == ""  # added by hand so far
    teacher.check_name = lambda name, before="": ""  # type: ignore[method-assign]
    for name in ("shoegaze", other.upper(), "crypt"):
        with pytest.raises(UsageFault):
            teacher.save(name, Category.GENRE, None, study)
    assert session.scheme == before
    assert not session.taught.folder.exists()
    teacher.save("Crypt", Category.GENRE, None, study)
    assert [tag.sources for tag in session.scheme.tags if tag.name == "Crypt"] == [("taught/Crypt",)]


def test_a_clash_found_at_the_start_costs_the_taught_tag_alone(
    session: Session, teacher: Teacher, tmp_path: Path
) -> None:
    taught(teacher)
    rock, other = session.scheme.tags[0].name, session.scheme.tags[1].name
    path = tmp_path / "data" / "tags.toml"
    path.write_text(f'[tags."{rock}"]\nlabel = "Dungeon Synth"\n[tags."{other}"]\ndrop = true\n')
    again = Session(tmp_path / "data", str(tmp_path / "model"), "cpu")
    assert again.tags_fault is None
    (slip,) = again.slips
    assert slip.cost == "“dungeon synth” is left out"
    assert rock in slip.why
    assert again.scheme.tags[0].shown == "Dungeon Synth"
    names = [tag.name for tag in again.scheme.tags]
    assert other not in names
    assert "dungeon synth" not in names
    assert "dungeon synth" not in [tag.name for tag in again.bundled_scheme.tags]
    again.change_tags({"new": TagChange(category=Category.MOOD)})  # others may be changed
    again.change_tags({rock: None})
    assert again.slips == ()
    assert "dungeon synth" in [tag.name for tag in again.scheme.tags]
    again.close()


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
    before = teacher.remove("dungeon synth").tag
    assert teacher.take(target).tag == before
    assert session.taught.tags == (before,)


def test_a_tag_of_another_model_is_refused_and_can_be_taught_anew(
    session: Session, teacher: Teacher, tmp_path: Path
) -> None:
    taught(teacher)
    target = tmp_path / f"out{SUFFIX}"
    teacher.export("dungeon synth", target)
    teacher.remove("dungeon synth")
    other = msgspec.json.decode(target.read_bytes())
    target.write_bytes(
        msgspec.json.encode({**other, "trunk": "f" * 12, "model": "0123456789ab", "model_name": "older"})
    )
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
        (b"{}", "is missing"),
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


def test_copies_of_a_sound_count_as_one_mark(
    session: Session, teacher: Teacher, tracks: list[Track], tmp_path: Path
) -> None:
    """The same samples in another container are another track in which the same was heard."""
    same = Track(tmp_path / "copy.wav", FileStamp(1, 7, 7), 10.0)
    session.library.put_tracks([same])
    heard = dict(session.library.features(session.card.digest))[TrackId("001")]
    scores = Scores(session.card.digest, TrackId("copy"), 10.0, VALUES)
    session.library.put_scores(same.path, same.stamp, KeptScores(scores, b"", 0, heard))
    teacher.load()
    copy = TrackId("copy")

    study = teacher.study(Marks((*ids(0, 1), copy), ()))
    assert study.lesson is None
    assert study.lacking == 1
    assert study.copies == {copy: TrackId("001")}

    alone = teacher.study(Marks(ids(0, 1, 2), ids(30)))
    study = teacher.study(Marks((*ids(0, 1, 2), copy), ids(30)))
    assert study.marks == alone.marks
    assert study.lesson is not None
    assert alone.lesson is not None
    assert np.array_equal(study.lesson.margins, alone.lesson.margins)  # hidden together
    assert study.tracks == TRACKS + 1
    tag = teacher.save("sweep", Category.GENRE, None, study)
    assert tag.marked == 4
    assert teacher.marks("sweep").examples == (*ids(0, 1, 2), copy)  # it is still said of the copy


def test_what_cannot_be_learned_is_not_offered_and_says_why(
    session: Session, teacher: Teacher, tracks: list[Track], tmp_path: Path
) -> None:
    tag = teacher.save("sweep", Category.GENRE, None, teacher.study(Marks(ids(0, 1, 2), ())))
    other = replace(session.card, weights=replace(session.card.weights, sha256="0" * 64))
    session.taught = Shelf(tmp_path / "data" / "taught", other, lambda model: f"trunk of {model}")
    session.card = other
    assert [t.name for t in teacher.elsewhere] == [tag.name]
    heard = np.random.default_rng(1).gamma(1.0, 1.0, (10, CHANNELS)).astype(np.float16)
    heard[2] = heard[1]
    for number in range(10):
        track = tracks[number]
        scores = Scores(other.digest, TrackId(f"{number:03}"), 10.0, VALUES)
        kept = KeptScores(scores, b"", 0, heard[number].tobytes())
        session.library.put_scores(track.path, track.stamp, kept)
    assert teacher.learnable() == ()
    assert teacher.learn_anew().left == {"sweep": "1 more example: copies of a track count as one"}
    kept = KeptScores(Scores(other.digest, TrackId("001"), 10.0, VALUES), b"", 0, heard[0].tobytes()[::-1])
    session.library.put_scores(tracks[1].path, tracks[1].stamp, kept)
    assert [t.name for t in teacher.learnable()] == ["sweep"]
