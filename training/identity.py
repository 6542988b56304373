"""What data a run was trained on, so that its weights are never taken for those of other tags or clips.

Tags of one's own library are in the order of their frequency: two more files can turn it round, and all
shapes fit as before. So every checkpoint says which tags its outputs are, and on which clips it learned.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec

from mat_desktop.domain.counting import count
from mat_desktop.errors import MatError, printable
from training.datasets.dataset import SPLITS
from training.inputs import Clips

SHOWN = 3


class RunFault(MatError):
    """A folder is not that of a run, is of another one, or another process works in it."""


@dataclass(frozen=True, slots=True)
class Data:
    """:param tags: ``vocabulary/name`` of each output, in order; empty where it is not known
    :param clips: that can be used, by split; empty where it is not known
    :param digest: of clips, splits and labels; empty for a run of an earlier version
    """

    tags: tuple[str, ...] = ()
    clips: dict[str, int] = field(default_factory=dict)
    digest: str = ""

    def plain(self) -> dict[str, Any]:
        """For a checkpoint."""
        return asdict(self) | {"tags": list(self.tags)}


def data_of(clips: Clips) -> Data:
    """Of clips as they are now. Where their folder lies does not count."""
    dataset, usable = clips.dataset, clips.usable
    tags = _tags(clips)
    digest = hashlib.sha256(json.dumps(tags).encode())
    for clip, split, use in zip(dataset.clips, dataset.splits.tolist(), usable.tolist(), strict=True):
        if use:
            name = "/".join(clip.parts[-2:])
            digest.update(f"{name}\0{split}\n".encode("utf-8", "surrogateescape"))
    digest.update(dataset.labels[usable].tobytes())
    counts = {split: int((usable & (dataset.splits == split)).sum()) for split in SPLITS}
    return Data(tags, counts, digest.hexdigest()[:16])


def data_of_run(folder: Path, checkpoint: Mapping[str, Any]) -> Data:
    """Of the run that a checkpoint is of.

    :param folder: its other files tell as much as is known of a run of an earlier version
    """
    if "data" in checkpoint:
        return msgspec.convert(checkpoint["data"], Data)
    for name in ("result.json", "tags.json"):
        try:
            found = msgspec.json.decode((folder / name).read_bytes(), type=_Earlier)
        except (OSError, ValueError):
            continue
        return Data(found.tags, found.data.clips)
    return Data()


def check_data(folder: Path, checkpoint: Mapping[str, Any], clips: Clips) -> None:
    """:raises RunFault: the run was begun with other data than this"""
    differs = difference(data_of_run(folder, checkpoint), data_of(clips)) or _outputs(checkpoint, clips)
    if differs:
        raise RunFault(
            f"{printable(folder)}: the data is not the one that this run began with: {differs}. "
            "Begin a new run with it, in another folder."
        )


def with_tags_of(folder: Path, checkpoint: Mapping[str, Any], clips: Clips) -> tuple[Clips, str]:
    """The clips with the tags of a run, in the order of its outputs; and what else is other than in the run.

    :raises RunFault: the data does not have a tag of the run any more
    """
    before, dataset = data_of_run(folder, checkpoint), clips.dataset
    now = _tags(clips)
    if before.tags and before.tags != now:
        columns = {key: column for column, key in enumerate(now)}
        # Most files may spell a tag in another way by now.
        folded = {key.casefold(): column for key, column in columns.items()}
        found = {key: columns.get(key, folded.get(key.casefold())) for key in before.tags}
        gone = [key for key, column in found.items() if column is None]
        if gone:
            raise RunFault(
                f"{printable(folder)}: tags of this run that {dataset.name} does not have: {_listed(gone)}"
            )
        clips = with_columns(clips, [column for column in found.values() if column is not None])
    if wrong := _outputs(checkpoint, clips):
        raise RunFault(f"{printable(folder)}: the network is for other tags than {dataset.name}: {wrong}")
    return clips, difference(replace(before, tags=()), data_of(clips))


def with_columns(clips: Clips, columns: Sequence[int]) -> Clips:
    """The clips with these of their tags, in this order."""
    dataset = clips.dataset
    tags = tuple(dataset.tags[column] for column in columns)
    return replace(clips, dataset=replace(dataset, labels=dataset.labels[:, list(columns)], tags=tags))


def difference(before: Data, now: Data) -> str:
    """In words; empty where there is none, or none is known."""
    if before.tags and before.tags != now.tags:
        fresh = [tag for tag in now.tags if tag not in before.tags]
        gone = [tag for tag in before.tags if tag not in now.tags]
        told = [f"{_listed(tags)} {went}" for tags, went in ((fresh, "came"), (gone, "went")) if tags]
        return "of the tags, " + " and ".join(told) if told else "its tags are in another order"
    told = [
        f"{count(now.clips.get(split, 0), f'{split} clip')}, not {number:,}"
        for split, number in before.clips.items()
        if number != now.clips.get(split, 0)
    ]
    if told:
        return ", ".join(told)
    if before.digest and before.digest != now.digest:
        return "as many clips, but other ones, or with other tags or splits"
    return ""


def _outputs(checkpoint: Mapping[str, Any], clips: Clips) -> str:
    """Why the network's outputs cannot be the tags, by their number."""
    outputs, tags = len(checkpoint["module"]["head.weight"]), len(clips.dataset.tags)
    return "" if outputs == tags else f"{count(tags, 'tag')}, not {outputs}"


def _listed(tags: list[str]) -> str:
    more = f" and {len(tags) - SHOWN} more" if len(tags) > SHOWN else ""
    return ", ".join(tags[:SHOWN]) + more


def _tags(clips: Clips) -> tuple[str, ...]:
    return tuple(tag.key for tag in clips.dataset.tags)


class _Counts(msgspec.Struct):
    clips: dict[str, int] = {}


class _Earlier(msgspec.Struct):
    """What result.json and tags.json tell of a run whose checkpoints do not."""

    tags: tuple[str, ...]
    data: _Counts = msgspec.field(default_factory=_Counts)
