"""A corpus extended by mixes that a teacher labels."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.numpy import load, load_file, save_file
from torch.nn import functional

from mat_desktop.audio.decode import decode
from mat_desktop.domain.card import NetworkSpec, TagSpec
from mat_desktop.inference.cards import save_model
from mat_desktop.networks.pons import Musicnn
from mat_desktop.networks.registry import build
from tests.models import tiny_card
from tests.training.corpora import make_corpus
from training.__main__ import main
from training.datasets.corpus import read_corpus
from training.display import logit
from training.extend import musicnn
from training.extend.folder import PENALTY, mix_labels
from training.extend.mixes import LENGTH, mix
from training.extend.musicnn import DENSE, HEARD, NETWORKS, TAGS, convert, open_teacher
from training.stopping import Stop

Array = NDArray[np.float32]

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus, a model for its tags and a teacher with random weights."""
    place = tmp_path_factory.mktemp("extend")
    make_corpus(place / "small", clips=12)
    tags = (TagSpec("low", "mtat", 0.5), TagSpec("high", "mtat", 0.5), TagSpec("deep", "msd", 0.5))
    card = replace(tiny_card("model"), network=NetworkSpec("fcn1d", 3, 0.05), tags=tags)
    torch.manual_seed(1)
    network = build(card.network, len(tags))
    save_model(place / "model", card, {name: part.numpy() for name, part in network.state_dict().items()})
    weights = {}
    for name in NETWORKS:
        parts = Musicnn(TAGS).state_dict()
        weights |= {f"{name}/{key}": part.numpy() for key, part in parts.items() if part.dim()}
    save_file(weights, place / "teacher.safetensors")
    return place


@pytest.fixture(scope="module")
def larger(place: Path) -> Path:
    """The corpus extended at one go."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(musicnn, "STEP", 99)
        assert extend(place, place / "larger", "--count", "3") == 0
    return place / "larger"


@pytest.fixture
def one_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each clip, as the teacher is large."""
    monkeypatch.setattr(musicnn, "STEP", 99)


def extend(place: Path, out: Path, *words: str) -> int:
    told = ["--out", str(out), "--teacher", str(place / "teacher.safetensors"), "--model"]
    return main(["extend", str(place / "small"), *told, str(place / "model"), *words])


@pytest.mark.usefixtures("one_window")
def test_the_folder_is_a_corpus_with_mixes_for_training(place: Path, larger: Path) -> None:
    corpus, found = read_corpus(place / "small"), read_corpus(larger)
    assert not found.skipped
    assert "; 3 training clips of these are mixes of the others" in found.about
    assert "mixes" not in corpus.about
    assert found.splits.tolist() == [*corpus.splits.tolist(), "train", "train", "train"]
    assert [tag.vocabulary for tag in found.tags] == [
        *("mtat", "mtat", "msd"),
        *("pons_mtt" for _ in range(TAGS)),
        *("pons_msd" for _ in range(TAGS)),
    ]
    np.testing.assert_array_equal(found.labels[:12, :3], corpus.labels)
    heard = open_teacher(place / "teacher.safetensors").hear(decode(found.clips[13], 16_000))
    np.testing.assert_allclose(found.labels[13, 3:], heard[:, -TAGS:].ravel(), atol=1e-4)
    assert decode(found.clips[13], 16_000).size == LENGTH
    row = (larger / "tracks.tsv").read_text().splitlines()[-1].split("\t")
    assert (row[0], row[1], row[2], row[7]) == ("90002", "train", "mix", "A")
    used = {part.split(":")[0] for part in row[3].split()}
    assert used <= {f"{index:05}" for index in corpus.indices("train")}


@pytest.mark.usefixtures("one_window")
def test_it_goes_on_where_it_was(
    place: Path,
    larger: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    class Asked(Stop):
        """Somebody asks after two looks: in the middle of the mixes."""

        def check(self) -> None:
            self.looks = getattr(self, "looks", 0) + 1
            if self.looks > 2:
                self._asked.set()
            super().check()

    out = tmp_path / "in parts"
    with monkeypatch.context() as patch:
        patch.setattr("training.__main__.Stop", Asked)
        assert extend(place, out, "--count", "3") == 130
    assert "Stopped. The same command goes on from there." in capsys.readouterr().err
    made = {path.name: path.stat().st_mtime_ns for path in (out / "audio").glob("*.flac")}
    assert len(made) == 2
    assert not (out / "tracks.tsv").exists()
    assert extend(place, out, "--count", "3", "--progress", "json") == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {line["event"] for line in told} == {"prepare"}
    assert [(line["done"], line["of"]) for line in told if line["done"] == line["of"]] == [
        (3, 3),
        (15, 15),
        (3, 3),
    ]
    assert {name: (out / "audio" / name).stat().st_mtime_ns for name in made} == made
    np.testing.assert_array_equal(read_corpus(out).labels, read_corpus(larger).labels)
    monkeypatch.setattr(musicnn.Teacher, "hear", lambda *_: pytest.fail("it was heard before"))
    assert extend(place, out, "--count", "2") == 0
    assert len(read_corpus(out).clips) == 14


def test_what_cannot_be_extended_says_why(
    place: Path, larger: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def said(*words: str) -> str:
        assert main(["extend", *words]) == 1
        return capsys.readouterr().err

    corpus, out = str(place / "small"), ["--out", str(tmp_path / "out"), "--count", "1"]
    rest = ["--teacher", str(place / "teacher.safetensors"), "--model", str(place / "model")]
    assert "tracks.tsv is missing" in said(str(tmp_path), *out, *rest)
    missing = said(corpus, *out, "--teacher", "nowhere", "--model", str(place / "model"))
    assert "nowhere is missing. pip download --no-deps musicnn==0.1.0" in missing
    wrong = ["--teacher", str(place / "model" / "model.safetensors"), "--model", str(place / "model")]
    assert "does not hold the weights of musicnn" in said(corpus, *out, *wrong)
    assert "is not empty" in said(corpus, "--out", str(place / "small"), "--count", "1", *rest)
    assert "another corpus or seed" in said(corpus, "--out", str(larger), *rest, "--seed", "1")
    assert "extended already" in said(str(larger), *out, *rest)
    assert main(["extend", corpus, *out, *rest, "--count", "0"]) == 2


def test_a_mix_is_always_the_same_and_as_long() -> None:
    random = np.random.default_rng(0)
    clips = [0.1 * random.standard_normal(size).astype(np.float32) for size in (9_000, 480_000, 600_000)]
    counts = set()
    for seed in range(7000, 7012):
        first, second = (mix(seed, len(clips), clips.__getitem__) for _ in range(2))
        np.testing.assert_array_equal(first.samples, second.samples)
        assert first.samples.shape == (LENGTH,)
        assert first.samples.dtype == np.float32
        assert 0.04 < np.sqrt((first.samples**2).mean()) < 0.21
        assert len(first.sources) == len(first.told)
        counts.add(len(first.sources))
    assert counts == {1, 2, 3}
    assert mix(7000, len(clips), clips.__getitem__).told == ("0.925:1.00", "1.065:0.43")


def test_labels_of_mixes_come_of_teacher_and_model() -> None:
    random = np.random.default_rng(2)
    heard = random.random((6, len(NETWORKS), HEARD)).astype(np.float32)
    labels, scores = random.random((4, 3)).astype(np.float32), np.float32([[0.9, 0.5, 0.0], [0.1, 0.5, 1.0]])
    train = np.array([0, 2])
    found = mix_labels(heard, scores, labels, train)
    inputs = heard[:, :, : DENSE + TAGS].reshape(6, -1).astype(np.float64)
    standard = (inputs - inputs[train].mean(axis=0)) / inputs[train].std(axis=0)
    wide = np.concatenate([standard, np.ones((6, 1))], axis=1)
    known = wide[train]
    normal = known.T @ known + PENALTY * np.eye(known.shape[1])
    ridge = np.linalg.solve(normal, known.T @ logit(labels[train]))
    odds = 0.6 * wide[4:] @ ridge + 0.4 * logit(scores)
    np.testing.assert_allclose(logit(found), odds, atol=1e-4)
    labels[[1, 3]], heard[:, :, DENSE + TAGS :] = 0, 0
    np.testing.assert_array_equal(mix_labels(heard, scores, labels, train), found, "training clips alone")


def published(random: np.random.Generator) -> dict[str, Array]:
    """Variables of the authors' network, with random numbers."""
    shapes: dict[str, tuple[int, ...]] = {}
    kernels = [(7, 38, 1, 204), (7, 67, 1, 204), *((frames, 1, 1, 51) for frames in (128, 64, 32))]
    kernels += [(7, 561, 1, 64), (7, 64, 1, 64), (7, 64, 1, 64)]
    for number, kernel in enumerate(kernels):
        name = f"conv2d_{number}" if number else "conv2d"
        shapes |= {f"{name}/kernel": kernel, f"{name}/bias": kernel[-1:]}
    for name, shape in (("dense", (1506, 200)), ("dense_1", (200, 50))):
        shapes |= {f"{name}/kernel": shape, f"{name}/bias": shape[1:]}
    found = {name: random.normal(0, 0.05, shape) for name, shape in shapes.items()}
    for number, size in enumerate([1, 204, 204, 51, 51, 51, 64, 64, 64, 1506, 200]):
        name = f"batch_normalization_{number}" if number else "batch_normalization"
        for part in ("gamma", "beta", "moving_mean"):
            found[f"{name}/{part}"] = random.normal(0.2, 0.3, size)
        found[f"{name}/moving_variance"] = random.uniform(0.01, 1, size)
    return {name: value.astype(np.float32) for name, value in found.items()}


def answers(given: dict[str, Array], spectrogram: torch.Tensor) -> torch.Tensor:
    """The authors' network as they wrote it: [windows, time, mel] of log10(1 + 10000 x) to log odds."""
    values = {name: torch.from_numpy(value) for name, value in given.items()}

    def named(name: str, number: int) -> str:
        return f"{name}_{number}" if number else name

    def normalised(number: int, maps: torch.Tensor) -> torch.Tensor:
        name = named("batch_normalization", number)
        parts = [values[f"{name}/{part}"] for part in ("gamma", "beta", "moving_mean", "moving_variance")]
        gamma, beta, mean, variance = (part.view(1, -1, *[1] * (maps.dim() - 2)) for part in parts)
        return gamma * (maps - mean) / torch.sqrt(variance + 1e-3) + beta

    def convolved(number: int, maps: torch.Tensor) -> torch.Tensor:
        name = named("conv2d", number)
        kernel = values[f"{name}/kernel"].permute(3, 2, 0, 1)
        length = kernel.shape[2]
        padded = functional.pad(maps, (0, 0, (length - 1) // 2, length // 2))
        return normalised(number + 1, torch.relu(functional.conv2d(padded, kernel, values[f"{name}/bias"])))

    def dense(number: int, inputs: torch.Tensor) -> torch.Tensor:
        name = named("dense", number)
        return inputs @ values[f"{name}/kernel"] + values[f"{name}/bias"]

    image = normalised(0, spectrogram[:, None])
    front = torch.cat([convolved(number, image).amax(dim=3) for number in range(5)], dim=1)
    first = convolved(5, front.transpose(1, 2)[:, None])[..., 0]
    second = convolved(6, first.transpose(1, 2)[:, None])[..., 0] + first
    third = convolved(7, second.transpose(1, 2)[:, None])[..., 0] + second
    features = torch.cat([front, first, second, third], dim=1)
    summary = torch.stack([features.amax(dim=2), features.mean(dim=2)], dim=2).flatten(1)
    return dense(1, normalised(10, torch.relu(dense(0, normalised(9, summary)))))


def test_converted_weights_answer_as_the_authors_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = published(np.random.default_rng(4))
    monkeypatch.setattr(musicnn, "variables", lambda index, data: given)
    with zipfile.ZipFile(tmp_path / "musicnn.whl", "w") as wheel:
        for folder, _ in NETWORKS.values():
            wheel.writestr(f"musicnn/{folder}/.index", b"")
            wheel.writestr(f"musicnn/{folder}/.data-00000-of-00001", b"")
    assert main(["teacher", str(tmp_path / "musicnn.whl"), "--out", str(tmp_path / "weights")]) == 0
    assert load_file(tmp_path / "weights").keys() == load(convert(tmp_path / "musicnn.whl")).keys()
    network = open_teacher(tmp_path / "weights").networks[1]
    power = torch.rand(2, 187, 96, generator=torch.Generator().manual_seed(0)) ** 4
    with torch.inference_mode():
        found = network(torch.log1p(10_000 * power).transpose(1, 2)[:, None])[:, :, 0]
        expected = answers(given, torch.log10(10_000 * power + 1))
    assert expected.std() > 0.1
    torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3)


def test_what_holds_no_weights_says_where_they_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.whl").write_text("no wheel")
    for place, cause in (("absent", "is missing"), ("text.whl", "is no wheel"), (".", "has no MTT_musicnn/")):
        assert main(["teacher", str(tmp_path / place), "--out", str(tmp_path / "weights")]) == 1
        said = capsys.readouterr().err
        assert cause in said
        assert "pip download --no-deps musicnn==0.1.0" in said
    assert not (tmp_path / "weights").exists()
