"""The loop: the same weights whatever happens to it, and an end when there is a reason for one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from mat_desktop.domain.card import NetworkSpec
from mat_desktop.networks.registry import build, names
from tests.training.corpora import make_corpus
from training import loop
from training.__main__ import main
from training.augment import Augment
from training.checkpoints import BEST, LAST, DiskFault, load_checkpoint
from training.clip_inference import predict
from training.datasets.corpus import read_corpus
from training.datasets.dataset import DatasetFault
from training.devices import default_precision, synchronise
from training.feed import AHEAD, Step, ahead, batches, seed_of, shuffled, side_by_side
from training.inputs import Clips, limited, prepare_clips
from training.loop import Diverged, Training, averaged, fit
from training.network import check_length, input_length, input_of
from training.progress import Begin, End, Epoch, Event, StepDone, TagFigures
from training.runs import folder_of
from training.settings import Settings, SettingsFault
from training.stopping import Stopped

TINY = Settings(
    network="fcn1d",
    layers=3,
    width=0.05,
    epochs=3,
    batch_size=2,
    crop_frames=300,
    learning_rate=1e-2,
    precision="32-true",
)
TEXT = ["--network", "fcn1d", "--layers", "3", "--width", "0.05", "--epochs", "3", "--batch-size", "2"]
TEXT += ["--crop-frames", "300", "--learning-rate", "0.01", "--precision", "32-true"]


def silent(done: int, total: int) -> None:
    assert done <= total


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_corpus(tmp_path_factory.mktemp("corpora") / "small")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def clips(corpus: Path, cache: Path) -> Clips:
    return heard(corpus, cache, TINY)


def heard(corpus: Path, cache: Path, settings: Settings) -> Clips:
    return prepare_clips(read_corpus(corpus), input_of(settings), cache, silent)


def folder(path: Path) -> Path:
    path.mkdir(parents=True)
    return path


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def after(steps: int) -> Callable[[], bool]:
    """Asks to stop after so many steps."""
    done = 0

    def stop() -> bool:
        nonlocal done
        done += 1
        return done >= steps

    return stop


def test_short_crops_come_first(clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths: list[int] = []

    def spy(clips: Clips, steps: list[Step], length: int, pin: bool = False) -> Any:
        if length != clips.length:  # validation hears whole clips
            lengths.append(length)
        return batches(clips, steps, length, pin)

    monkeypatch.setattr("training.loop.batches", spy)
    settings = replace(TINY, short_epochs=2)
    whole = fit(clips, settings, folder(tmp_path / "whole"), lambda event: None)
    assert lengths == [150, 150, 300]
    with pytest.raises(Stopped):
        fit(clips, settings, folder(tmp_path / "cut"), lambda event: None, stop=after(9))
    resumed = fit(clips, settings, tmp_path / "cut", lambda event: None, resume=True)
    assert lengths == [150, 150, 300, 150, 150, 150, 300]
    assert same(whole.module.state_dict(), resumed.module.state_dict())


# Four steps and two batches of validation make an epoch: 5 and 6 are in a validation, 7 is a step again.
@pytest.mark.parametrize("stops", [(1,), (2, 1, 1), (4,), (5,), (9, 2)])
def test_a_run_that_was_stopped_ends_with_the_same_weights(
    clips: Clips, tmp_path: Path, stops: tuple[int, ...]
) -> None:
    whole = fit(clips, TINY, folder(tmp_path / "whole"), lambda event: None)
    cut = folder(tmp_path / "cut")
    for steps in stops:
        with pytest.raises(Stopped):
            fit(clips, TINY, cut, lambda event: None, resume=True, stop=after(steps))
    events: list[Event] = []
    resumed = fit(clips, TINY, cut, events.append, resume=True)
    assert same(whole.module.state_dict(), resumed.module.state_dict())
    for name in (LAST, BEST):
        a, b = (load_checkpoint(tmp_path / run / name) for run in ("whole", "cut"))
        assert same(a["module"], b["module"])
    epochs = load_checkpoint(cut / LAST)["state"]["epochs"]
    assert [epoch["number"] for epoch in epochs] == [1, 2, 3]


def test_a_run_that_is_killed_after_its_first_best_weights_goes_on(clips: Clips, tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    def kill(event: Event) -> None:
        if isinstance(event, TagFigures):  # told after the best weights are written, before the checkpoint
            raise Killed

    whole = fit(clips, TINY, folder(tmp_path / "whole"), lambda event: None)
    cut = folder(tmp_path / "cut")
    with pytest.raises(Killed):
        fit(clips, TINY, cut, kill)
    assert (cut / BEST).exists()
    kept = load_checkpoint(cut / LAST)["state"]
    assert (kept["epoch"], kept["step"], kept["best_epoch"]) == (0, 4, 0)
    resumed = fit(clips, TINY, cut, lambda event: None, resume=True)
    assert same(whole.module.state_dict(), resumed.module.state_dict())


def test_averaged_weights_are_kept_and_survive_an_interruption(clips: Clips, tmp_path: Path) -> None:
    plain = fit(clips, TINY, folder(tmp_path / "plain"), lambda event: None)
    settings = replace(TINY, ema_decay=0.5)
    whole = fit(clips, settings, folder(tmp_path / "whole"), lambda event: None)
    last = load_checkpoint(tmp_path / "whole" / LAST)
    assert same(last["module"], load_checkpoint(tmp_path / "plain" / LAST)["module"])  # trained on as before
    assert not same(whole.module.state_dict(), plain.module.state_dict())
    with pytest.raises(Stopped):
        fit(clips, settings, folder(tmp_path / "cut"), lambda event: None, stop=after(6))
    resumed = fit(clips, settings, tmp_path / "cut", lambda event: None, resume=True)
    assert same(whole.module.state_dict(), resumed.module.state_dict())


def test_the_average_keeps_its_share_of_the_old_weights_in_each_step() -> None:
    module = torch.nn.Linear(1, 1, bias=False)
    followed = averaged(module, 0.75)
    values = []
    for weight in (1.0, 3.0, 3.0):
        module.weight.data.fill_(weight)
        followed.update_parameters(module)
        values.append(followed.module.weight.item())
    assert values == [1.0, 1.5, 1.875]


def test_after_a_kill_at_any_moment_the_weights_are_the_same(
    clips: Clips, corpus: Path, cache: Path, tmp_path: Path
) -> None:
    settings = replace(TINY, dataset="corpus", epochs=12, patience=0)
    whole = fit(clips, settings, folder(tmp_path / "whole"), lambda event: None)
    runs = tmp_path / "runs"
    words = [sys.executable, "-m", "training", "train", "--data", str(corpus), "--cache", str(cache)]
    words += [*TEXT, "--epochs", "12", "--runs", str(runs), "--checkpoint-minutes", "0", "--resume"]
    words += ["--progress", "json"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    run = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment)
    assert run.stdout is not None
    for line in run.stdout:
        if json.loads(line)["event"] == "epoch" and json.loads(line)["number"] >= 5:
            break
    run.kill()
    run.communicate()
    assert run.returncode == -signal.SIGKILL
    (found,) = runs.iterdir()
    assert 4 <= load_checkpoint(found / LAST)["state"]["epoch"] < 12
    resumed = subprocess.run(words, stdout=subprocess.PIPE, text=True, env=environment, check=True)
    lines = [json.loads(line) for line in resumed.stdout.splitlines()]
    assert next(line for line in lines if line["event"] == "begin")["epoch"] >= 4
    assert same(whole.module.state_dict(), load_checkpoint(found / BEST)["module"])
    numbers = [json.loads(line)["number"] for line in (found / "epochs.jsonl").read_text().splitlines()]
    assert numbers == list(range(1, 13))


def test_it_stops_within_a_second_in_the_middle_of_a_long_step(
    clips: Clips, corpus: Path, cache: Path, tmp_path: Path
) -> None:
    words = [sys.executable, "-m", "training", "train", "--data", str(corpus), "--cache", str(cache)]
    words += ["--runs", str(tmp_path), "--network", "fcn2d", "--width", "1", "--crop-frames", "0"]
    words += ["--batch-size", "8", "--precision", "32-true", "--progress", "json"]
    run = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert run.stdout is not None
    while json.loads(run.stdout.readline())["event"] != "begin":
        pass
    time.sleep(0.3)
    asked = time.monotonic()
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=60)
    assert time.monotonic() - asked < 1.5, "a second, and what a loaded machine needs to end a process"
    assert run.returncode == 130
    (found,) = tmp_path.iterdir()
    assert ("--resume goes on" if (found / LAST).exists() else "There is no checkpoint yet") in errors


def test_a_full_disk_leaves_the_checkpoint_before(clips: Clips, tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    whole = fit(clips, TINY, folder(tmp_path / "whole"), lambda event: None)
    full = folder(tmp_path / "full")
    with pytest.raises(Stopped):
        fit(clips, TINY, full, lambda event: None, stop=after(8))
    before = (full / LAST).read_bytes()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, limit[1]))
    try:
        with pytest.raises(DiskFault, match="File too large; the one before stays usable"):
            fit(clips, TINY, full, lambda event: None, resume=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert (full / LAST).read_bytes() == before
    assert not [path for path in full.iterdir() if path.suffix == ".tmp"]
    resumed = fit(clips, TINY, full, lambda event: None, resume=True)
    assert same(whole.module.state_dict(), resumed.module.state_dict())


def test_a_loss_that_is_no_number_ends_the_run(clips: Clips, tmp_path: Path) -> None:
    settings = replace(TINY, checkpoint_minutes=0)
    object.__setattr__(settings, "learning_rate", 1e38)  # past what settings may be, so that it comes at once
    with pytest.raises(Diverged, match=r"epoch 1: the loss is nan\. The learning rate 1e\+38 is too high"):
        fit(clips, settings, tmp_path, lambda event: None)
    assert not (tmp_path / BEST).exists(), "nothing of it counts as good"


def test_a_damaged_checkpoint_is_named(clips: Clips, tmp_path: Path) -> None:
    (tmp_path / LAST).write_bytes(b"not a checkpoint")
    with pytest.raises(DiskFault, match=r"last\.pt is damaged; .* --again"):
        fit(clips, TINY, tmp_path, lambda event: None, resume=True)


@pytest.mark.parametrize("split", ["train", "valid"])
def test_an_empty_split_is_refused(clips: Clips, tmp_path: Path, split: str) -> None:
    usable = clips.usable & (clips.dataset.splits != split)
    with pytest.raises(DatasetFault, match=f"small: no clip in the {split} split can be used"):
        fit(replace(clips, usable=usable), TINY, tmp_path, lambda event: None)


def test_it_ends_when_validation_gets_no_better(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quality = iter([0.2, 0.5, 0.4, 0.45, 0.9])
    monkeypatch.setattr(loop, "by_vocabulary", lambda *_: {"all": {"pr_auc": next(quality)}})
    events: list[Event] = []
    fit(clips, replace(TINY, epochs=9, patience=2), tmp_path, events.append)
    assert events[-1] == End(best=2, epochs=4, early=True)


@pytest.mark.parametrize("pr_auc", [1.0, float("nan")])
def test_of_epochs_that_rank_alike_the_one_with_the_lowest_loss_is_kept(
    clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pr_auc: float
) -> None:
    losses = iter([0.5, 0.3, 0.4])
    monkeypatch.setattr(loop, "by_vocabulary", lambda *_: {"all": {"pr_auc": pr_auc}})
    monkeypatch.setattr(loop, "cross_entropy", lambda *_: next(losses))
    events: list[Event] = []
    fit(clips, replace(TINY, epochs=3), tmp_path, events.append)
    assert events[-1] == End(best=2, epochs=3, early=False)


def test_what_it_reports(clips: Clips, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "EVERY_SECONDS", 0)
    events: list[Event] = []
    fit(clips, TINY, tmp_path, events.append)
    assert events[0] == Begin(0, 3, 0, 4, "32-true", {"train": 8, "valid": 8})
    steps = [event for event in events if isinstance(event, StepDone)]
    assert [(step.epoch, step.step) for step in steps] == [(e, s) for e in (1, 2, 3) for s in (1, 2, 3, 4)]
    assert steps[0].eta_seconds > steps[-1].eta_seconds == 0
    epochs = [event for event in events if isinstance(event, Epoch)]
    assert epochs[-1].train_loss == pytest.approx(steps[-1].loss)
    assert all(0 <= epoch.waiting <= 1 for epoch in epochs)
    assert isinstance(events[-1], End)


@pytest.mark.parametrize(
    "network",
    [
        NetworkSpec("sample_level", 0, 0.05, {"m": 3, "n": 5}),
        NetworkSpec("choi_k2c1", 0, 0.1),
        NetworkSpec("musicnn", 0, 0.1, {"dense": 4, "maps": 4}),
        NetworkSpec("dieleman_mel", 0, 0.1),
    ],
    ids=lambda network: network.name,
)
def test_networks_with_other_ears(corpus: Path, cache: Path, tmp_path: Path, network: NetworkSpec) -> None:
    """Waveforms, 12 kHz, logarithm of another kind, pieces of three seconds of each clip."""
    settings = replace(
        TINY,
        network=network.name,
        layers=0,
        width=network.width,
        options=network.options,
        epochs=1,
        crop_frames=0,
    )
    dataset = limited(read_corpus(corpus), 4)
    clips = prepare_clips(dataset, input_of(settings), cache, silent)
    assert clips.length >= clips.listens_to.length
    trained = fit(clips, settings, tmp_path, lambda event: None)
    valid = clips.split("valid")
    scores = predict(trained.module, clips, valid, trained.standard)
    assert scores.shape == (4, 3)
    assert np.isfinite(scores).all()
    audio = trained.standard(clips.cut(valid, [0] * 4, clips.length))
    if clips.listens_to.mel is None:
        assert 0.2 < audio.abs().max() <= 1
    else:
        assert audio.mean().abs() < 1
        assert 0.5 < audio.std() < 2
    with torch.inference_mode():
        pieces = trained.standard(clips.cut(valid[:1], [0], clips.listens_to.length))
        first = torch.sigmoid(trained.module(pieces).mean(dim=2))
    if clips.length < 2 * clips.listens_to.length:
        assert scores[0] == pytest.approx(first[0].numpy(), abs=1e-5)


@pytest.mark.parametrize("name", names())
def test_every_network_trains_on_the_input_of_the_default_settings(name: str) -> None:
    settings = Settings(network=name, width=0.05)
    module = build(settings.spec, 1)
    clips: Any = SimpleNamespace(listens_to=module.input)
    length = input_length(clips.listens_to, settings)
    check_length(module, length, settings)
    assert length == (512 if name.startswith(("fcn", "experiment1")) else module.input.length)


def test_random_gain_of_a_waveform() -> None:
    augment = Augment(replace(TINY, gain_db=6.0))
    out = augment.on_samples(torch.full((64, 1, 10), 0.1))
    assert out.amin() == pytest.approx(0.05, abs=0.01)
    assert out.amax() == pytest.approx(0.2, abs=0.02)
    assert torch.equal(Augment(replace(TINY, gain_db=0.0)).on_samples(out), out)


def test_every_clip_comes_once_an_epoch_and_processes_share_it() -> None:
    indices = np.arange(5, 22)
    steps = shuffled(indices, 4, 10, seed=1)
    assert [len(step.clips) for step in steps] == [4, 4, 3, 3, 3]
    assert sorted(np.concatenate([step.clips for step in steps])) == list(range(5, 22))
    assert all(0 <= start <= 10 for step in steps for start in step.starts)
    parts = [[step.part(rank, 2) for step in steps] for rank in (0, 1)]
    for step, *both in zip(steps, *parts, strict=True):
        assert sorted([*both[0].clips, *both[1].clips]) == sorted(step.clips)
    again = shuffled(indices, 4, 10, seed=1)
    assert all(
        np.array_equal(a.clips, b.clips) and a.starts == b.starts for a, b in zip(steps, again, strict=True)
    )
    assert len({seed_of(1, epoch, step) for epoch in range(10) for step in range(10)}) == 100


def test_pieces_lie_side_by_side(clips: Clips) -> None:
    short = replace(clips, listens_to=replace(clips.listens_to, length=300))
    (step,) = side_by_side(short, np.array([3, 1]), 8)
    assert step.clips.tolist() == [3, 3, 3, 1, 1, 1]
    assert step.starts == (0, 300, 600) * 2


def test_batches_are_made_ahead_in_order_and_faults_arrive() -> None:
    steps = [Step(np.array([number]), (0,)) for number in range(9)]
    made: list[int] = []

    def make(step: Step) -> int:
        made.append(int(step.clips[0]))
        if step.clips[0] == 7:
            raise OSError("gone")
        return int(step.clips[0])

    feed = ahead(make, steps)
    assert next(feed) == 0
    time.sleep(0.1)
    assert 1 < len(made) <= AHEAD + 1
    with pytest.raises(OSError, match="gone"):
        list(feed)
    assert list(ahead(lambda step: 1, [])) == []


@pytest.mark.parametrize(("multiplies", "chosen"), [(False, "32-true"), (True, "bf16-mixed")])
def test_precision_is_half_where_the_processor_multiplies_in_it(
    monkeypatch: pytest.MonkeyPatch, multiplies: bool, chosen: str
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    monkeypatch.setattr("training.devices.has_bfloat16", lambda: multiplies)
    assert default_precision() == chosen


def test_a_run_goes_on_in_the_precision_it_began_with(
    clips: Clips, corpus: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(TINY, dataset="corpus", precision="auto", epochs=2)
    run = folder_of(tmp_path, settings, clips.dataset.name)
    words = ["train", "--data", str(corpus), "--cache", str(cache), "--runs", str(tmp_path), *TEXT]
    words += ["--precision", "auto", "--epochs", "2", "--progress", "json"]

    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(loop, "default_precision", lambda: "bf16-mixed")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Training, "validate", kill)
        main([*words, "--checkpoint-minutes", "0"])
    monkeypatch.setattr(loop, "default_precision", lambda: "32-true")  # as on another computer
    assert main([*words, "--resume"]) == 0
    assert load_checkpoint(run / LAST)["state"]["precision"] == "bf16-mixed"


def test_normalisation_over_several_gpus_leaves_the_network_what_it_is() -> None:
    module = build(NetworkSpec("fcn2d", 5, 0.05), 3).eval()
    audio = torch.randn(2, *module.input.shape)
    before, names = module(audio), list(module.state_dict())
    synchronise(module, SimpleNamespace(world_size=2, device=torch.device("cpu")))  # type: ignore[arg-type]
    assert not any(isinstance(part, torch.nn.SyncBatchNorm) for part in module.modules())
    synchronise(module, SimpleNamespace(world_size=2, device=torch.device("cuda")))  # type: ignore[arg-type]
    assert sum(isinstance(part, torch.nn.SyncBatchNorm) for part in module.modules()) == 5
    assert list(module.state_dict()) == names
    assert torch.equal(module(audio), before)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"crop_frames": 2000}, "crop_frames 2000: fcn1d hears 911 frames at once"),
        ({"crop_frames": 4}, "crop_frames, 4 frames, does not fit the network"),
        ({"crop_frames": 20, "short_epochs": 1}, "half of the input, 10 frames, does not fit the network"),
        (
            {"network": "dieleman_mel", "layers": 0, "short_epochs": 1},
            "dieleman_mel takes its published input only",
        ),
        ({"network": "crnn2d", "short_epochs": 1}, "crnn2d takes its published input only"),
        ({"layers": 9}, "1D FCN has 3, 4 or 5 layers, not 9"),
        ({"network": "fcn3d"}, "unknown network 'fcn3d'"),
    ],
)
def test_settings_that_fit_no_network(
    clips: Clips, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(SettingsFault, match=message):
        fit(clips, replace(TINY, **changes), tmp_path, lambda event: None)
