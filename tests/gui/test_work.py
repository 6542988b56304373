from __future__ import annotations

from pathlib import Path

import pytest

from mat_desktop.gui.work import Work


def test_files_of_one_name_have_their_own_progress() -> None:
    work = Work("Listening", total=4)
    first, second = Path("/a/01.flac"), Path("/b/01.flac")
    work.inside(first, 0.5)
    work.inside(second, 0.25)
    assert work.part == ("01.flac", 0.5)
    assert work.amount == 0.75
    work.inside(first, 1)
    assert work.part == ("01.flac", 0.25)


def test_files_that_were_known_before_say_nothing_of_how_long_the_others_take(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr("mat_desktop.gui.work.time.monotonic", lambda: now[0])
    work = Work("Scanning", total=1000)
    work.known = 500

    def go_on(done: int, passed: int, seconds: float) -> None:
        work.done, work.passed, now[0] = work.done + done, work.passed + passed, now[0] + seconds
        work.mark()

    go_on(0, 0, 0)
    go_on(300, 300, 0.01)
    assert work.rate == 0, "not 30,000 a second"
    go_on(100, 100, 0.99)
    assert work.rate == 400
    assert work.seconds_left is None, "none of those that take time was read"
    go_on(100, 100, 0.25)
    go_on(8, 0, 1)
    go_on(8, 0, 1)
    left = work.seconds_left
    assert left is not None and left > 60, "484 at 8 a second, less what the others took"
    for _ in range(12):
        go_on(8, 0, 1)
    assert work.seconds_left == (1000 - work.done) / 8

    again = Work("Scanning", total=1000)
    again.known = 990
    again.mark()
    again.done = again.passed = 500
    now[0] += 1
    again.mark()
    assert again.seconds_left == 1, "nearly all were known"
