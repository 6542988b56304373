"""Random changes of log-mel: what they change, by how much, and what they leave alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.sounds import encode
from tests.training.corpora import make_corpus
from training.augment import FLOOR_DB, Augment
from training.datasets.corpus import read_corpus
from training.datasets.dataset import DatasetFault
from training.settings import Settings


def changed(**settings: float) -> torch.Tensor:
    torch.manual_seed(1)
    told = Settings(**{"gain_db": 0, "mel_mask": 0, "time_mask": 0, "mix": 0, **settings})  # type: ignore[arg-type]
    log_mel = torch.full((64, 1, 96, 20), -30.0)
    return Augment(told).on_decibel(log_mel, torch.zeros(64, 3))[0]


def test_nothing_is_changed_unless_it_is_asked_for() -> None:
    assert torch.equal(changed(), torch.full((64, 1, 96, 20), -30.0))


def test_the_equaliser_draws_one_smooth_curve_for_each_clip() -> None:
    gains = changed(eq_db=4.0) + 30
    assert 3.5 < gains.abs().max() <= 4
    assert torch.equal(gains, gains[..., :1].expand_as(gains))  # the same all along a clip
    # Five knots over 96 bands: between neighbours no more than a whole swing over a quarter of the axis.
    assert gains.diff(dim=2).abs().max() <= 8 / (95 / 4) + 1e-4
    assert gains[:, 0, :, 0].std(dim=0).min() > 1  # another one for each clip


def test_the_low_pass_takes_the_upper_bands_of_some_clips() -> None:
    out = changed(low_pass=0.5)[:, 0, :, 0]
    cut = (out == FLOOR_DB).any(dim=1)
    assert 16 < int(cut.sum()) < 48
    assert bool((out[:, :64] == -30).all())  # never below a third from the top
    assert bool((out.diff(dim=1) <= 0).all())  # one edge, nothing above it


def test_sounds_without_music_are_training_clips_without_labels(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus")
    (tmp_path / "speech").mkdir()
    encode(tmp_path / "speech" / "word.flac", np.zeros((1, 16_000), np.float32), 16_000)
    plain, more = read_corpus(corpus), read_corpus(corpus, nothing=str(tmp_path / "speech"))
    assert len(more.clips) == len(plain.clips) + 1
    assert more.splits[-1] == "train"
    assert not more.labels[-1].any()
    assert np.array_equal(more.labels[:-1], plain.labels)
    with pytest.raises(DatasetFault, match="is no folder"):
        read_corpus(corpus, nothing=str(tmp_path / "none"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetFault, match="no audio file"):
        read_corpus(corpus, nothing=str(tmp_path / "empty"))


def test_licence_classes_can_be_left_out_of_training_alone(tmp_path: Path) -> None:
    corpus = make_corpus(tmp_path / "corpus")
    table = corpus / "tracks.tsv"
    head, *rows = table.read_text(encoding="utf-8").splitlines()
    rows = [row.replace("\tA\t", "\tC\t") if i % 4 < 2 else row for i, row in enumerate(rows)]
    table.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    whole, left = read_corpus(corpus), read_corpus(corpus, without=["C"])
    assert set(left.licence_classes[left.splits == "train"]) == {"A"}
    assert 0 < (left.splits == "train").sum() < (whole.splits == "train").sum()
    for split in ("valid", "test"):
        assert np.array_equal(left.labels[left.splits == split], whole.labels[whole.splits == split])
