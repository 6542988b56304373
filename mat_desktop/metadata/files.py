"""Reads the tags of a file, whatever its container."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from mat_desktop.domain.tags import Field
from mat_desktop.errors import TagFault
from mat_desktop.metadata.causes import Refusal, fault
from mat_desktop.metadata.containers.base import present
from mat_desktop.metadata.containers.recognise import open_container
from mat_desktop.metadata.source import Source


@dataclass(frozen=True, slots=True)
class FileTags:
    """The tags of one file.

    :param format: for people: "ID3v2.3", "Vorbis comment", "MP4", "APEv2", "ASF"; what would be written where
        the file has none
    :param tags: present values by field; those that stand only beside the tag among them, but for our marks
    :param notes: what a user should know before the file is written, also why it cannot be
    """

    format: str
    tags: dict[Field, tuple[str, ...]]
    notes: tuple[str, ...] = ()


def read_tags(path: Path) -> FileTags:
    """Read the tags of a file.

    :raises TagFault: it cannot be read, is of no supported kind, or its tag is damaged
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise Refusal("not a regular file")
        with path.open("rb") as file:
            container = open_container(path, Source(file))
            tags = {field: values for field in Field if (values := present(container, field))}
            notes = container.notes
            if container.obstacle:
                notes = (*notes, f"cannot be written: {container.obstacle}")
            return FileTags(container.tag.format, tags, notes)
    except TagFault:
        raise
    except (Refusal, OSError) as error:
        raise fault(path, error) from error
