"""The folder of a run: named after its settings, so that the same settings are the same run.

It holds ``settings.json``, ``command.txt``, ``place.json``, ``start.json`` if it was fine-tuned,
``epochs.jsonl``, ``events.jsonl``, ``tags.json``, ``last.pt``, ``best.pt`` and, once the run is over,
``result.json`` and ``scores.npz``; and ``lock``, by which one process at a time works in it.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock, Timeout
from lightning_fabric import Fabric
from torch.utils.flop_counter import FlopCounterMode

from mat_desktop.domain.card import NetworkSpec
from mat_desktop.errors import printable
from mat_desktop.networks.registry import build, parameter_count
from mat_desktop.whole_file import remove_half_written
from training.checkpoints import BEST, LAST, load_checkpoint, write_whole
from training.clip_inference import predict
from training.devices import check_precision, hardware, lacks_gpu
from training.experiments import budget_of
from training.export import title_of
from training.identity import RunFault, with_tags_of
from training.inputs import Clips, Standard, standardisation
from training.metrics import best_f1, measure
from training.network import Trained, check_length, input_length, network_of
from training.progress import Epoch, Log
from training.published import row_of
from training.results import DataUsed, RunResult, write_result
from training.settings import Settings, SettingsFault

SETTINGS, COMMAND, PLACE, START = "settings.json", "command.txt", "place.json", "start.json"


def folder_of(runs: Path, settings: Settings, data: str) -> Path:
    """Where a run with these settings belongs.

    :param data: name of the data set
    """
    return runs / f"{settings.network}-{data}-{settings.digest()}"


@contextmanager
def opened(folder: Path, settings: Settings, command: str, resume: bool) -> Iterator[Log]:
    """The folder made ready, for one process at a time; the log of what happens in it.

    :param command: as anyone can give it, see :func:`without_paths`
    :param resume: keep what an earlier run with these settings left
    :raises RunFault: another process works in it
    :raises DiskFault: it cannot be written
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock", timeout=0):
            remove_half_written(folder)
            if not (resume and (folder / LAST).exists()):
                for name in (
                    LAST,
                    BEST,
                    "epochs.jsonl",
                    "events.jsonl",
                    "tags.json",
                    "result.json",
                    "scores.npz",
                ):
                    (folder / name).unlink(missing_ok=True)
                write_whole(folder / SETTINGS, lambda file: file.write(settings.as_json()))
                write_whole(folder / COMMAND, lambda file: file.write(f"{command}\n".encode()))
            yield Log(folder, _epochs(folder))
    except Timeout as error:
        raise RunFault(f"{printable(folder)}: another process trains there at this moment") from error


def note_place(folder: Path, arguments: Sequence[str]) -> None:
    """Keep how the run was started on this computer, with its folders: whoever goes on with it needs that.

    :raises DiskFault: it cannot be written
    """
    place = {"folder": str(Path.cwd()), "arguments": list(arguments)}
    write_whole(folder / PLACE, lambda file: file.write(json.dumps(place).encode()))


def note_start(folder: Path, started: Mapping[str, Any]) -> None:
    """Keep which model a run was fine-tuned from, for the card of what is exported from it.

    :param started: as a card has it
    :raises DiskFault: it cannot be written
    """
    write_whole(folder / START, lambda file: file.write(json.dumps(started).encode()))


def start_of(folder: Path) -> dict[str, Any]:
    """The model that a run was fine-tuned from, as a card has it; nothing of one from random weights."""
    try:
        found = json.loads((folder / START).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def check_possible(settings: Settings) -> None:
    """Before any data is read.

    :raises SettingsFault: the network cannot train on what it is to see
    :raises MatError: the precision is not possible here
    """
    check_precision(settings.precision)
    module = network_of(settings, 1)
    check_length(module, input_length(module.input, settings), settings)


def check_unused(folder: Path) -> None:
    """:raises SettingsFault: it holds a training, which would be lost if it began anew"""
    if (folder / LAST).exists() or (folder / "result.json").exists():
        raise SettingsFault(
            f"{printable(folder)} holds this training already: --resume goes on with it, "
            "--again deletes it and begins anew"
        )
    if (folder / BEST).exists():
        raise SettingsFault(
            f"{printable(folder)} holds the best weights of this training, but no checkpoint to go on from: "
            "--again deletes them and begins anew"
        )


def check_goes_on(folder: Path) -> None:
    """:raises RunFault: it holds a run that is not over, and that cannot go on here
    :raises DiskFault: its last checkpoint is damaged
    """
    if (folder / LAST).exists() and not finished(folder) and lacks_gpu(begun := precision(folder)):
        raise RunFault(
            f"{printable(folder)} cannot go on here: it was begun in {begun}, which needs a GPU. "
            "With --precision 32-true another run begins."
        )


def has_no_checkpoint(folder: Path) -> bool:
    """Whether a run was begun in it that nobody can go on with."""
    return (folder / SETTINGS).exists() and not (folder / LAST).exists()


def finished(folder: Path) -> bool:
    """Whether the run is over and measured."""
    path = folder / "result.json"
    return path.exists() and path.stat().st_size > 0  # empty where the power went, with an earlier version


def read_settings(folder: Path) -> tuple[Settings, str]:
    """Settings and command of a run.

    :raises RunFault: the folder is not that of a run
    """
    command = folder / COMMAND
    try:
        settings = Settings.load(folder / SETTINGS)
        # A run of an earlier version has no command.
        return settings, command.read_text(encoding="utf-8").strip() if command.exists() else ""
    except (OSError, SettingsFault) as error:
        raise RunFault(f"{printable(folder)} is not the folder of a run: {error}") from error


def best_network(
    folder: Path, settings: Settings, clips: Clips, last: bool = False
) -> tuple[Trained, Clips, str]:
    """The weights of the best epoch, or of the last one; the clips with the tags that they are for; and what
    else is other in these clips than in those of the run, in words.

    :param last: where a run teaches what the validation split does not judge, as sounds that are no music
    :raises DiskFault: they are missing or damaged
    :raises RunFault: they are for other tags
    """
    kept = load_checkpoint(folder / BEST)
    clips, differs = with_tags_of(folder, kept, clips)
    module = network_of(settings, len(clips.dataset.tags))
    try:
        module.load_state_dict(last_weights(folder) if last else kept["module"])
    except RuntimeError as error:
        raise RunFault(f"{printable(folder)}: its network is another one than its settings say") from error
    if "mean" in kept:
        standard = Standard(kept["mean"].numpy(), kept["std"].numpy(), clips.listens_to.compression)
    else:  # of an earlier version
        standard = standardisation(clips, clips.split("train"))
    return Trained(module.eval(), standard), clips, differs


def finish(folder: Path, trained: Trained, clips: Clips, settings: Settings, fabric: Fabric) -> None:
    """Measure a trained network on validation and test split and write ``result.json`` and the scores.

    :param fabric: its processes share the measuring; the first one writes
    """
    tags = [tag.key for tag in clips.dataset.tags]
    splits = {name: clips.split(name) for name in ("valid", "test")}
    scores = {
        name: predict(trained.module, clips, indices, trained.standard, fabric)
        for name, indices in splits.items()
    }
    if not fabric.is_global_zero:
        return
    labels = {name: clips.labels(indices) for name, indices in splits.items()}
    thresholds = best_f1(scores["valid"], labels["valid"])
    network = settings.spec
    table, row = row_of(network) or ("", "")
    epochs = _epochs(folder)
    result = RunResult(
        title=row or title_of(network),
        table=table,
        row=row,
        network=network,
        parameters=parameter_count(network, len(tags)),
        multiply_adds=multiply_adds(network, len(tags)),
        data=DataUsed(
            clips.dataset.name,
            {"train": len(clips.split("train")), **{name: len(found) for name, found in splits.items()}},
            "hard" if clips.dataset.hard else "soft",
        ),
        split=clips.dataset.how_split,
        budget=budget_of(settings),
        settings=shown(settings),
        hardware=hardware(),
        epochs=len(epochs),
        seconds_per_epoch=round(sum(epoch.seconds for epoch in epochs) / max(len(epochs), 1), 3),
        metrics={
            "valid": measure(scores["valid"], labels["valid"], tags),
            "test": measure(scores["test"], labels["test"], tags, thresholds, "valid"),
        },
        tags=tuple(tags),
        precision=precision(folder),
    )
    write_result(folder, result, {name: (scores[name], labels[name]) for name in splits})


def multiply_adds(network: NetworkSpec, tags: int) -> int:
    """Of one published input in convolutions, dense and recurrent layers, counted without computing it."""
    with torch.device("meta"), FlopCounterMode(display=False) as counter, torch.no_grad():
        module = build(network, tags).eval()
        module(torch.zeros(1, *module.input.shape))
    return int(counter.get_total_flops()) // 2


def last_weights(folder: Path) -> dict[str, torch.Tensor]:
    """As the last checkpoint has them: their moving average, where the run keeps one."""
    kept = load_checkpoint(folder / LAST)
    if "averaged" not in kept:
        found: dict[str, torch.Tensor] = kept["module"]
        return found
    prefix = "module."
    return {name.removeprefix(prefix): v for name, v in kept["averaged"].items() if name.startswith(prefix)}


def how(folder: Path) -> dict[str, Any]:
    """For a card: the minutes that a run took over all its epochs, and the precision of its arithmetic.

    :raises DiskFault: its last checkpoint is damaged
    """
    minutes = round(sum(epoch.seconds for epoch in _epochs(folder)) / 60, 1)
    return {"minutes": minutes} | ({"precision": precision(folder)} if (folder / LAST).exists() else {})


def precision(folder: Path) -> str:
    """That a run computes in; where its settings say "auto", it was chosen.

    :raises DiskFault: its last checkpoint is missing or damaged
    """
    return str(load_checkpoint(folder / LAST)["state"]["precision"])


def shown(settings: Settings) -> dict[str, Any]:
    """Settings for others to see: without folders of this computer."""
    plain = asdict(settings)
    plain["reader"] = {
        name: _last_part(value) if isinstance(value, str) else value
        for name, value in settings.reader.items()
    }
    return plain


def without_paths(arguments: Sequence[str]) -> str:
    """The command as anyone can give it: folders by their last name only."""
    words = [_last_part(word) for word in arguments if word not in ("--resume", "--again")]
    return "python -m training " + shlex.join(words)


def _last_part(word: str) -> str:
    named = re.fullmatch(r"([\w-]+=)(.*)", word, flags=re.DOTALL)
    start, value = named.groups() if named else ("", word)
    return start + re.split(r"[/\\]", value.rstrip("/\\"))[-1]  # of Windows too, wherever it was written


def _epochs(folder: Path) -> list[Epoch]:
    path = folder / "epochs.jsonl"
    if not path.exists():
        return []
    return [Epoch(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
