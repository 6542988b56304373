"""What a file says outside the tag that it gets: beside our fields, in the words of ID3v2.4.

Players look at the new tag first. A comment that only the old place has would be gone for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_APE_FRAMES = {
    "COMMENT": "COMM",
    "TRACK": "TRCK",
    "DISC": "TPOS",
    "ALBUM ARTIST": "TPE2",
    "COMPOSER": "TCOM",
    "CONDUCTOR": "TPE3",
    "COPYRIGHT": "TCOP",
    "PUBLISHER": "TPUB",
    "ISRC": "TSRC",
    "BPM": "TBPM",
    "COMPILATION": "TCMP",
}
_CHUNK_FRAMES = {
    b"ICMT": "COMM",
    b"ITRK": "TRCK",
    b"IPRT": "TRCK",
    b"ICOP": "TCOP",
    b"IMUS": "TCOM",
    b"ANNO": "COMM",
    b"(c) ": "TCOP",
}
"""Chunks of a RIFF INFO list, and of an AIFF file."""
_NAMES = {
    "COMM": "comment",
    "TRCK": "track",
    "TPOS": "disc",
    "TPE2": "album artist",
    "TCOM": "composer",
    "TPE3": "conductor",
    "TCOP": "copyright",
    "TPUB": "publisher",
    "TSRC": "ISRC",
    "TBPM": "BPM",
    "TCMP": "compilation",
    "APIC": "cover",
}
_COVERS = {"COVER ART (FRONT)": 3, "COVER ART (BACK)": 4}
_MAGIC = {b"\xff\xd8": "image/jpeg", b"\x89PNG": "image/png", b"GIF8": "image/gif", b"BM": "image/bmp"}


@dataclass(frozen=True, slots=True)
class Carried:
    """:param frame: its identifier
    :param description: of TXXX, else empty
    :param picture: of APIC, with its kind and MIME type, else nothing
    """

    frame: str
    values: tuple[str, ...] = ()
    description: str = ""
    picture: tuple[int, str, bytes] | None = None

    @property
    def name(self) -> str:
        """For people."""
        return self.description or _NAMES[self.frame]


def of_v1(comment: str, track: int) -> list[Carried]:
    """:param track: 0 for none"""
    found = [Carried("COMM", (comment,))] if comment else []
    return [*found, Carried("TRCK", (str(track),))] if track else found


def of_ape(items: Iterable[tuple[str, tuple[str, ...]]]) -> list[Carried]:
    """Keys for which there is no frame become free texts of that name, as players write them."""
    return [
        Carried(frame, values) if (frame := _APE_FRAMES.get(key.upper())) else Carried("TXXX", values, key)
        for key, values in items
    ]


def covers(items: Iterable[tuple[str, bytes]]) -> list[Carried]:
    """Pictures of an APEv2 tag, each behind its file's name, where they are of a usual kind."""
    found = []
    for key, value in items:
        data = value.partition(b"\0")[2]
        mime = next((mime for magic, mime in _MAGIC.items() if data.startswith(magic)), "")
        if mime and key.upper() in _COVERS:
            found.append(Carried("APIC", picture=(_COVERS[key.upper()], mime, data)))
    return found


def of_chunks(texts: Iterable[tuple[bytes, str]]) -> list[Carried]:
    """What chunks say for which there is a frame, the first of each."""
    found: dict[str, Carried] = {}
    for name, text in texts:
        frame = _CHUNK_FRAMES.get(name)
        if frame and text:
            found.setdefault(frame, Carried(frame, (text,)))
    return list(found.values())
