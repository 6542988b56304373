"""What another implementation, mutagen, reads in a file: a second opinion on what was written.

mutagen writes in place and renders whole tags from its own model, which loses what it does not know; so it
only reads here.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import mutagen
import mutagen.aiff
import mutagen.apev2
import mutagen.asf
import mutagen.dsf
import mutagen.flac
import mutagen.id3
import mutagen.mp4
import mutagen.oggflac
import mutagen.oggopus
import mutagen.oggspeex
import mutagen.oggvorbis
import mutagen.wave

from mat_desktop.metadata.causes import Refusal

Reading = dict[str, tuple[str, ...]]
"""Values by key, case-folded; what is no text is told by its representation."""

_RAW_ID3 = {"translate": False, "load_v1": False}
_READERS: dict[str, tuple[Any, dict[str, bool]]] = {
    "id3": (mutagen.id3.ID3, _RAW_ID3),
    "wav": (mutagen.wave.WAVE, _RAW_ID3),
    "aiff": (mutagen.aiff.AIFF, _RAW_ID3),
    "dsf": (mutagen.dsf.DSF, _RAW_ID3),
    "flac": (mutagen.flac.FLAC, {}),
    "vorbis": (mutagen.oggvorbis.OggVorbis, {}),
    "opus": (mutagen.oggopus.OggOpus, {}),
    "oggflac": (mutagen.oggflac.OggFLAC, {}),
    "speex": (mutagen.oggspeex.OggSpeex, {}),
    "mp4": (mutagen.mp4.MP4, {}),
    "apev2": (mutagen.apev2.APEv2, {}),
    "asf": (mutagen.asf.ASF, {}),
}
_NO_TAG = (mutagen.id3.ID3NoHeaderError, mutagen.apev2.APENoHeaderError)
_DAMAGED = (mutagen.MutagenError, ValueError, LookupError, OverflowError, MemoryError, struct.error)


def second_reading(kind: str, path: Path) -> Reading:
    """All tags of a file.

    :param kind: as the container names it
    :raises Refusal: mutagen cannot read the file
    """
    reader, options = _READERS[kind]
    try:
        opened = reader(path, **options)
    except _NO_TAG:
        return {}
    except _DAMAGED as error:
        raise Refusal("a second reader, mutagen, cannot read its tags") from error
    tags = opened.tags if isinstance(opened, mutagen.FileType) else opened
    reading: dict[str, list[str]] = {}
    for key, value in _pairs(tags):
        reading.setdefault(str(key).casefold(), []).extend(_texts(value))
    return {key: tuple(values) for key, values in reading.items()}


def _pairs(tags: Any) -> list[tuple[str, Any]]:
    """Vorbis comments and ASF attributes are lists of pairs, the others mappings; None is no tag."""
    if tags is None:
        return []
    return list(tags) if isinstance(tags, list) else list(tags.items())


def _texts(value: Any) -> list[str]:
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, str):
        return [value]
    if isinstance(value, mutagen.id3.TCON):
        genres: Any = value.genres
        return list(genres)
    if isinstance(value, mutagen.id3.TextFrame):
        return [str(text) for text in getattr(value, "text", ())]
    if isinstance(value, mutagen.mp4.MP4FreeForm):
        return [bytes(value).decode("utf-8", "replace")]
    if isinstance(value, mutagen.apev2.APETextValue):
        return list(value)
    # ASF attributes hold their text in ``value``.
    text = getattr(value, "value", None)
    return [text if isinstance(text, str) else repr(value)]
