from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread, Timer

import numpy as np
import pytest

from mat_desktop.app.demo import demo_folder
from mat_desktop.app.draw import draw
from mat_desktop.app.remembered import known, taggram
from mat_desktop.app.scan import scan
from mat_desktop.app.score import Heard, pack, score, unpack
from mat_desktop.app.session import Session
from mat_desktop.domain.track import Track
from mat_desktop.errors import DecodeError, EngineFault, FileFault
from tests.models import tiny_model
from tests.sounds import encode, tone


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    tiny_model(tmp_path / "model")
    session = Session(tmp_path / "data", str(tmp_path / "model"), "cpu")
    yield session
    session.close()


def tracks(session: Session, *paths: Path) -> list[Track]:
    return [found for found in scan(session, paths, Event()) if isinstance(found, Track)]


def test_heard_once_then_known(session: Session, tmp_path: Path) -> None:
    found = tracks(session, encode(tmp_path / "a.flac", tone(40.0)))
    assert list(known(session, found)) == []
    (heard,) = score(session, found, Event())
    assert isinstance(heard, Heard)
    over_time = taggram(session, found[0])
    assert over_time is not None
    assert over_time.shape == (5, round((1 + 40 * 16_000 // 512) / 911 * 8))
    assert heard.scores.seconds == pytest.approx(40, abs=0.01)

    (again,) = known(session, found)
    assert again.scores == heard.scores
    session.engine.close()  # what is known needs no engine
    assert [item.path for item in score(session, found, Event())] == [found[0].path]


def test_broken_files_are_yielded_as_faults(session: Session, tmp_path: Path) -> None:
    good = encode(tmp_path / "good.flac", tone(1.0))
    cut = encode(tmp_path / "cut.flac", tone(10.0))
    cut.write_bytes(cut.read_bytes()[:30_000])
    results = {item.path: item for item in score(session, tracks(session, good, cut), Event())}
    assert isinstance(results[good], Heard)
    assert isinstance(results[cut], DecodeError)


def test_a_file_that_goes_away_before_it_is_heard_waits(session: Session, tmp_path: Path) -> None:
    drive, away = tmp_path / "drive", tmp_path / "away"
    drive.mkdir()
    (track,) = tracks(session, encode(drive / "a.flac", tone(1.0)))
    drive.rename(away)
    (fault,) = score(session, [track], Event())
    assert isinstance(fault, FileFault)
    assert fault.absent, fault.cause
    away.rename(drive)
    assert session.library.tracks([track.path])[track.path].fault == ""


def test_cancelling_ends_the_iteration(session: Session, tmp_path: Path) -> None:
    found = tracks(session, *(encode(tmp_path / f"{n}.flac", tone(20.0)) for n in range(12)))
    cancel = Event()
    heard = []
    for item in score(session, found, cancel):
        heard.append(item)
        cancel.set()
    assert 1 <= len(heard) < 12


def test_a_picture(session: Session, tmp_path: Path) -> None:
    picture = draw(session, encode(tmp_path / "a.flac", tone(5.0)))
    assert picture.mel.shape == (96, 157)
    assert picture.mel.max() == 255
    with pytest.raises(DecodeError):
        draw(session, tmp_path / "gone.flac")


def test_packing_keeps_what_can_be_seen() -> None:
    scores = np.linspace(0, 1, 1001).astype(np.float16)
    error = np.abs(unpack(pack(scores)).astype(np.float32) - scores.astype(np.float32))
    assert error.max() < 0.005
    assert error[scores < 0.05].max() < 0.001


def test_the_demo_is_copied_once(session: Session) -> None:
    folder = demo_folder(session)
    assert len(list(folder.iterdir())) == 8
    first = sorted(folder.iterdir())[0]
    first.write_bytes(b"the user's own")
    assert demo_folder(session) == folder
    assert first.read_bytes() == b"the user's own"


def test_an_engine_that_is_closed_meanwhile_is_no_success(session: Session, tmp_path: Path) -> None:
    """As when another model comes into use: the rest was not heard, and nobody waits for it for ever."""
    found = tracks(session, *(encode(tmp_path / f"{n}.flac", tone(60.0)) for n in range(12)))
    session.start_engine()
    session.engine.hold(True)
    cancel, raised = Event(), Event()

    def listen() -> None:
        with pytest.raises(EngineFault, match="closed"):
            list(score(session, found, cancel))
        raised.set()

    thread = Thread(target=listen, daemon=True)
    thread.start()
    Timer(1, session.engine.close).start()
    assert raised.wait(20)
    cancel.set()
    thread.join(5)
    assert not any(track.fault for path in found if (track := session.library.track(path.path)))
