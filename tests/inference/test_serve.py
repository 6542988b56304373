"""The engine's own side, in this process."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from mat_desktop.domain.melspec import MelSpec
from mat_desktop.errors import DecodeError
from mat_desktop.inference import serve
from mat_desktop.inference.protocol import (
    Cancel,
    DrawFile,
    Drawing,
    Failed,
    FindEvidence,
    Request,
    ScoreFile,
    receive_answer,
    send,
)
from mat_desktop.inference.serve import Engine, _Cancelled
from mat_desktop.inference.tagger import Tagger
from tests.models import tiny_model


def test_evidence_comes_while_scoring_rests_in_the_middle_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny_model(tmp_path)
    engine = Engine(io.BytesIO(), 2)
    engine._tagger = Tagger.open(tmp_path, torch.device("cpu"))
    log_mel = (np.random.default_rng(0).standard_normal((96, 911 * 6)) * 15 - 30).astype(np.float32)
    resting, rest = threading.Event(), engine._rest

    def rests(request: ScoreFile) -> None:
        resting.set()
        rest(request)

    monkeypatch.setattr(engine, "_rest", rests)
    monkeypatch.setattr(engine, "_hear", lambda *_, **__: (None, log_mel))
    monkeypatch.setattr(engine, "_look", lambda *_: log_mel)
    engine._going.clear()
    outcome: list[object] = []

    def score() -> None:
        try:
            engine._score(ScoreFile(1, b"long"))
        except _Cancelled:
            outcome.append("cancelled")

    def find() -> None:
        outcome.append(engine._find(FindEvidence(2, b"short", [0])).columns)

    scoring = threading.Thread(target=score, daemon=True)
    finding = threading.Thread(target=find, daemon=True)
    scoring.start()
    assert resting.wait(10)  # decoded, and before the first of its windows
    finding.start()
    finding.join(20)
    assert outcome == [-(-log_mel.shape[1] // 4)]
    engine._cancelled[Cancel(1, "scores").what] = 1
    scoring.join(20)
    assert outcome[1:] == ["cancelled"]


def test_a_picture_is_told_as_it_comes_with_few_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "SAY_SECONDS", 0.0)
    told: list[object] = []
    spec = MelSpec()
    sketch = serve._Sketch(7, spec, told.append)
    log_mel = (np.random.default_rng(0).standard_normal((96, 256 * 4)) * 15 - 30).astype(np.float32)
    for start in range(0, log_mel.shape[1], 256):
        sketch.add(log_mel[:, start : start + 256], 3600.0)
    sketch.add(log_mel[:, :100], 3600.0)  # the last part: the whole is about to come
    assert len(told) == 4
    last = told[-1]
    assert isinstance(last, Drawing)
    assert (last.id, last.bands) == (7, 96)
    assert 3600 * last.frames_per_second <= serve.COLUMNS
    assert last.frames / last.frames_per_second == pytest.approx(1024 / spec.frames_per_second)
    step = round(spec.frames_per_second / last.frames_per_second)
    grey, top = serve._grey(log_mel.reshape(96, -1, step).mean(axis=2), spec)
    assert (last.picture, last.top_db) == (grey.tobytes(), top)


def test_a_picture_of_unknown_length_gets_coarser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serve, "SAY_SECONDS", 0.0)
    told: list[Drawing] = []
    sketch = serve._Sketch(1, MelSpec(), told.append)  # type: ignore[arg-type]
    for _ in range(60):
        sketch.add(np.zeros((96, 256), np.float32), None)
    assert max(part.frames for part in told) <= 2 * serve.COLUMNS
    last = told[-1]
    assert last.frames / last.frames_per_second == pytest.approx(60 * 256 / 31.25)


def test_a_picture_is_given_up_between_two_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(io.BytesIO(), 1)
    read: list[int] = []

    class Endless:
        expected = None

        def __init__(self, *_: object) -> None: ...

        def __iter__(self) -> Iterator[np.ndarray]:
            for number in range(1000):
                read.append(number)
                if number == 3:
                    engine.run(requests(Cancel(5, "pictures")))
                yield np.zeros(16_000, np.float32)

    def requests(*messages: Request) -> io.BytesIO:
        pipe = io.BytesIO()
        for message in messages:
            send(pipe, message)
        pipe.seek(0)
        return pipe

    monkeypatch.setattr(serve, "Decoding", Endless)
    with pytest.raises(_Cancelled):
        engine._draw(DrawFile(5, b"nowhere"))
    assert len(read) <= 5


def test_a_file_that_goes_while_it_is_read_is_absent_whatever_its_decoder_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers, path = io.BytesIO(), tmp_path / "song.flac"
    path.touch()
    engine = Engine(answers, 1)

    def read(_: Request) -> None:
        cause = "not audio, or damaged beyond reading"
        if len(answers.getvalue()):
            path.unlink()
        raise DecodeError(path, cause)

    monkeypatch.setattr(engine, "_meet", read)
    for number in (1, 2):
        engine._answer(ScoreFile(number, bytes(path)))
    answers.seek(0)
    own, gone = receive_answer(answers), receive_answer(answers)
    assert isinstance(own, Failed) and isinstance(gone, Failed)
    assert (own.absent, gone.absent) == (False, True)
    assert "drive" in gone.cause
