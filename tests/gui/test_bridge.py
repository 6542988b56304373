"""Much work reaches the UI thread whole and in order, however far the worker is ahead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from threading import Event

import pytest
from pytestqt.qtbot import QtBot

from mat_desktop.gui.bridge import Bridge
from mat_desktop.gui.jobs import WAITING, Job
from mat_desktop.gui.window import Window
from tests.gui.double import FakeServices


@pytest.fixture
def bridge(qtbot: QtBot) -> Iterator[Bridge]:
    made = Bridge()
    yield made
    assert made.shut(5000)


def test_a_job_that_is_far_ahead_is_delivered_whole_and_in_order(qtbot: QtBot, bridge: Bridge) -> None:
    count = WAITING * 5 + 7
    got: list[int] = []
    ends: list[Exception | None] = []
    bridge.do(Job("Counting", lambda cancel: iter(range(count)), on_items=got.extend, on_end=ends.append))
    qtbot.waitUntil(lambda: bool(ends), timeout=10_000)
    assert got == list(range(count))
    assert ends == [None]


def test_a_job_that_waits_for_the_ui_thread_can_be_cancelled(qtbot: QtBot, bridge: Bridge) -> None:
    def make(cancel: Event) -> Iterator[int]:
        number = 0
        while not cancel.is_set():
            number += 1
            yield number

    ends: list[Exception | None] = []
    bridge.do(Job("Counting", make, on_items=lambda items: None, on_end=ends.append))
    qtbot.wait(50)
    bridge.cancel()
    qtbot.waitUntil(lambda: bool(ends), timeout=10_000)
    assert not bridge.busy


def test_slices_come_in_order_and_a_new_question_replaces_the_rest(qtbot: QtBot, bridge: Bridge) -> None:
    got: list[tuple[int, int]] = []
    ends: list[str] = []

    def work(part: Sequence[int]) -> int:
        return sum(part)

    bridge.slices("sum", range(10), 3, work, lambda s, n: got.append((s, n)), lambda: ends.append("first"))
    qtbot.waitUntil(lambda: bool(ends))
    assert got == [(3, 3), (12, 6), (21, 9), (9, 10)]
    bridge.slices("sum", range(9999), 3, work, lambda *_: None, lambda: ends.append("dropped"))
    bridge.slices("sum", range(3), 3, work, lambda *_: None, lambda: ends.append("last"))
    qtbot.waitUntil(lambda: "last" in ends)
    assert ends == ["first", "last"]


def test_slices_grow_where_they_are_quick(qtbot: QtBot, bridge: Bridge) -> None:
    sizes: list[int] = []
    numbers: list[int] = []
    ends: list[str] = []

    def each(part: Sequence[int], done: int) -> None:
        sizes.append(len(part))
        numbers.extend(part)
        assert done == len(numbers)

    bridge.slices("all", range(200), 5, lambda part: part, each, lambda: ends.append("all"), most=40)
    qtbot.waitUntil(lambda: bool(ends))
    assert numbers == list(range(200))
    assert max(sizes[:-1]) > 5
    assert max(sizes) <= 40


def test_an_error_that_nobody_takes_is_in_the_log(
    qtbot: QtBot, bridge: Bridge, caplog: pytest.LogCaptureFixture
) -> None:
    bridge.ask("division", lambda: 1 / 0, lambda _: None)
    qtbot.waitUntil(lambda: bool(caplog.records))
    assert "division" in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_what_is_written_down_is_never_skipped(qtbot: QtBot, bridge: Bridge) -> None:
    gate = Event()
    done: list[int] = []
    answers: list[int] = []
    bridge.ask("long", lambda: gate.wait(5), lambda _: None)
    for number in range(5):
        bridge.keep(partial(done.append, number), lambda _, number=number: answers.append(number))
    gate.set()
    qtbot.waitUntil(lambda: len(answers) == 5)
    assert done == answers == list(range(5))


def test_questions_come_between_very_much_that_is_written_down(qtbot: QtBot, bridge: Bridge) -> None:
    done: list[object] = []
    for number in range(5):
        bridge.keep(partial(done.append, number))
    bridge.ask("question", lambda: None, lambda _: done.append("answer"))
    qtbot.waitUntil(lambda: "answer" in done and 4 in done)
    assert done.index("answer") < done.index(4)


def test_what_is_not_written_down_yet_when_the_window_closes_is(bridge: Bridge) -> None:
    done: list[int] = []
    for number in range(5):
        bridge.keep(partial(done.append, number))
    assert bridge.shut(5000)
    assert done == list(range(5))


def test_a_window_that_is_quit_while_it_writes_closes_after_the_file_under_way(
    qtbot: QtBot, window: Window, services: FakeServices
) -> None:
    """As Ctrl+C in the terminal does; tests too may end at any moment of a write."""
    go_on, begun = Event(), Event()

    def make(cancel: Event) -> Iterator[None]:
        begun.set()
        go_on.wait()
        yield

    job = Job("Writing", make, on_items=lambda _: None, on_end=lambda _: None, leave="A file is written.")
    window.bridge.do(job)
    qtbot.waitUntil(lambda: begun.is_set() and window.bridge.job is job)
    window.quit()
    assert not services.closed
    assert window.leave_bar.title.text() == "Finishing the files under way"
    assert window.leave_bar.isVisible()
    go_on.set()
    qtbot.waitUntil(lambda: services.closed, timeout=30_000)
