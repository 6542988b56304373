"""From verdicts in the library to a file, and from that file to what training reads."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from mutagen.flac import FLAC

from mat_desktop.app.corrections import collect_corrections, count_corrections, write_corrections
from mat_desktop.app.scan import scan
from mat_desktop.app.session import Session
from mat_desktop.app.tag_file import TagChange
from mat_desktop.domain.scores import Scores, Verdict
from mat_desktop.domain.tags import Category
from mat_desktop.domain.taught import TAUGHT_FORMAT, TaughtTag
from mat_desktop.domain.track import Track, TrackId
from mat_desktop.errors import StoreFault, UsageFault
from mat_desktop.store.library import KeptScores
from tests.sounds import encode, tone
from training.corrections.file import is_corrections, read_corrections

FEATURES = np.array([0.5, -1.0], "<f2").tobytes()
YES, NO = Verdict.ACCEPTED, Verdict.REJECTED


def heard(session: Session, *paths: Path) -> list[TrackId]:
    """Tracks that have an identity, as after listening."""
    ids = []
    for track in list(scan(session, paths, Event())):
        assert isinstance(track, Track)
        ids.append(TrackId(ascii(track.path.stem)))
        scores = Scores(session.card.digest, ids[-1], 1.0, (0.5,) * len(session.card.tags))
        session.library.put_scores(track.path, track.stamp, KeptScores(scores, b"", 0, FEATURES))
    return ids


def test_what_is_written_is_what_training_reads(session: Session, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/c\xff.flac"))
    paths = [encode(tmp_path / f"{name}.flac", tone(0.2)) for name in "ab"]
    file = FLAC(paths[0])
    file["artist"] = ["One", "Two"]
    file.save()
    paths[1].rename(odd)
    a, c = heard(session, paths[0], odd)
    session.library.put_said([(a, paths[0], {"rock": YES, "guitar": NO}, None)])
    session.library.put_said([(c, odd, {"guitar": YES}, None)])
    folder, collected = write_corrections(session)
    assert folder == session.data_dir / "training" / "corrections"
    assert is_corrections(folder)
    read = read_corrections(folder)
    assert read == collected.corrections
    assert read.tracks == (paths[0], odd)
    assert read.features == ({session.card.digest: FEATURES},) * 2
    assert read.artists == (("One", "Two"), ())
    assert read.verdicts == ({"rock": True, "guitar": False}, {"guitar": True})
    scheme = {tag.name: tag for tag in session.scheme.tags}
    assert read.sources == {name: scheme[name].sources for name in ("guitar", "rock")}
    assert (collected.tracks, collected.tags, collected.verdicts, collected.accepted) == (2, 2, 3, 2)
    assert [path.name for path in folder.iterdir()] == ["corrections.json"]


def test_what_no_output_stands_for_is_left_out_and_named(session: Session, tmp_path: Path) -> None:
    path = encode(tmp_path / "a.flac", tone(0.2))
    (a,) = heard(session, path)
    session.change_tags({"my own": TagChange(category=Category.MOOD, label="my own")})
    session.keep_taught(
        TaughtTag(
            TAUGHT_FORMAT, "banjo", Category.INSTRUMENT, session.card.digest, "tiny", "2026-01-01",
            (1.0,), 0.0, 0.5, (a,), (), 1, 1.0,
        )
    )  # fmt: skip
    session.library.put_said([(a, path, {"my own": YES, "banjo": YES, "no such": NO}, None)])
    with pytest.raises(UsageFault, match=r"“banjo” left out.*“my own”, “no such” left out"):
        write_corrections(session)
    session.library.put_said([(a, path, {"rock": NO}, None)])
    collected = collect_corrections(session)
    assert collected.corrections.verdicts == ({"rock": False},)
    assert collected.taught == ("banjo",)
    assert collected.other == ("my own", "no such")


def test_files_that_are_gone_or_changed_cost_only_themselves(session: Session, tmp_path: Path) -> None:
    paths = [encode(tmp_path / f"{name}.flac", tone(0.2)) for name in ("a", "changed", "gone")]
    ids = heard(session, *paths)
    for file in [*zip(ids, paths, strict=True), (TrackId("elsewhere"), tmp_path / "elsewhere")]:
        session.library.put_said([(*file, {"rock": YES}, None)])
    encode(paths[1], tone(0.3))
    paths[2].unlink()
    collected = collect_corrections(session)
    assert collected.corrections.tracks == (paths[0],)
    reasons = {fault.path: fault.cause for fault in collected.skipped}
    assert reasons == {
        paths[1]: "it changed since it was listened to; scan it again",
        paths[2]: "No such file or directory",
    }
    assert collected.lost == 1
    assert collected.left_out == ("1 track left out: no file in the library has that sound any more.",)


def test_they_are_counted_without_a_look_at_any_file_or_what_was_heard(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [encode(tmp_path / f"{name}.flac", tone(0.2)) for name in "ab"]
    a, b = heard(session, *paths)
    said = ({"rock": YES, "guitar": NO}, {"rock": NO, "no such": YES}, {"rock": YES})
    files = [(a, paths[0]), (b, paths[1]), (TrackId("elsewhere"), tmp_path / "elsewhere")]
    session.library.put_said([(*file, what, None) for file, what in zip(files, said, strict=True)])
    with monkeypatch.context() as patched:
        for name in ("stat", "judged_features"):
            owner = Path if name == "stat" else type(session.library)
            patched.setattr(owner, name, lambda *_, **__: pytest.fail("it takes long"))
        counted = count_corrections(session)
    collected = collect_corrections(session)
    assert (counted.verdicts, counted.tracks) == (collected.verdicts, collected.tracks) == (3, 2)
    assert counted.left_out == collected.left_out
    assert len(counted.left_out) == 2


def test_of_two_copies_the_one_that_is_there_is_taken(session: Session, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
    paths = [encode(tmp_path / name / "same.flac", tone(0.2)) for name in "ab"]
    ids = heard(session, *paths)
    assert ids[0] == ids[1]
    session.library.put_said([(ids[0], paths[0], {"rock": YES}, None)])
    assert collect_corrections(session).corrections.tracks == (paths[0],)
    paths[0].unlink()
    collected = collect_corrections(session)
    assert collected.corrections.tracks == (paths[1],)
    assert collected.skipped == ()


def test_a_folder_that_cannot_be_written_is_named(session: Session, tmp_path: Path) -> None:
    path = encode(tmp_path / "a.flac", tone(0.2))
    (a,) = heard(session, path)
    session.library.put_said([(a, path, {"rock": YES}, None)])
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreFault, match=r"file.*corrections\.json cannot be written"):
        write_corrections(session, tmp_path / "file")
