"""The engine's own side, in this process."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from mat_desktop.inference.protocol import Cancel, FindEvidence, ScoreFile
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
