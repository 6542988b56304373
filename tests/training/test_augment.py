"""Random changes of log-mel: what they change, by how much, and what they leave alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mat_desktop.audio.mel import log_mel
from mat_desktop.domain.melspec import MelSpec
from tests.sounds import encode
from tests.training.corpora import make_corpus
from training.augment import FLOOR_DB, Augment
from training.datasets.corpus import read_corpus
from training.datasets.dataset import DatasetFault
from training.settings import Settings
from training.variation import mixed_style, played_otherwise


def changed(**settings: float) -> torch.Tensor:
    torch.manual_seed(1)
    told = Settings(**{"gain_db": 0, "mel_mask": 0, "time_mask": 0, "mix": 0, **settings})  # type: ignore[arg-type]
    log_mel = torch.full((64, 1, 96, 20), -30.0)
    return Augment(told, MelSpec()).on_decibel(log_mel, torch.zeros(64, 3))[0]


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


def tone(hz: float, pulses: float) -> torch.Tensor:
    """Log-mel of a tone that sounds so often a second, for 10 s, [1, 1, mel, frames]."""
    seconds = np.arange(160_000) / 16_000
    wave = 0.3 * np.sin(2 * np.pi * hz * seconds) * (seconds * pulses % 1 < 0.5)
    return torch.from_numpy(log_mel(wave.astype(np.float32), MelSpec()))[None, None]


@pytest.mark.parametrize(("drawn", "pitch", "tempo"), [(1.0, 1.2, 1.3), (0.0, 0.8, 0.7)])
def test_a_clip_played_otherwise_is_what_the_front_end_makes_of_that(
    monkeypatch: pytest.MonkeyPatch, drawn: float, pitch: float, tempo: float
) -> None:
    draws = iter([0.0, drawn, drawn, 0.0])  # changed at all, pitch, tempo, and a slower clip's first frame
    monkeypatch.setattr(torch, "rand", lambda n: torch.full((n,), next(draws)))
    out = played_otherwise(tone(1500, 1), MelSpec(), 0.2, 0.3)[0, 0]
    plain = tone(1500 * pitch, tempo)[0, 0]
    assert abs(int(out.mean(dim=1).argmax()) - int(plain.mean(dim=1).argmax())) <= 1
    # How often it sounds: over the first 7 s, since a faster clip is mirrored behind its source's end.
    band = int(plain.mean(dim=1).argmax())
    pulses = [np.abs(np.fft.rfft((x[band, :219] - x[band].mean()).numpy(), 4096))[20:] for x in (out, plain)]
    assert abs(int(pulses[0].argmax()) - int(pulses[1].argmax())) <= 3


def test_clips_are_played_otherwise_in_halves_and_none_without_bounds() -> None:
    torch.manual_seed(1)
    clips = tone(1500, 1).expand(64, 1, 96, 313)
    out = played_otherwise(clips, MelSpec(), 0.07, 0.1)
    moved = (out - clips).abs().amax(dim=(1, 2, 3)) > 0.01
    assert 20 < int(moved.sum()) < 44
    assert out.min() >= FLOOR_DB - 1e-3
    assert torch.allclose(played_otherwise(clips, MelSpec(), 0.0, 0.0), clips, atol=1e-2)


def test_style_is_another_clip_s_mean_and_spread_at_one_s_own_loudness() -> None:
    torch.manual_seed(1)
    clips = torch.randn(8, 1, 96, 200) * torch.linspace(2, 9, 96)[:, None]
    clips = clips + torch.randn(8, 1, 96, 1) * 10 - 40
    out = mixed_style(clips, 1.0)
    assert torch.allclose(out.mean(dim=(2, 3)), clips.mean(dim=(2, 3)), atol=1e-3)
    mean = clips.mean(3) - clips.mean(dim=(2, 3))[..., None]
    new = out.mean(3) - out.mean(dim=(2, 3))[..., None]
    # On the straight way from its own colour to another's, by a share of its own.
    for clip in range(8):
        ways = [(mean[other] - mean[clip], new[clip] - mean[clip]) for other in range(8) if other != clip]
        likeness = [
            float((way * went).sum() / way.norm() / went.norm().clamp_min(1e-9)) for way, went in ways
        ]
        assert max(likeness) > 0.999 or (new[clip] - mean[clip]).norm() < 1e-3


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
