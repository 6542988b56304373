"""Undos that are cancelled, fail, or end with the process."""

from __future__ import annotations

import errno
import importlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from mat_desktop.app.recover import recover
from mat_desktop.app.reverse import reverse
from mat_desktop.app.scan import scan
from mat_desktop.app.session import Session
from mat_desktop.app.undo import (
    redoing,
    undoing,
)
from mat_desktop.domain.plan import WriteStatus
from mat_desktop.domain.track import Track
from tests.app.power_cut import power_cut
from tests.app.undoing import ALL, do, looked_at, write


@pytest.mark.parametrize(
    ("place", "error", "cause"),
    [
        ("mat_desktop.metadata.write.apply_delta", errno.ENOSPC, "no space left on the disk"),
        ("mat_desktop.metadata.write.sync_file", errno.EIO, "the disk reports a read or write error"),
        ("mat_desktop.metadata.write.swap", errno.EBUSY, "in use by another program"),
    ],
)
def test_a_fault_in_an_undo_costs_only_its_file(
    session: Session,
    music: list[Path],
    monkeypatch: pytest.MonkeyPatch,
    place: str,
    error: int,
    cause: str,
) -> None:
    before = [path.read_bytes() for path in music]
    run = write(session, ALL, *music)
    written = music[0].read_bytes()
    module, name = place.rsplit(".", 1)
    real, calls = getattr(importlib.import_module(module), name), []

    def fail_once(*arguments: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            raise OSError(error, "injected")
        return real(*arguments)

    monkeypatch.setattr(place, fail_once)
    results = do(session, undoing(session, run))
    assert [result.status for result in results] == [WriteStatus.FAILED, *[WriteStatus.WRITTEN] * 2]
    assert results[0].reason == cause
    assert [path.read_bytes() for path in music] == [written, *before[1:]]
    assert not list(music[0].parent.glob(".mat-*"))
    assert session.journal.unfinished() == []
    do(session, undoing(session, run))
    assert [path.read_bytes() for path in music] == before


def test_cancelled_in_the_middle_the_rest_is_undone_later(session: Session, music: list[Path]) -> None:
    before = [path.read_bytes() for path in music]
    run = write(session, ALL, *music)
    task, cancel = undoing(session, run), Event()
    for _ in reverse(session, task, looked_at(session, task), cancel):
        cancel.set()
    assert [path.read_bytes() == old for path, old in zip(music, before, strict=True)] == [True, False, False]
    assert session.runs()[0].planned == 3
    assert len(undoing(session, run).pasts) == 2
    do(session, undoing(session, run))
    assert [path.read_bytes() for path in music] == before


@pytest.mark.parametrize("replaced", [False, True])
def test_after_a_crash_in_an_undo_the_history_is_right(
    session: Session, music: list[Path], replaced: bool
) -> None:
    before = music[0].read_bytes()
    list(scan(session, music, Event()))
    run = write(session, ALL, music[0])
    written = music[0].read_bytes()
    with power_cut(session, replaced=replaced):
        do(session, undoing(session, run))
    recover(session)
    assert music[0].read_bytes() == (before if replaced else written)
    assert [entry.undone for entry in session.runs() if entry.id == run] == [replaced]
    assert not list(music[0].parent.glob(".mat-*"))
    (track,) = (t for t in scan(session, music[:1], Event()) if isinstance(t, Track))
    assert not track.outside, "its own write is no other program's"
    if not replaced:
        do(session, undoing(session, run))
        assert music[0].read_bytes() == before
    do(session, redoing(session, run))
    assert music[0].read_bytes() == written


KILLED = """
import os, pathlib, signal, sys
from mat_desktop.__main__ import main
real, calls = os.{name}, []
def die(*arguments, **named):
    calls.append(1)
    if len(calls) == {when} and {before}:
        os.kill(os.getpid(), signal.SIGKILL)
    answer = real(*arguments, **named)
    if len(calls) == {when}:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer
os.{name} = die
main(["undo", "--data-dir", {data!r}])
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is POSIX")
@pytest.mark.parametrize(
    ("name", "when", "before"),
    [
        ("replace", 1, True),
        ("replace", 2, False),
        ("fsync", 4, False),
    ],
)
def test_killed_in_the_middle_of_an_undo(
    session: Session, music: list[Path], tmp_path: Path, name: str, when: int, before: bool
) -> None:
    old = [path.read_bytes() for path in music]
    write(session, ALL, *music)
    new = [path.read_bytes() for path in music]
    session.close()
    script = KILLED.format(name=name, when=when, before=before, data=str(tmp_path / "data"))
    died = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert died.returncode == -signal.SIGKILL, died.stderr
    for path, states in zip(music, zip(old, new, strict=True), strict=True):
        assert path.read_bytes() in states
    again = subprocess.run(
        [sys.executable, "-m", "mat_desktop", "undo", "1", "--data-dir", str(tmp_path / "data")],
        capture_output=True,
        text=True,
    )
    assert again.returncode == 0, again.stderr
    assert [path.read_bytes() for path in music] == old
    assert not list(music[0].parent.glob(".mat-*"))
