from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mat_desktop.audio.decode import decode
from mat_desktop.audio.mel import log_mel
from mat_desktop.domain.melspec import MelSpec
from mat_desktop.inference.cards import open_card
from mat_desktop.inference.tagger import Tagger
from mat_desktop.networks.base import InputSpec
from tests.training.corpora import make_corpus
from training.__main__ import main
from training.augment import FLOOR_DB, Augment
from training.clip_inference import predict
from training.datasets.cache import BROKEN
from training.datasets.corpus import read_corpus
from training.datasets.dataset import Dataset, DatasetFault
from training.datasets.features import Features, prepare
from training.devices import launch
from training.evaluate import evaluate_model, open_model
from training.export import export_model
from training.inputs import of_features, standardisation
from training.loop import fit
from training.metrics import best_f1, rank, ranking_positives
from training.progress import Epoch, Event
from training.settings import Settings
from training.thresholds import best_thresholds

SPEC = MelSpec()
TINY = Settings(
    width=0.04, epochs=6, batch_size=4, crop_frames=300, learning_rate=1e-2, precision="32-true", seed=5
)


STRAIGHT = replace(TINY, width=0.06, batch_size=2, dropout=0.0, mix=0.0, gain_db=0.0, mel_mask=0, time_mask=0)
"""Learns the small corpus with every seed."""


def quiet(done: int, total: int) -> None:
    assert done <= total


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_corpus(tmp_path_factory.mktemp("corpora") / "small")


@pytest.fixture(scope="module")
def prepared(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Dataset, Features]:
    dataset = read_corpus(corpus)
    return dataset, prepare(dataset, tmp_path_factory.mktemp("cache"), SPEC, quiet)


def test_a_corpus_is_read(prepared: tuple[Dataset, Features]) -> None:
    dataset, features = prepared
    assert dataset.labels.shape == (24, 3)
    assert [(tag.vocabulary, tag.name) for tag in dataset.tags] == [
        ("mtat", "low"),
        ("mtat", "high"),
        ("msd", "deep"),
    ]
    assert [len(dataset.indices(split)) for split in ("train", "valid", "test")] == [8, 8, 8]
    assert features.log_mel.shape == (24, 96, 911)
    clip = np.resize(decode(dataset.clips[3]), SPEC.window_samples)
    assert np.abs(features.log_mel[3].astype(np.float32) - log_mel(clip, SPEC)).max() < 0.05  # half precision


def test_the_real_corpus_layout() -> None:
    folder = Path(__file__).parents[3] / "shared" / "corpus"
    if not folder.is_dir():
        pytest.skip("the corpus with soft labels is not beside this checkout")
    dataset = read_corpus(folder)
    assert dataset.labels.shape == (2158, 150)
    assert [len(dataset.indices(split)) for split in ("train", "valid", "test")] == [1662, 223, 273]


def edit(path: Path, change: Callable[[list[str]], list[str]]) -> None:
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda lines: [*lines[:5], lines[4], *lines[5:]], "line 6: id '00003' stands in line 5 already"),
        (lambda lines: [lines[0].replace("split", "part"), *lines[1:]], "line 1: no column split"),
        (lambda lines: [lines[0], lines[1].replace("train", "trian"), *lines[2:]], "line 2: split 'trian'"),
        (lambda lines: [lines[0], "x" + lines[1], *lines[2:]], "line 2: id 'x00000' is not a number"),
        (lambda lines: lines[:1], "no clips"),
        (lambda lines: lines[:-1], "its ids are not those"),
    ],
)
def test_contradictions_name_file_and_line(
    tmp_path: Path, change: Callable[[list[str]], list[str]], reason: str
) -> None:
    folder = make_corpus(tmp_path / "c", 6)
    edit(folder / "tracks.tsv", change)
    with pytest.raises(DatasetFault, match=reason):
        read_corpus(folder)


def test_labels_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    folder = make_corpus(tmp_path / "c", 6)
    arrays = dict(np.load(folder / "labels.npz"))
    arrays["msd"][2] = np.nan
    np.savez(folder / "labels.npz", **arrays)
    with pytest.raises(DatasetFault, match="row 3: a label is not in"):
        read_corpus(folder)


def test_a_folder_that_is_no_corpus(tmp_path: Path) -> None:
    with pytest.raises(DatasetFault, match=r"tracks\.tsv is missing"):
        read_corpus(tmp_path)


def test_preparing_skips_broken_clips_and_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = make_corpus(tmp_path / "c", 6)
    (folder / "audio" / "00002.opus").write_bytes(b"broken")
    dataset = read_corpus(folder)
    features = prepare(dataset, tmp_path / "cache", SPEC, quiet)
    assert features.usable.tolist() == [True, True, False, True, True, True]
    (skipped,) = features.skipped
    assert skipped.clip.endswith("00002.opus") and skipped.reason

    state = np.load(next((tmp_path / "cache").glob("*/done.npy")))
    assert state[2] == BROKEN
    again: list[int] = []
    prepare(dataset, tmp_path / "cache", SPEC, lambda done, total: again.append(done))
    assert again == [], "nothing is decoded twice"


def test_standardisation_is_that_of_the_given_clips(prepared: tuple[Dataset, Features]) -> None:
    dataset, features = prepared
    clips = of_features(dataset, features, InputSpec.log_mel(SPEC, any_length=True))
    standard = standardisation(clips, dataset.indices("train"))
    block = features.log_mel[dataset.indices("train")].astype(np.float64)
    assert standard.mean == pytest.approx(block.mean(axis=(0, 2)), abs=1e-3)
    assert standard.std == pytest.approx(block.std(axis=(0, 2)), abs=1e-3)


def test_augmentation_keeps_shapes_and_the_floor() -> None:
    augment = Augment(replace(TINY, mix=1.0))
    batch, labels = torch.rand(4, 1, 96, 300) * 100 - 100, torch.rand(4, 3)
    torch.manual_seed(1)
    out, targets = augment.on_decibel(batch, labels)
    assert out.shape == batch.shape
    assert out.min() >= FLOOR_DB - 1e-3
    assert ((targets >= 0) & (targets <= 1)).all()
    assert not torch.equal(targets, labels)
    masked = augment.on_standardised(torch.ones(4, 1, 96, 300))
    assert (masked == 0).any()


def test_metrics_agree_with_scikit_learn() -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    random = np.random.default_rng(0)
    labels = random.random((200, 6)).astype(np.float32)
    labels[:, 5] = 0.01  # never a positive
    scores = np.clip(labels + random.normal(0, 0.3, labels.shape), 0, 1).astype(np.float32)
    ranking = rank(scores, labels)
    positives = ranking_positives(labels)
    assert positives[:, 0].sum() == 14
    for tag in range(5):
        assert ranking.roc_auc[tag] == pytest.approx(roc_auc_score(positives[:, tag], scores[:, tag]))
        assert ranking.pr_auc[tag] == pytest.approx(
            average_precision_score(positives[:, tag], scores[:, tag])
        )
    assert np.isnan(ranking.roc_auc[5])
    assert ranking.summary()["tags_left_out"] == 1
    assert rank(labels, labels).top5 == 1


def test_thresholds_separate_what_can_be_separated() -> None:
    labels = np.zeros((100, 2), np.float32)
    labels[:30, 0] = 0.8
    labels[:8, 1] = 0.15  # a rare tag with low soft labels
    scores = np.where(labels > 0, labels * 0.7, labels + 0.02).astype(np.float32)
    found = best_thresholds(scores, labels)
    assert 0.02 < found.values[0] < 0.57
    assert 0.02 < found.values[1] < 0.11
    assert found.precision.tolist() == [1, 1]
    assert found.recall.min() > 0.85  # smoothing may cost one clip


@pytest.mark.parametrize("clips", [3, 4, 5])
def test_a_threshold_on_few_clips(clips: int) -> None:
    labels = np.ones((clips, 1), np.float32)
    scores = np.linspace(0.4, 0.6, clips, dtype=np.float32)[:, None]
    found = best_thresholds(scores, labels)
    assert 0.4 <= found.values[0] <= 0.6
    assert found.precision[0] == 1


def test_a_tag_is_suggested_where_it_is_right_more_often_than_wrong() -> None:
    right = np.zeros(100, np.float32)
    right[:3] = 1  # three sure hits
    right[6:33:3] = 1  # and nine among twice as many misses
    scores = np.linspace(0.9, 0.1, 100, dtype=np.float32)
    found = best_thresholds(scores[:, None], right[:, None])
    above = scores >= found.values[0]
    assert right[above].mean() >= 0.5
    assert right[above].sum() >= 3
    by_f1 = best_f1(scores[:, None], right[:, None])[0]
    assert right[scores >= by_f1].mean() < 0.5  # F1 alone would take nearly all of them


def test_a_tag_with_low_labels_throughout_is_suggested_where_it_scores_highest() -> None:
    labels = np.linspace(0, 0.05, 400, dtype=np.float32)[:, None]
    scores = np.linspace(0, 0.3, 400, dtype=np.float32)[:, None] ** 2
    scores[-12:] += 0.2  # the labels rank them alike, and no more than that
    found = best_thresholds(scores, labels)
    assert int((scores >= found.values).sum()) == 6
    assert found.precision[0] == 1
    assert found.recall[0] == 0.5


def test_a_tag_without_positives_is_suggested_only_beyond_anything_known() -> None:
    scores = np.random.default_rng(0).random((50, 1)).astype(np.float32) * 0.5
    found = best_thresholds(scores, np.zeros((50, 1), np.float32))
    assert found.values[0] == pytest.approx(scores.max())
    assert np.isnan(found.precision[0])


def test_from_training_to_a_model_that_hears_what_it_learnt(
    prepared: tuple[Dataset, Features], tmp_path: Path
) -> None:
    dataset, features = prepared
    clips = of_features(dataset, features, InputSpec.log_mel(SPEC, any_length=True))
    events: list[Event] = []
    trained = fit(clips, STRAIGHT, tmp_path, events.append)
    epochs = [event for event in events if isinstance(event, Epoch)]
    assert [epoch.number for epoch in epochs] == [1, 2, 3, 4, 5, 6]
    assert epochs[-1].valid["mtat"]["correlation"] > 0.8
    card = export_model(trained, clips, STRAIGHT.spec, tmp_path / "model", {"minutes": 1.0}, launch())
    assert open_card(tmp_path / "model") == card
    assert card is not None
    assert card.data.startswith("Clips of free music with soft labels")
    assert "8 training, 8 validation" in card.data
    measured = evaluate_model(*open_model(tmp_path / "model"), clips, launch())["valid"]
    assert card.metrics["valid"] == measured["vocabularies"]
    assert measured["all"]["roc_auc"]["macro"] > 0.9
    assert 0 < measured["all"]["bce"] < 1
    assert measured["all"]["at_best"].keys() >= {"precision", "recall", "f1", "fpr", "accuracy"}
    tagger = Tagger.open(tmp_path / "model", torch.device("cpu"))
    low, high = (tagger.judge(features.log_mel[i].astype(np.float32)).values for i in (4, 5))
    assert low[0] > high[0]
    assert low[1] < high[1]


@pytest.mark.usefixtures("float32")
def test_a_model_with_a_level_is_measured_as_it_listens(
    prepared: tuple[Dataset, Features], tmp_path: Path
) -> None:
    dataset, features = prepared
    clips = of_features(dataset, features, InputSpec.log_mel(SPEC, any_length=True))
    trained = fit(clips, replace(STRAIGHT, epochs=1), tmp_path, lambda event: None)
    valid = clips.split("valid")
    loudest = max(10 * np.log10(np.mean(10 ** (features.log_mel[i].astype(np.float32) / 10))) for i in valid)
    at_level = replace(clips, level=float(loudest) + 6)
    card = export_model(trained, at_level, STRAIGHT.spec, tmp_path / "model", {}, launch())
    assert card is not None
    assert open_card(tmp_path / "model").level == at_level.level
    scores = predict(trained.module, at_level, valid, trained.standard)
    tagger = Tagger.open(tmp_path / "model", torch.device("cpu"))
    heard = [tagger.judge(features.log_mel[i].astype(np.float32)).values for i in valid]
    assert np.allclose(scores, heard, rtol=0, atol=1e-4)
    assert not np.allclose(scores, predict(trained.module, clips, valid, trained.standard), atol=1e-3)
    measured = evaluate_model(*open_model(tmp_path / "model"), clips, launch())["valid"]
    assert measured["vocabularies"] == card.metrics["valid"]


def test_the_command_trains_exports_and_says_what_is_wrong(
    corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--data", str(corpus), "--cache", str(tmp_path / "cache")]
    train = ["train", *words, "--runs", str(tmp_path / "runs"), "--export", str(tmp_path / "m")]
    train += ["--epochs", "1", "--width", "0.03", "--crop-frames", "200", "--batch-size", "4"]
    done = subprocess.run(
        [sys.executable, "-m", "training", *train], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    card = json.loads((tmp_path / "m" / "card.json").read_text())
    assert card["training"]["command"].startswith("python -m training train --data small")
    assert str(tmp_path) not in json.dumps(card)
    (folder,) = (tmp_path / "runs").iterdir()
    assert main(["export", *words, "--from", str(folder), "--export", str(tmp_path / "again")]) == 0
    assert (tmp_path / "again" / "model.safetensors").read_bytes() == (
        tmp_path / "m" / "model.safetensors"
    ).read_bytes()
    capsys.readouterr()
    # So few clips that nothing can be measured: that is null, as JSON has no NaN.
    assert main(["evaluate", *words, "--clips", "1", "--model", str(tmp_path / "m")]) == 0
    printed = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert printed["valid"]["vocabularies"]["mtat"]["roc_auc"] is None
    assert main(["prepare", "--data", str(tmp_path), "--cache", str(tmp_path / "cache")]) == 1
    assert "say with --dataset what it is" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        main(["train"])


def test_without_the_extra_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "lightning_fabric.py").write_text("raise ModuleNotFoundError('x', name='lightning_fabric')")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); from training.__main__ import main; "
    code += "sys.exit(main(['evaluate', '--data', 'x', '--model', 'y']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == "lightning_fabric is missing: pip install -c constraints.txt '.[train]'"
