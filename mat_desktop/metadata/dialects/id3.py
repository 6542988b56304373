"""ID3v2: frames. Specification: id3.org, id3v2.3.0 and id3v2.4.0-structure/frames.

Frames are kept as they lie in the file and only those of a changed field are rendered anew: unknown frames,
frame flags, odd terminators and the order survive, and the version of a tag stays what it is. Only ID3v2.2,
which nobody writes any more, becomes 2.3.
"""

from __future__ import annotations

import codecs
import io
import re
import struct
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import mutagen
import mutagen.id3

from mat_desktop.domain.tags import Field
from mat_desktop.metadata.causes import Refusal
from mat_desktop.metadata.dialects import genres
from mat_desktop.metadata.dialects.base import OWN_KEYS, unique
from mat_desktop.metadata.dialects.carried import Carried

HEADER = 10
"""Bytes of a tag header, and of a frame header from version 2.3 on."""
PADDING = 4096
"""Zero bytes behind the frames of a tag that is new or has outgrown its place: the next edit fits in."""

_ID3: Any = mutagen.id3.ID3
_FRAMES_22: Any = mutagen.id3.Frames_2_2
_UNSYNCHRONISED, _EXTENDED, _FOOTER = 0x80, 0x40, 0x10
_TEXT = {
    Field.TITLE: ("TIT2",),
    Field.ARTIST: ("TPE1",),
    Field.ALBUM: ("TALB",),
    Field.DATE: ("TDRC", "TYER"),
    Field.GENRE: ("TCON",),
    Field.MOOD: ("TMOO",),
    Field.GROUPING: ("GRP1", "TIT1"),
}
_LISTS = frozenset({Field.GENRE, Field.MOOD, Field.GROUPING, Field.INSTRUMENT, Field.VOICE, Field.MAT_TAGS})
_NAME = re.compile(rb"[A-Z][A-Z0-9]{2}[A-Z0-9 \0]")
_NAME_22 = re.compile(rb"[A-Z][A-Z0-9]{2}")
_CODECS = ("latin-1", "utf-16", "utf-16-be", "utf-8")


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as it lies in the tag.

    :param id: four characters
    :param flags: both flag bytes, of the tag's own version
    :param data: all that follows the frame header
    """

    id: bytes
    flags: int
    data: bytes


@dataclass(frozen=True, slots=True)
class _Key:
    """Which frames hold a field: a frame identifier, for TXXX with its description in capitals."""

    id: str
    description: str = ""


class Id3Tag:
    """One ID3v2 tag."""

    def __init__(self) -> None:
        """An empty tag of version 2.4."""
        self.version = 4
        self.frames: list[Frame] = []
        self.space = 0
        """Bytes that the tag took in the file, with its header and padding."""
        self.obstacle = ""
        """Why the tag can be read but not be rewritten without loss; empty if it can."""
        self.upgraded = False
        """It was version 2.2 in the file."""
        self._unsynchronised = False

    @classmethod
    def parse(cls, data: bytes) -> Id3Tag:
        """The tag at the start of ``data``, which must hold at least :func:`tag_size` bytes.

        :raises Refusal: it is of an unknown version or makes no sense
        """
        tag = cls()
        tag.space = tag_size(data)
        tag.version, flags = data[3], data[5]
        if tag.version not in (2, 3, 4):
            raise Refusal(f"an ID3v2.{tag.version} tag, which no specification describes")
        body = data[HEADER : tag.space]
        if tag.version == 2:
            tag._read_v22(data[: tag.space], body)
            return tag
        if flags & _FOOTER and tag.version == 4:
            tag.obstacle = "an ID3v2.4 tag with a footer"
        tag._unsynchronised = bool(flags & _UNSYNCHRONISED)
        if tag._unsynchronised and tag.version == 3:
            body = _resynchronise(body)
        if flags & _EXTENDED:
            body = body[_extended_size(body, tag.version) :]
        tag._walk(body)
        return tag

    @property
    def format(self) -> str:
        """ "ID3v2.3" or "ID3v2.4"; of a 2.2 tag what it is now."""
        return "ID3v2.2" if self.upgraded else f"ID3v2.{self.version}"

    def get(self, field: Field) -> tuple[str, ...]:
        """The values of a field. Values of a 2.3 tag are parted at semicolons, never at slashes."""
        keys = self._present(field)
        if field in (Field.DATE, Field.GROUPING):
            keys = keys[:1]
        return unique(
            value for key in keys for frame in self._of(key) for value in self._values(frame, field)
        )

    def set(self, field: Field, values: Sequence[str]) -> None:
        """Replace the values of a field; none removes it. :raises Refusal: the version cannot hold them"""
        if self.version == 3 and field in _LISTS and any(";" in value for value in values):
            raise Refusal("ID3v2.3 cannot hold a value with a semicolon in a list")
        for key in self._homes(field) if values else self._owned(field):
            self._put(key, field, values)

    def carry(self, carried: Iterable[Carried]) -> None:
        """Take in what stands elsewhere in the file and is none of our fields; only of a tag that is new."""
        for item in carried:
            texts = "\0".join(item.values)
            parts = [item.description, texts] if item.frame == "TXXX" else [texts]
            data = self._encode(parts)
            if item.frame == "COMM":  # its language is not known, and the players' comment has no description
                data = data[:1] + b"XXX" + self._encode(["", "; ".join(item.values)])[1:]
            if item.picture is not None:
                kind, mime, picture = item.picture
                data = b"\0" + mime.encode("ascii") + bytes((0, kind, 0)) + picture
            self.frames.append(Frame(item.frame.encode("ascii"), 0, data))

    def foreign(self, fields: Collection[Field]) -> tuple[bytes, ...]:
        """Every other frame: identifier, flags and data."""
        keys = [key for field in fields for key in self._owned(field)]
        return tuple(
            frame.id + frame.flags.to_bytes(2, "big") + frame.data
            for frame in self.frames
            if not any(self._is(frame, key) for key in keys)
        )

    def keys(self, field: Field) -> tuple[str, ...]:
        """As mutagen hashes frames, in small letters: "tcon", "txxx:mood"."""
        return tuple(f"{key.id}:{key.description}".rstrip(":").casefold() for key in self._owned(field))

    def render(self) -> bytes:
        """The whole tag: in its old place if it fits, else with fresh padding, then of even length."""
        body = b"".join(self._render_frame(frame) for frame in self.frames)
        needed = HEADER + len(body)
        size = self.space if needed <= self.space else needed + PADDING + needed % 2
        if size - HEADER >= 1 << 28:
            raise Refusal("the ID3 tag would become too large")
        # Text in UTF-8 has no byte 0xFF: our frames need no unsynchronisation where a 2.4 tag promises it.
        flags = _UNSYNCHRONISED if self._unsynchronised and self.version == 4 else 0
        head = b"ID3" + bytes((self.version, 0, flags)) + _synchsafe(size - HEADER)
        return head + body + bytes(size - needed)

    # --- which frames ---------------------------------------------------------------------------------------

    def _candidates(self, field: Field) -> list[_Key]:
        keys = [_Key(id) for id in _TEXT.get(field, ())]
        if field in OWN_KEYS:
            keys.append(_Key("TXXX", OWN_KEYS[field]))
        return keys

    def _present(self, field: Field) -> list[_Key]:
        return [key for key in self._candidates(field) if self._of(key)]

    def _homes(self, field: Field) -> list[_Key]:
        """Where the values of a field are to stand."""
        present = self._present(field)
        if field is Field.MOOD:
            # TMOO came with 2.4. Two places must not contradict each other: whichever exists is kept up.
            native = _Key("TMOO") if self.version == 4 else _Key("TXXX", OWN_KEYS[field])
            return present if native in present else [native, *present]
        if field is Field.GROUPING:
            # Where GRP1 exists, iTunes has been here and TIT1 means the work.
            return present[:1] or [_Key("TIT1")]
        return present[:1] or self._candidates(field)[:1]

    def _owned(self, field: Field) -> list[_Key]:
        """Where the values of a field stand or are to stand."""
        homes = self._homes(field)
        if field is Field.GROUPING:
            return homes
        return list(dict.fromkeys([*homes, *self._present(field)]))

    def _of(self, key: _Key) -> list[Frame]:
        return [frame for frame in self.frames if self._is(frame, key)]

    def _is(self, frame: Frame, key: _Key) -> bool:
        if frame.id != key.id.encode("ascii"):
            return False
        return not key.description or self._description(frame).upper() == key.description

    def _put(self, key: _Key, field: Field, values: Sequence[str]) -> None:
        places = [index for index, frame in enumerate(self.frames) if self._is(frame, key)]
        fresh = []
        if values:
            spelling = self._description(self.frames[places[0]]) if places and key.description else ""
            fresh = [self._frame(key, spelling or key.description, field, values)]
        first = places[0] if places else len(self.frames)
        kept_before = self.frames[:first]
        kept_after = [frame for i, frame in enumerate(self.frames[first:], first) if i not in places]
        self.frames = kept_before + fresh + kept_after

    # --- text -----------------------------------------------------------------------------------------------

    def _frame(self, key: _Key, description: str, field: Field, values: Sequence[str]) -> Frame:
        texts = [genres.escaped(value) for value in values] if field is Field.GENRE else list(values)
        if self.version == 3:
            texts = ["; ".join(texts)]
        parts = ["\0".join(texts)]
        if key.id == "TXXX":
            parts.insert(0, description)
        return Frame(key.id.encode("ascii"), 0, self._encode(parts))

    def _encode(self, parts: Sequence[str]) -> bytes:
        """The encoding byte and the parts with a terminator between them."""
        try:
            if self.version == 4:
                return b"\3" + "\0".join(parts).encode("utf-8")
            try:
                return b"\0" + "\0".join(parts).encode("latin-1")
            except UnicodeEncodeError:
                return b"\1" + b"\0\0".join(codecs.BOM_UTF16_LE + part.encode("utf-16-le") for part in parts)
        except UnicodeEncodeError:
            raise Refusal("a value holds characters that no file can keep") from None

    def _description(self, frame: Frame) -> str:
        return self._texts(frame)[0]

    def _values(self, frame: Frame, field: Field) -> list[str]:
        texts = self._texts(frame)
        if frame.id == b"TXXX":
            texts = texts[1:]
        if self.version == 3 and field in _LISTS:
            texts = [part.strip() for text in texts for part in text.split(";")]
        texts = [text for text in texts if text]
        return genres.decoded(texts) if field is Field.GENRE else texts

    def _texts(self, frame: Frame) -> list[str]:
        """All texts of a text frame; a single empty one where it cannot be read."""
        data = self._plain(frame)
        if not data or data[0] >= len(_CODECS):
            return [""]
        encoding = _CODECS[data[0]]
        text = data[1:]
        if encoding.startswith("utf-16") and len(text) % 2:
            text = text[:-1]
        if encoding == "utf-16" and text[:2] not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            encoding = "utf-16-le"
        decoded = text.decode(encoding, "replace")
        # Every text of a list may start with a byte order mark of its own.
        return [part.lstrip("\ufeff") for part in decoded.split("\0")]

    def _plain(self, frame: Frame) -> bytes:
        """The content of a frame: its format flags undone; nothing if it is encrypted or damaged."""
        data, flags = frame.data, frame.flags
        if self.version == 4:
            grouped, compressed, encrypted = flags & 0x40, flags & 0x08, flags & 0x04
            if grouped:
                data = data[1:]
            if flags & 0x01:
                data = data[4:]
            if flags & 0x02 or self._unsynchronised:
                data = _resynchronise(data)
        else:
            compressed, encrypted, grouped = flags & 0x80, flags & 0x40, flags & 0x20
            if compressed:
                data = data[4:]
            if grouped:
                data = data[1:]
        if encrypted:
            return b""
        if compressed:
            inflate = zlib.decompressobj()
            try:
                return inflate.decompress(data, 1 << 20)
            except zlib.error:
                return b""
        return data

    # --- bytes ----------------------------------------------------------------------------------------------

    def _render_frame(self, frame: Frame) -> bytes:
        size = len(frame.data)
        raw = _synchsafe(size) if self.version == 4 else size.to_bytes(4, "big")
        return frame.id + raw + frame.flags.to_bytes(2, "big") + frame.data

    def _walk(self, body: bytes) -> None:
        self.frames, problem = _frames(body, synchsafe=self.version == 4)
        if problem and self.version == 4:
            # iTunes and others have written plain numbers for the sizes of 2.4 frames.
            frames, still = _frames(body, synchsafe=False)
            if not still:
                self.frames, problem = frames, ""
        self.obstacle = self.obstacle or problem

    def _read_v22(self, whole: bytes, body: bytes) -> None:
        """Let mutagen carry the three-letter frames to 2.3, and see that none is lost on the way."""
        self.upgraded, self.version = True, 3
        try:
            old = _ID3(io.BytesIO(whole), translate=False, load_v1=False)
            out = io.BytesIO()
            old.save(out, v1=0, v2_version=3, v23_sep=None, padding=lambda info: 0)
        except (mutagen.MutagenError, ValueError, LookupError, struct.error) as error:
            raise Refusal("an ID3v2.2 tag that cannot be read") from error
        self.frames, problem = _frames(out.getvalue()[HEADER:], synchsafe=False)
        if whole[5] & _UNSYNCHRONISED:
            body = _resynchronise(body)
        names = _names_v22(body)
        if problem or names is None or len(names) != len(self.frames):
            self.obstacle = "an ID3v2.2 tag with frames that ID3v2.3 does not know"


def tag_size(head: bytes) -> int:
    """Bytes of the tag with its header, from its first ten bytes; 0 if no tag starts here.

    :raises Refusal: the size is not one
    """
    if len(head) < HEADER or head[:3] != b"ID3":
        return 0
    if any(byte & 0x80 for byte in head[6:10]):
        raise Refusal("the ID3 tag has a damaged header")
    size = 0
    for byte in head[6:10]:
        size = size << 7 | byte
    footer = HEADER if head[3] == 4 and head[5] & _FOOTER else 0
    return HEADER + size + footer


def _synchsafe(number: int) -> bytes:
    if number >= 1 << 28:
        raise Refusal("an ID3 frame would become too large")
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def _resynchronise(data: bytes) -> bytes:
    return data.replace(b"\xff\0", b"\xff")


def _extended_size(body: bytes, version: int) -> int:
    """Bytes of the extended header. It holds a checksum and sizes that an edit makes void."""
    if len(body) < 4:
        return 0
    if version == 3:
        return 4 + int.from_bytes(body[:4], "big")
    return sum((byte & 0x7F) << shift for byte, shift in zip(body[:4], (21, 14, 7, 0), strict=True))


def _frames(body: bytes, *, synchsafe: bool) -> tuple[list[Frame], str]:
    """The frames, and what is wrong with them: empty if they end at zero padding or fill the tag exactly."""
    frames: list[Frame] = []
    position = 0
    while len(body) - position >= HEADER:
        head = body[position : position + HEADER]
        if head[0] == 0:
            break
        if not _NAME.fullmatch(head[:4]):
            return frames, "the ID3 tag holds bytes that are no frame"
        raw = head[4:8]
        if synchsafe:
            if any(byte & 0x80 for byte in raw):
                return frames, "the ID3 tag has a frame of impossible size"
            size = sum(byte << shift for byte, shift in zip(raw, (21, 14, 7, 0), strict=True))
        else:
            size = int.from_bytes(raw, "big")
        position += HEADER
        if position + size > len(body):
            return frames, "the ID3 tag has a frame that reaches beyond its end"
        frames.append(Frame(head[:4], int.from_bytes(head[8:10], "big"), body[position : position + size]))
        position += size
    if body[position:].strip(b"\0"):
        return frames, "the ID3 tag holds bytes that are no frame"
    return frames, ""


def _names_v22(body: bytes) -> list[bytes] | None:
    """Frame names of a 2.2 tag; None if one is unknown or the tag does not hold together."""
    names: list[bytes] = []
    position = 0
    while len(body) - position >= 6 and body[position]:
        name = body[position : position + 3]
        size = int.from_bytes(body[position + 3 : position + 6], "big")
        position += 6 + size
        if not _NAME_22.fullmatch(name) or name.decode("ascii") not in _FRAMES_22 or position > len(body):
            return None
        names.append(name)
    return names
