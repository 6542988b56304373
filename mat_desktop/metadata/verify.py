"""Proves that a new file is the old one with other values in the changed fields, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mat_desktop.audio.probe import packets_digest, probe
from mat_desktop.domain.plan import Change
from mat_desktop.domain.tags import Field
from mat_desktop.domain.track import StreamInfo, TrackId
from mat_desktop.errors import FileFault
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.containers.base import Container
from mat_desktop.metadata.containers.recognise import open_container
from mat_desktop.metadata.second_reader import Reading, second_reading
from mat_desktop.metadata.source import Source

_DURATION_TOLERANCE = 0.5
"""Seconds: FFmpeg estimates the length of some streams from the size of the file, the tag included."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What must be the same before and after.

    :param keys: under which the second reader finds the changed fields
    :param others: all fields that are not changed
    :param foreign: all content of the file but the changed fields and padding
    :param second: what another library reads; None where the file has no tag yet
    :param packets: digest of the encoded audio; None where the container makes it depend on the tag
    """

    kind: str
    keys: frozenset[str]
    others: dict[Field, tuple[str, ...]]
    foreign: tuple[bytes, ...]
    second: Reading | None
    stream: StreamInfo
    packets: TrackId | None


def gather(path: Path, container: Container, changes: Sequence[Change]) -> Evidence:
    """The evidence in a file whose tag has not been touched yet.

    :raises Refusal: another library cannot read its tags
    :raises DecodeError: FFmpeg cannot read its audio
    :raises OSError: it cannot be read
    """
    fields = {change.field for change in changes}
    others = {field: container.tag.get(field) for field in Field if field not in fields}
    second = None if container.is_new else second_reading(container.kind, path)
    keys = frozenset(key for field in fields for key in container.tag.keys(field))
    foreign = container.foreign(fields)
    packets = None if container.packets_end_with_tag else packets_digest(path)
    return Evidence(container.kind, keys, others, foreign, second, probe(path), packets)


def sound_of(path: Path) -> TrackId | None:
    """Digest of the encoded audio of a file; None where it cannot be read or the container makes it depend on
    the tag."""
    with suppress(Refusal, FileFault, OSError), path.open("rb") as file:
        if not open_container(path, Source(file)).packets_end_with_tag:
            return packets_digest(path)
    return None


def verify(path: Path, before: Evidence, changes: Sequence[Change]) -> None:
    """Read a written file anew and compare it with the evidence.

    :raises Refusal: it is not as intended
    :raises DecodeError: FFmpeg cannot read its audio
    :raises OSError: it cannot be read
    """
    with path.open("rb") as file:
        container = open_container(path, Source(file))
        for change in changes:
            if container.tag.get(change.field) != change.after:
                raise Refusal(f"the new values of {change.field} do not read back as they were written")
        after = gather(path, container, changes)
        if after.kind != before.kind or after.others != before.others:
            raise Refusal("another field would have changed with it")
        if after.foreign != before.foreign:
            raise Refusal("something in the file that is not ours would have changed with it")
        _compare_streams(before, after)
        _compare_second(before, second_reading(container.kind, path), container, changes)


def _compare_streams(before: Evidence, after: Evidence) -> None:
    old, new = before.stream, after.stream
    same = (old.container, old.codec, old.sample_rate, old.channels) == (
        new.container,
        new.codec,
        new.sample_rate,
        new.channels,
    )
    if old.duration is not None and new.duration is not None:
        same = same and abs(old.duration - new.duration) <= _DURATION_TOLERANCE
    else:
        same = same and old.duration == new.duration
    if not same or before.packets != after.packets:
        raise Refusal("the audio would have changed")


def _compare_second(
    before: Evidence, after: Reading, container: Container, changes: Sequence[Change]
) -> None:
    """The second reader must find the new values under the dialect's keys, and all else as before."""
    for change in changes:
        found = [after[key] for key in container.tag.keys(change.field) if key in after]
        wanted = "; ".join(change.after)
        if bool(found) != bool(change.after) or any("; ".join(values) != wanted for values in found):
            raise Refusal(f"a second reader, mutagen, finds other values of {change.field} than were written")
    if before.second is None:
        return
    ours = before.keys | {key for change in changes for key in container.tag.keys(change.field)}
    rest_before = {key: values for key, values in before.second.items() if key not in ours}
    rest_after = {key: values for key, values in after.items() if key not in ours}
    if rest_before != rest_after:
        raise Refusal("a second reader, mutagen, finds that another tag would have changed with it")
