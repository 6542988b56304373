"""What the window's process and the engine process say to each other: msgpack, length first.

Requests and answers carry an id; an answer to an id that was cancelled is dropped. Names of files travel as
bytes, because not every name is text.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, Literal

import msgspec

_LENGTH = struct.Struct("<I")
LARGEST_MESSAGE = 1 << 30


class LoadModel(msgspec.Struct, tag="load", frozen=True):
    """Use this model from now on. Answered by :class:`Ready` or :class:`Failed`.

    :param insist: fail where the device is not there, instead of taking the next best
    """

    id: int
    folder: bytes
    device: str
    insist: bool


class ScoreFile(msgspec.Struct, tag="score", frozen=True):
    """Listen to a whole file. Answered by :class:`Scored` or :class:`Failed`."""

    id: int
    path: bytes


class DrawFile(msgspec.Struct, tag="draw", frozen=True):
    """The log-mel of a whole file as a picture. Answered by :class:`Drawn` or :class:`Failed`.

    What is drawn of it so far comes before, now and then, as :class:`Drawing`.
    """

    id: int
    path: bytes


class FindEvidence(msgspec.Struct, tag="evidence", frozen=True):
    """Where in a file some outputs come from. Answered by :class:`Found` or :class:`Failed`."""

    id: int
    path: bytes
    tags: list[int]


class Cancel(msgspec.Struct, tag="cancel", frozen=True):
    """Forget what was to be scored, found or drawn up to this id; files under way answer nothing."""

    up_to: int
    what: Literal["scores", "evidence", "pictures"] = "scores"


class Hold(msgspec.Struct, tag="hold", frozen=True):
    """Rest from scoring until told otherwise; pictures still come."""

    on: bool


Request = LoadModel | ScoreFile | DrawFile | FindEvidence | Cancel | Hold


class Ready(msgspec.Struct, tag="ready", frozen=True):
    """The model is loaded.

    :param device: for people, e.g. "CPU, 2 cores" or "GPU, NVIDIA RTX 4060"
    :param devices: those that are there, the fastest first, each with its name for people
    :param instead: why it is not the device that was wished
    """

    id: int
    device: str
    devices: dict[str, str]
    instead: str = ""


class Scored(msgspec.Struct, tag="scored", frozen=True):
    """What was heard.

    :param values: a score in 0..1 for each tag of the card
    :param taggram: float16 [tags, positions], row-major
    :param positions: columns of the taggram; they share the track's length evenly
    :param features: float16 [channels], what the network's last layer made the scores of
    """

    id: int
    track_id: str
    seconds: float
    values: list[float]
    silent: bool
    taggram: bytes
    positions: int
    features: bytes


class Hearing(msgspec.Struct, tag="hearing", frozen=True):
    """A file is listened to or looked into; comes now and then before :class:`Scored` or :class:`Found`.

    :param share: of the work that is done, 0..1
    """

    id: int
    share: float


class Drawing(msgspec.Struct, tag="drawing", frozen=True):
    """The first part of a picture, with few columns for its length; else as :class:`Drawn`."""

    id: int
    picture: bytes
    bands: int
    frames: int
    frames_per_second: float
    top_db: float
    range_db: float


class Drawn(msgspec.Struct, tag="drawn", frozen=True):
    """A picture: uint8 [bands, frames] row-major, 0 is ``top_db - range_db``, 255 is ``top_db``."""

    id: int
    picture: bytes
    bands: int
    frames: int
    frames_per_second: float
    top_db: float
    range_db: float


class Found(msgspec.Struct, tag="found", frozen=True):
    """Evidence: uint8 [rows, columns] row-major, row 0 the lowest; the square root of its strength."""

    id: int
    evidence: bytes
    rows: int
    columns: int


class Failed(msgspec.Struct, tag="failed", frozen=True):
    """The request could not be met.

    :param cause: for people
    :param absent: the file is not there
    """

    id: int
    cause: str
    absent: bool = False


Answer = Ready | Hearing | Scored | Drawing | Drawn | Found | Failed

_encoder = msgspec.msgpack.Encoder()
_requests = msgspec.msgpack.Decoder(Request)
_answers = msgspec.msgpack.Decoder(Answer)


def send(pipe: BinaryIO, message: Request | Answer) -> None:
    """Write one message and flush it. :raises OSError: the other side is gone."""
    payload = _encoder.encode(message)
    pipe.write(_LENGTH.pack(len(payload)) + payload)
    pipe.flush()


def receive_request(pipe: BinaryIO) -> Request | None:
    """The next request, None at the end of the pipe."""
    payload = _receive(pipe)
    return None if payload is None else _requests.decode(payload)


def receive_answer(pipe: BinaryIO) -> Answer | None:
    """The next answer, None at the end of the pipe."""
    payload = _receive(pipe)
    return None if payload is None else _answers.decode(payload)


def _receive(pipe: BinaryIO) -> bytes | None:
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > LARGEST_MESSAGE:
        raise ValueError(f"a message of {length} bytes is not one of ours")
    payload = pipe.read(length)
    return payload if len(payload) == length else None
