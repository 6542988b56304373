"""Which container a file is, by its content; its name may lie."""

from __future__ import annotations

from pathlib import Path

from mat_desktop.audio.probe import probe
from mat_desktop.errors import DecodeError
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.containers.ape import Ape
from mat_desktop.metadata.containers.asf import HEADER as ASF_HEADER
from mat_desktop.metadata.containers.asf import Asf
from mat_desktop.metadata.containers.base import Container
from mat_desktop.metadata.containers.dsf import Dsf
from mat_desktop.metadata.containers.flac import Flac
from mat_desktop.metadata.containers.id3_prefix import Id3Prefix
from mat_desktop.metadata.containers.iff import Iff
from mat_desktop.metadata.containers.matroska import HEADER as MATROSKA_HEADER
from mat_desktop.metadata.containers.matroska import Matroska
from mat_desktop.metadata.containers.mp4 import Mp4
from mat_desktop.metadata.containers.ogg import Ogg
from mat_desktop.metadata.dialects.id3 import HEADER, tag_size
from mat_desktop.metadata.source import Source

_APE_MAGICS = (b"wvpk", b"MAC ", b"MP+", b"MPCK", b"OFR ", b"tBaK", b"APETAGEX")
_UNSUPPORTED = {
    b"RF64": "RF64 (WAV beyond 4 GiB) is not supported",
    b"BW64": "BW64 (WAV beyond 4 GiB) is not supported",
    b"riff": "Wave64 is not supported",
}
_BARE_STREAMS = ("mp3", "aac")


def open_container(path: Path, source: Source) -> Container:
    """The container of a file.

    :raises Refusal: it is none that is supported, or is damaged
    """
    head = source.peek(0, 16)
    if head[:4] in _UNSUPPORTED:
        raise Refusal(_UNSUPPORTED[head[:4]])
    if (head[:4], head[8:12]) == (b"RIFF", b"WAVE") or (
        head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC")
    ):
        return Iff(source)
    if head.startswith(b"OggS"):
        return Ogg(source)
    if head.startswith(ASF_HEADER):
        return Asf(source)
    if head.startswith(MATROSKA_HEADER):
        return Matroska(source)
    if head.startswith(b"DSD "):
        return Dsf(source)
    if head[4:8] in (b"ftyp", b"moov", b"wide"):
        return Mp4(source)
    # These may follow an ID3v2 tag that does not belong to them.
    start = tag_size(source.peek(0, HEADER))
    head = source.peek(start, 16)
    if head.startswith(b"fLaC"):
        return Flac(source, start)
    if head.startswith(_APE_MAGICS):
        return Ape(source)
    if head.startswith(b"TTA1") or _is_sync(head) or _is_bare_stream(path):
        return Id3Prefix(source)
    raise Refusal("not a kind of file whose tags can be read")


def _is_sync(head: bytes) -> bool:
    """An MPEG audio frame or an ADTS frame: eleven set bits and no reserved value."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    if layer == 0:
        return head[1] & 0xF0 == 0xF0
    return version != 1 and head[2] >> 4 != 15 and head[2] >> 2 & 3 != 3


def _is_bare_stream(path: Path) -> bool:
    """Ask FFmpeg where junk stands before the first frame."""
    try:
        return probe(path).container in _BARE_STREAMS
    except DecodeError:
        return False
