"""Tracks as the library knows them, with what was heard in them and said of them. No file is looked at."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.said import with_left
from mat_desktop.app.score import unpack
from mat_desktop.app.session import Session
from mat_desktop.domain.scores import Mark, Scores, Verdict
from mat_desktop.domain.track import Track
from mat_desktop.store.known import KnownFile

PAGE = 200
"""Tracks that are read together."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A track from earlier sessions.

    :param scores: of the model in use, None where it has not listened
    :param reviewed: whether the user marked it so
    """

    track: Track
    scores: Scores | None
    verdicts: Mapping[str, Verdict]
    reviewed: Mark


def remembered(session: Session, roots: Sequence[Path]) -> Iterator[Remembered]:
    """All tracks under some folders as they were last looked at, in order of path.

    Without those that were not there any more then.
    """
    numbers = session.library.numbers(_absolute(roots))
    for first in range(0, len(numbers), PAGE):
        page = numbers[first : first + PAGE]
        yield from _remembered(
            session,
            session.library.numbered(page, session.card.digest, features=_is_taught(session)),
            look=False,
        )


def count_remembered(session: Session, roots: Sequence[Path]) -> int:
    """How many they are; known long before the first of very many."""
    return session.library.count(_absolute(roots))


def _absolute(roots: Sequence[Path]) -> list[Path]:
    return [Path(os.path.abspath(root)) for root in roots]  # noqa: PTH100 - as the scan names them


def known(session: Session, tracks: Sequence[Track]) -> Iterator[Remembered]:
    """Those of some tracks that were heard in earlier sessions and did not change since."""
    for first in range(0, len(tracks), PAGE):
        page = {track.path: track.stamp for track in tracks[first : first + PAGE]}
        files = session.library.files(list(page), session.card.digest, features=_is_taught(session))
        heard = [file for file in files if file.scores and file.track.stamp == page[file.track.path]]
        yield from _remembered(session, heard, look=True)


def taggram(session: Session, track: Track) -> NDArray[np.float16] | None:
    """What was heard in a track over time, None where nothing was: [raw tags, positions], 0..1.

    The positions share the track's length evenly.
    """
    kept = session.library.scores(track, session.card.digest)
    return unpack(kept.taggram).reshape(len(kept.scores.values), kept.positions) if kept is not None else None


def _is_taught(session: Session) -> bool:
    return bool(session.taught.tags)


def _remembered(session: Session, files: Sequence[KnownFile], *, look: bool) -> Iterator[Remembered]:
    taught = session.taught.many_scores([file.features for file in files])
    heirs = [
        (file.scores.track_id, file.track.path, file.said) for file in files if file.scores and file.said.left
    ]
    said = with_left(session, [(i, path) for i, path, _ in heirs], [one for *_, one in heirs], look=look)
    followed = {path: one for (_, path, _), one in zip(heirs, said, strict=True)}
    for file, added in zip(files, taught, strict=True):
        scores = replace(file.scores, taught=added) if file.scores is not None and added else file.scores
        of_file = followed.get(file.track.path, file.said)
        yield Remembered(file.track, scores, of_file.verdicts, of_file.mark)
