"""Robustness, pooling and merging: figures that can be checked by hand, and the commands on a tiny corpus."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from mat_desktop.audio.decode import Decoding
from mat_desktop.domain.card import TagSpec
from mat_desktop.inference.cards import open_card
from tests.models import tiny_card
from tests.training.corpora import make_corpus
from training.__main__ import main
from training.benchmark import measure_loops
from training.display import columns_of, margins
from training.merging import compare_merging
from training.network import input_of
from training.pooling import compare_poolings
from training.robustness import RATE, VARIANTS, write
from training.settings import Settings

SCHEME = """
name = "tiny"
title = "tiny"
[[tags]]
name = "deep"
category = "character"
sources = ["mtat/low", "msd/deep"]
[[tags]]
name = "high"
category = "character"
sources = ["mtat/high", "elsewhere/high"]
"""


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_variants_are_the_same_sound_in_another_file(tmp_path: Path, variant: object) -> None:
    chosen = next(one for one in VARIANTS if one is variant)
    time = np.arange(2 * RATE) / RATE
    samples = (0.4 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    heard = np.concatenate(list(Decoding(write(tmp_path / f"a.{chosen.ending}", samples, chosen), 16_000)))
    silent = "silence" in chosen.name
    assert abs(len(heard) / 16_000 - (3 if silent else 2)) < 0.1
    loud = heard[20_000 if silent else 4_000 :][:8_000]
    wanted = 0.4 / np.sqrt(2) * (10 ** (-12 / 20) if "quieter" in chosen.name else 1)
    assert np.sqrt((loud**2).mean()) == pytest.approx(wanted, rel=0.05)
    if silent:
        assert np.abs(heard[:15_000]).max() < 1e-3


def test_margins_are_means_above_thresholds() -> None:
    card = replace(tiny_card(), tags=(TagSpec("low", "mtat", 0.5), TagSpec("deep", "msd", 0.1)))
    groups = columns_of({"deep": ("mtat/low", "msd/deep"), "other": ("mtat/none",)}, ["mtat/low", "msd/deep"])
    assert groups == {"deep": [0, 1]}
    scores = np.array([[0.5, 0.1], [0.6, 0.05]], np.float32)
    step = np.log(0.6 / 0.4), np.log(0.05 / 0.95) - np.log(0.1 / 0.9)
    np.testing.assert_allclose(margins(scores, card, groups)[:, 0], [0.0, sum(step) / 2], atol=1e-6)


def test_a_median_withstands_a_window_from_elsewhere() -> None:
    random = np.random.default_rng(0)
    labels = np.repeat(random.uniform(0, 1, (40, 5)), 4, axis=0).astype(np.float32)
    found = compare_poolings(labels, labels)
    assert found["tracks as they are"]["mean"]["correlation"] == pytest.approx(1)
    disturbed = found["one window from elsewhere"]
    assert disturbed["median"]["roc_auc"] == pytest.approx(1)
    assert max(disturbed["maximum"]["roc_auc"], disturbed["mean"]["roc_auc"]) < 1


def test_merging_is_judged_by_a_vocabulary_that_is_not_asked() -> None:
    random = np.random.default_rng(1)
    names = ("mtat", "mtg_jamendo", "msd")
    card = replace(tiny_card(), tags=tuple(TagSpec("rock", name, 0.5) for name in names))
    truth = random.standard_normal((200, 1))
    labels = 1 / (1 + np.exp(-np.repeat(truth, 3, axis=1)))
    scores = 1 / (1 + np.exp(-(truth + random.standard_normal((200, 3)))))
    sources = {"rock": tuple(f"{name}/rock" for name in names), "alone": ("msd/rock",)}
    found = compare_merging(card, scores.astype(np.float32), labels.astype(np.float32), sources)
    assert (found["tags"], found["judgements"]) == (1, 3)
    assert found["merged"] > found["better_single"] > found["single"]  # errors of two outputs cancel out


def test_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = make_corpus(tmp_path / "small")
    (tmp_path / "scheme.toml").write_text(SCHEME)
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    soundfile.write(sounds / "silence.wav", np.zeros(RATE), RATE)
    soundfile.write(sounds / "noise.flac", np.random.default_rng(0).standard_normal(RATE) * 0.1, RATE)
    (sounds / "broken.wav").write_bytes(b"RIFF")
    folders = ["--data", str(data), "--cache", str(tmp_path / "cache")]
    model, scheme = ["--model", str(tmp_path / "m")], ["--scheme", str(tmp_path / "scheme.toml")]
    words = ["--network", "fcn1d", "--layers", "3", "--width", "0.05", "--epochs", "1", "--batch-size", "4"]
    words += ["--crop-frames", "300"]
    assert main(["train", *folders, "--runs", str(tmp_path / "runs"), *words, "--export", model[1]]) == 0
    capsys.readouterr()
    nothing = ["--nothing", str(sounds), "--note", "--clips", "2"]
    assert main(["robustness", *folders, *model, *scheme, *nothing]) == 0
    shown = capsys.readouterr()
    found = json.loads(shown.out)
    assert found["clips"] == 2
    assert set(found["variants"]) == {variant.name for variant in VARIANTS}
    assert found["variants"]["48 kHz"]["mean_shift"] < 0.01
    assert found["nothing"]["sounds"] == 2
    assert "silence.wav" not in found["nothing"]["tags"]
    assert "broken.wav" in shown.err
    noted = open_card(tmp_path / "m").metrics
    assert noted["robustness"]["variants"] == found["variants"]
    assert noted["robustness"]["command"].startswith("python -m training")
    assert set(noted) > {"valid", "test"}
    assert main(["pooling", *folders, *model]) == 0
    assert "median" in json.loads(capsys.readouterr().out)["tracks as they are"]
    assert main(["merging", *folders, *model, *scheme]) == 0
    assert json.loads(capsys.readouterr().out)["judgements"] == 0
    assert main(["speed", *folders[:2], "--models", model[1], "--clips", "2"]) == 0
    taken = json.loads(capsys.readouterr().out)
    assert list(taken) == ["front end", "m"] and min(taken.values()) > 0
    (tmp_path / "scheme.toml").write_text("tags = 1")
    assert main(["merging", *folders, *model, *scheme]) == 1
    assert "is not a tag scheme" in capsys.readouterr().err


def test_a_benchmark_measures_nothing_but_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Settings] = []

    def ours(clips: object, settings: Settings, seconds: float) -> tuple[float, float, str]:
        seen.append(settings)
        return 2.0, 0.0, "32-true"

    monkeypatch.setattr("training.benchmark._plain", lambda *_: (1.0, 0.0))
    monkeypatch.setattr("training.benchmark._ours", ours)
    listens_to = input_of(Settings())
    told = Settings(eq_db=3, low_pass=0.5, ema_decay=0.9, short_epochs=2, crop_frames=0)
    measure_loops(SimpleNamespace(listens_to=listens_to, split=lambda _: range(3)), told, 1.0)  # type: ignore[arg-type]
    names = ("gain_db", "eq_db", "low_pass", "mel_mask", "time_mask", "mix", "ema_decay", "short_epochs")
    assert not any(getattr(settings, name) for settings in seen for name in names)
