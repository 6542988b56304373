from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mat_desktop.audio.windows import raised
from mat_desktop.domain.card import NetworkSpec
from mat_desktop.errors import ModelFault
from mat_desktop.inference.cards import open_card, read_weights
from mat_desktop.inference.tagger import WINDOWS_AT_ONCE, Tagger, choose_device, devices
from tests.models import tiny_model

CPU = torch.device("cpu")


@pytest.fixture(scope="module", autouse=True)
def float32() -> Iterator[None]:
    """The same on every processor."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mat_desktop.inference.tagger.has_bfloat16", lambda: False)
        yield


@pytest.fixture(scope="module")
def tagger(tmp_path_factory: pytest.TempPathFactory) -> Tagger:
    folder = tmp_path_factory.mktemp("tiny")
    tiny_model(folder)
    return Tagger.open(folder, CPU)


def noise(frames: int, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal((96, frames)) * 15 - 30).astype(np.float32)


def direct(tagger: Tagger, window: np.ndarray) -> np.ndarray:
    with torch.inference_mode():
        logits = tagger.network(torch.from_numpy((window + 30) / 20).view(1, 1, 96, -1))
    return torch.sigmoid(logits.mean(dim=2))[0].numpy()


def test_one_window_is_the_networks_answer(tagger: Tagger) -> None:
    picture = noise(911)
    judgement = tagger.judge(picture)
    assert np.allclose(judgement.values, direct(tagger, picture), atol=1e-5)
    assert judgement.taggram.shape == (5, 8)
    assert not judgement.silent


def test_half_precision_moves_no_score_by_a_hundredth(
    tmp_path: Path, tagger: Tagger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mat_desktop.inference.tagger.has_bfloat16", lambda: True)
    tiny_model(tmp_path)
    picture = noise(911 * 2 + 300)
    half, full = Tagger.open(tmp_path, CPU).judge(picture), tagger.judge(picture)
    assert not np.array_equal(half.values, full.values), "it listens in float32"
    assert np.allclose(half.values, full.values, rtol=0, atol=0.01)
    assert np.allclose(half.taggram, full.taggram, rtol=0, atol=0.01)
    assert np.allclose(half.features, full.features, rtol=0.05, atol=0.05)


def test_windows_count_by_what_they_add(tagger: Tagger) -> None:
    picture = noise(911 * 2 + 300)
    windows = [picture[:, :911], picture[:, 911:1822], picture[:, -911:]]
    weights = np.array([1, 1, 300 / 911])
    expected = sum(w * direct(tagger, x) for w, x in zip(weights, windows, strict=True)) / weights.sum()
    judgement = tagger.judge(picture)
    assert np.allclose(judgement.values, expected, atol=1e-5)
    assert judgement.taggram.shape == (5, round(2122 / 911 * 8))
    assert (judgement.taggram > 0).all()


def test_a_quiet_track_is_heard_at_the_models_level(tmp_path: Path) -> None:
    tiny_model(tmp_path)
    card = replace(open_card(tmp_path), level=-8.0)
    levelled = Tagger(card, read_weights(tmp_path, card), CPU)
    track = raised(noise(911 * 2 + 300) - 10, 911, -8.0)
    quiet = levelled.judge(track - 9)
    assert np.allclose(quiet.values, levelled.judge(track).values, rtol=0, atol=1e-5)
    as_it_is = Tagger(replace(card, level=None), read_weights(tmp_path, card), CPU)
    assert np.allclose(levelled.judge(track + 9).values, as_it_is.judge(track + 9).values)
    assert not np.allclose(as_it_is.judge(track - 9).values, quiet.values, rtol=0, atol=5e-5)


def test_features_are_what_the_scores_are_made_of(tagger: Tagger) -> None:
    picture = noise(911)
    judgement = tagger.judge(picture)
    head = tagger.network.head
    features = torch.from_numpy(judgement.features.astype(np.float32))
    logits = head.weight.flatten(1) @ features + head.bias
    assert np.allclose(torch.sigmoid(logits).detach().numpy(), judgement.values, atol=1e-3)

    silence = tagger.judge(np.full((96, 911), -100, np.float32))
    assert silence.features.shape == judgement.features.shape
    assert not silence.features.any()


def test_features_count_windows_by_what_they_add(tagger: Tagger) -> None:
    picture = noise(911 * 2 + 300)
    windows = [tagger.judge(picture[:, s : s + 911]).features for s in (0, 911, 1211)]
    expected = np.average(np.array(windows, np.float32), axis=0, weights=[1, 1, 300 / 911])
    assert np.allclose(tagger.judge(picture).features, expected, atol=2e-3)


def test_the_taggram_is_where_the_sound_is(tagger: Tagger) -> None:
    picture = np.full((96, 911 * 3), -100, np.float32)
    picture[:, 911:1822] = noise(911)
    judgement = tagger.judge(picture)
    assert np.allclose(judgement.values, direct(tagger, picture[:, 911:1822]), atol=1e-5)
    sounding = judgement.taggram.astype(np.float32).max(axis=0) > 0
    assert sounding.tolist() == [False] * 8 + [True] * 8 + [False] * 8


@pytest.mark.parametrize("level", [-100.0, -84.0])
def test_silence_and_dither_are_nothing_to_tag(tagger: Tagger, level: float) -> None:
    judgement = tagger.judge(np.full((96, 2000), level, np.float32))
    assert judgement.silent
    assert not judgement.values.any()


def test_less_than_a_window_is_a_bug_of_the_caller(tagger: Tagger) -> None:
    with pytest.raises(ValueError, match="less than a window"):
        tagger.judge(noise(910))


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    tiny_model(tmp_path)
    card = open_card(tmp_path)
    arrays = read_weights(tmp_path, card)
    with pytest.raises(ModelFault, match="do not fit"):
        Tagger(replace(card, network=NetworkSpec("fcn2d", 5, 0.05)), arrays, CPU)
    with pytest.raises(ModelFault, match="does not listen to the card's log-mel"):
        Tagger(replace(card, network=NetworkSpec("sample_level", 0, 0.1)), arrays, CPU)
    with pytest.raises(ModelFault, match="layers"):
        Tagger(replace(card, network=NetworkSpec("fcn2d", 9, 0.05)), arrays, CPU)


def test_devices() -> None:
    there = devices(threads=1)
    assert choose_device("auto", there) == next(iter(there))
    assert choose_device("auto", {"cuda": "GPU, A", "cpu": "CPU"}) == "cuda"
    assert choose_device("cpu", there) == "cpu"
    with pytest.raises(ModelFault, match="unknown device"):
        choose_device("abacus", there)
    with pytest.raises(ModelFault, match="no xpu device"):
        choose_device("xpu", {"cpu": "CPU"})
    assert devices(threads=10_000)["cpu"].startswith(f"CPU, {os.cpu_count()} core")
    if (os.cpu_count() or 1) > 1:
        assert there["cpu"].startswith("CPU, 1 of ")


def test_the_same_scores_on_a_gpu(tagger: Tagger, tmp_path: Path) -> None:
    there = devices(threads=1)
    device = torch.device(choose_device("auto", there))
    if device.type == "cpu":
        pytest.skip("no GPU on this computer")
    tiny_model(tmp_path)
    picture = noise(911 * 3)
    other = Tagger.open(tmp_path, device).judge(picture)
    assert np.abs(other.values - tagger.judge(picture).values).max() < 1e-3, device


def test_the_network_is_free_between_two_batches(tagger: Tagger) -> None:
    shares: list[float] = []
    within = 0

    @contextmanager
    def turn(share: float) -> Iterator[None]:
        nonlocal within
        assert within == 0
        shares.append(share)
        within += 1
        yield
        within -= 1

    count = WINDOWS_AT_ONCE["cpu"] * 2 + 1
    tagger.judge(noise(911 * count), turn)
    assert shares == [0, pytest.approx(4 / count), pytest.approx(8 / count)]
    assert within == 0
