"""Two models that each hear the same tags in everything, compared on a small library."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from mat_desktop.app.compare import Compared, Comparison, Decided, Differences
from mat_desktop.app.scan import scan
from mat_desktop.app.score import score
from mat_desktop.app.session import Session
from mat_desktop.domain.card import ModelCard
from mat_desktop.domain.scores import Verdict
from mat_desktop.domain.tags import Category
from mat_desktop.domain.taught import TAUGHT_FORMAT, TaughtTag
from mat_desktop.domain.track import FileStamp, Track, TrackId
from mat_desktop.errors import FileFault, ModelFault, UsageFault
from mat_desktop.inference.cards import open_card, write_card
from mat_desktop.inference.client import Engine
from tests.models import sure_model
from tests.sounds import encode, tone

HAPPY = "mood/theme---happy"
YES, NO = Verdict.ACCEPTED, Verdict.REJECTED


@pytest.fixture
def other(tmp_path: Path) -> str:
    sure_model(tmp_path / "other", "rock", HAPPY)
    return str(tmp_path / "other")


@pytest.fixture
def session(tmp_path: Path, other: str) -> Iterator[Session]:
    sure_model(tmp_path / "model", "rock", "guitar")
    session = Session(tmp_path / "data", str(tmp_path / "model"), "cpu")
    yield session
    session.close()


def heard(session: Session, *paths: Path) -> list[Track]:
    """By the model in use."""
    tracks = [found for found in scan(session, paths, Event()) if isinstance(found, Track)]
    assert len(list(score(session, tracks, Event()))) == len(tracks)
    return tracks


def identity(session: Session, track: Track) -> TrackId:
    found = session.library.identity(track.path)
    assert found is not None
    return found


def edited(folder: str, **changes: object) -> ModelCard:
    card = replace(open_card(Path(folder)), **changes)  # type: ignore[arg-type]
    write_card(Path(folder), card)
    return card


def test_what_stays_comes_and_goes_and_what_the_user_decided(
    session: Session, other: str, tmp_path: Path
) -> None:
    tracks = heard(session, encode(tmp_path / "a.flac", tone(1.0)), encode(tmp_path / "b.flac", tone(1.5)))
    said = {"rock": YES, "guitar": NO, "happy": YES, "no such": YES}
    session.library.put_said([(identity(session, tracks[0]), tracks[0].path, said, None)])
    comparison = Comparison(session, other)
    assert comparison.heard(tracks) == 0
    differences = comparison.differences()
    found = {item.path: item for item in comparison.run(tracks, Event()) if isinstance(item, Compared)}
    for track in tracks:
        one = found[track.path]
        assert (one.stay, one.come, one.go) == (("rock",), ("happy",), ("guitar",))
        assert one.moved == pytest.approx(0.905, abs=0.01)
        differences.add(one)
    assert set(found[tracks[0].path].decided) == {
        Decided("guitar", False, present=True, other=False),
        Decided("happy", True, present=False, other=True),
        Decided("rock", True, present=True, other=True),
    }
    assert comparison.heard(tracks) == 2
    assert differences.summary == (
        "On 2 tracks: 2 suggestions stay, 2 come, 2 go. Of your 3 decisions "
        f"“{session.model}” agrees with 1, “{other}” with 3."
    )
    assert differences.conclusion == (
        f"Where they differ, “{session.model}” is right 0 times and “{other}” 2 times: too close to say "
        "which one is better for your music."
    )
    happy = next(line for line in differences.by_tag() if line.tag.name == "happy")
    assert (happy.come, happy.decisions, happy.present_right, happy.other_right) == (2, 1, 0, 1)
    assert differences.by_tag()[-1].tag.name == "rock"  # nothing comes or goes
    assert [track.path.name for track in differences.biggest(1, "happy")] == ["a.flac"]
    assert differences.biggest(5, "rock") == []


def test_decisions_made_since_are_weighed_without_hearing_anything(
    session: Session, other: str, tmp_path: Path
) -> None:
    tracks = heard(session, encode(tmp_path / "a.flac", tone(1.0)))
    comparison = Comparison(session, other)
    before = [one for one in comparison.run(tracks, Event()) if isinstance(one, Compared)]
    assert before[0].decided == ()
    said = {"rock": YES, "guitar": NO, "happy": YES, "no such": YES}
    session.library.put_said([(identity(session, tracks[0]), tracks[0].path, said, None)])
    assert comparison.anew(before) == list(comparison.run(tracks, Event()))
    assert len(comparison.anew(before)[0].decided) == 3


def test_nothing_is_heard_twice_and_the_model_in_use_stays_as_it_is(
    session: Session, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracks = heard(session, encode(tmp_path / "a.flac", tone(1.0)))
    session.library.put_queue([tracks[0].path])
    session.library.put_tracks([replace(tracks[0], outside=True)])
    card, engine = session.card, session.engine
    first = list(Comparison(session, other).run(tracks, Event()))
    assert session.card is card
    assert session.engine is engine
    assert session.library.queue() == [tracks[0].path]  # it still waits for the model in use
    kept = session.library.track(tracks[0].path)
    assert kept is not None
    assert kept.outside

    def never(folder: Path) -> Engine:
        raise AssertionError("it was heard already")

    monkeypatch.setattr(session, "engine_of", never)
    assert list(Comparison(session, other).run(tracks, Event())) == first
    assert [type(item) for item in first] == [Compared]


@pytest.mark.parametrize(
    ("present", "new", "learned", "says"),
    [
        (0, 9, False, "“new” fits your decisions better: it is worth using."),
        (9, 0, False, "“old” fits your decisions better: keep it."),
        (4, 9, False, "too close to say"),
        (0, 9, True, "it learned from these decisions"),
        (0, 0, False, "both say the same"),
    ],
)
def test_what_can_be_made_of_a_comparison_is_said(
    session: Session, present: int, new: int, learned: bool, says: str
) -> None:
    differences = Differences(session.scheme, "old", "new", learned=learned)
    decided = [
        *[Decided("rock", False, present=False, other=True)] * present,
        *[Decided("rock", True, present=False, other=True)] * new,
        *[Decided("happy", True, present=False, other=False)] * 3,
    ]
    for place, decision in enumerate(decided):
        differences.add(Compared(Path(str(place)), (), ("rock",), (), (decision,)))
    assert says in differences.conclusion


def test_own_thresholds_are_left_out_as_they_are_for_one_model(
    session: Session, other: str, tmp_path: Path
) -> None:
    tracks = heard(session, encode(tmp_path / "a.flac", tone(1.0)))
    session.library.put_threshold(open_card(Path(other)).digest, "happy", 0.99)
    session.set_threshold("guitar", 0.99)
    comparison = Comparison(session, other)
    (one,) = comparison.run(tracks, Event())
    assert isinstance(one, Compared)
    assert (one.stay, one.come, one.go) == (("rock",), ("happy",), ("guitar",))
    assert "Your own 2 thresholds do not count here" in comparison.notes[0]
    (one,) = comparison.run(tracks, Event(), shift=20.0)
    assert isinstance(one, Compared)
    assert (one.stay, one.come, one.go) == ((), (), ())


def test_what_cannot_be_compared_costs_only_itself(session: Session, other: str, tmp_path: Path) -> None:
    names = ("fine", "gone", "replaced", "unheard")
    paths = [encode(tmp_path / f"{name}.flac", tone(1.0 + n / 10)) for n, name in enumerate(names)]
    tracks = heard(session, *paths[:3])
    tracks += [found for found in scan(session, paths[3:], Event()) if isinstance(found, Track)]
    paths[1].unlink()
    # The sound is another one, though nothing about the file tells.
    kept = session.library.scores(tracks[2], session.card.digest)
    assert kept is not None
    fake = replace(kept, scores=replace(kept.scores, track_id=TrackId("other sound")))
    session.library.put_scores(paths[2], tracks[2].stamp, fake)
    found = {item.path: item for item in Comparison(session, other).run(tracks, Event())}
    assert isinstance(found[paths[0]], Compared)
    causes = {path.stem: item.cause for path, item in found.items() if isinstance(item, FileFault)}
    assert "the file is gone" in causes["gone"]
    assert causes["replaced"] == f"it changed since “{session.model}” heard it"
    assert causes["unheard"] == f"“{session.model}” has not heard it as it is now"
    gone = session.library.track(paths[1])
    assert gone is not None
    assert gone.fault == ""  # the model in use has heard it, and that holds


def test_cancelling_ends_it_even_while_the_process_starts(
    session: Session, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracks = heard(session, *(encode(tmp_path / f"{n}.flac", tone(20.0 + n)) for n in range(6)))
    made: list[Engine] = []
    make, cancel = session.engine_of, Event()

    def watched(folder: Path) -> Engine:
        made.append(make(folder))
        return made[-1]

    monkeypatch.setattr(session, "engine_of", watched)
    start = Engine.start

    def cancelled(engine: Engine) -> str:
        cancel.set()
        return start(engine)

    monkeypatch.setattr(Engine, "start", cancelled)
    assert list(Comparison(session, other).run(tracks, cancel)) == []
    assert made[0].device is None

    monkeypatch.setattr(Engine, "start", start)
    cancel.clear()
    found = []
    for item in Comparison(session, other).run(tracks, cancel):
        found.append(item)
        cancel.set()
    assert 1 <= len(found) < 6
    assert len(made) == 2


def test_a_model_that_is_in_use_missing_or_broken_is_refused(
    session: Session, other: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageFault, match="is the model in use"):
        Comparison(session, session.model)
    with pytest.raises(UsageFault, match="there is no model 'nowhere'"):
        Comparison(session, "nowhere")
    tracks = heard(session, encode(tmp_path / "a.flac", tone(1.0)))
    card = edited(other, network=replace(open_card(Path(other)).network, width=0.04))
    comparison = Comparison(session, other)
    with pytest.raises(ModelFault, match="do not fit"):
        list(comparison.run(tracks, Event()))
    (Path(other) / card.weights.file).unlink()
    with pytest.raises(ModelFault, match="No such file"):
        Comparison(session, other)


def test_what_has_to_be_known_of_the_figures_is_said(session: Session, other: str) -> None:
    assert Comparison(session, other).notes == ()
    learned = {"verdicts": 64, "agreement_before": 0.71, "agreement_held_out": 0.7}
    edited(other, metrics={"corrections": learned})
    session.keep_taught(
        TaughtTag(
            TAUGHT_FORMAT, "banjo", Category.INSTRUMENT, session.card.digest, "model", "2026-01-01",
            (1.0,), 0.0, 0.5, (), (), 1, 1.0,
        )
    )  # fmt: skip
    comparison = Comparison(session, other)
    trained, left_out, taught = comparison.notes
    assert "was trained on 64 of your decisions" in trained
    assert left_out == ("On tracks left out of its training it agreed with 70% of them, and before with 71%.")
    found = comparison.differences()
    decided = Decided("rock", True, present=False, other=True)
    for place in range(9):
        found.add(Compared(Path(str(place)), (), ("rock",), (), (decided,)))
    assert "agrees with 70% of them, the one it comes from with 71%: no better, so keep" in found.conclusion
    assert [note for note in comparison.notes if found.repeats(note)] == [left_out]
    assert "Taught tags are left out" in taught
    assert "banjo" not in {tag.name for tag in comparison.scheme.tags}


def test_a_sample_is_always_the_same_and_begins_with_what_was_decided_on() -> None:
    def track(name: str) -> Track:
        return Track(Path(name), FileStamp(1, 1, 1))

    a, b, c, twin = (track(name) for name in ("a", "b", "c", "twin of a"))
    candidates = [
        (a, TrackId("3"), False),
        (b, TrackId("2"), False),
        (c, TrackId("9"), True),
        (twin, TrackId("3"), False),
    ]
    assert Comparison.sample(candidates, 2) == [c, b]
    assert Comparison.sample(candidates, None) == [c, b, a]
    candidates[3] = (twin, TrackId("3"), True)
    assert Comparison.sample(candidates, None) == [twin, c, b]


def test_one_track_without_decisions_in_words(session: Session) -> None:
    differences = Differences(session.scheme, "old", "new")
    assert differences.summary == "No track was compared yet."
    differences.add(Compared(Path("a"), ("rock",), ("happy",), ()))
    assert differences.summary == ("On 1 track: 1 suggestion stays, 1 comes, 0 go.")
    assert differences.conclusion.startswith("You decided on none of these tracks yet: this shows what would")
    assert differences.changed() == 1
    assert differences.changed("rock") == 0
