"""Lets the engine listen to tracks and keeps what it heard."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Event
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mat_desktop.app.scan import is_as_known
from mat_desktop.app.session import Session
from mat_desktop.domain.scores import Scores
from mat_desktop.domain.track import Track, TrackId
from mat_desktop.errors import EngineFault, FileFault
from mat_desktop.inference.client import Engine
from mat_desktop.inference.protocol import Scored
from mat_desktop.store.library import KeptScores

T = TypeVar("T")

AHEAD = 32
"""Files handed to the engine before their answers are awaited: enough to keep it busy, few to cancel."""

LOOK_SECONDS = 0.2
"""How often a cancellation is looked for while nothing arrives."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a model heard in a file."""

    path: Path
    scores: Scores


def score(
    session: Session,
    tracks: Sequence[Track],
    cancel: Event,
    tell: Callable[[Path, float], None] = lambda path, share: None,
) -> Iterator[Heard | FileFault]:
    """Listen to tracks; yields them as they are finished. Unchanged files heard before come from the library.

    What was heard before features were kept is listened to once more where they are needed.

    :param tell: is told now and then, in another thread, which share of a file is done
    :raises EngineFault: the engine cannot be started, or was closed
    :raises ModelFault: the model cannot be used
    """
    engine, digest = session.engine, session.card.digest  # of one model, whatever is chosen meanwhile

    def kept(track: Track) -> Heard | None:
        known = session.library.scores(track, digest)
        enough = known is not None and (known.features or not session.needs_features)
        return _heard(session, track, known) if known is not None and enough else None

    for item in listen(engine, tracks, kept, cancel, tell):
        if isinstance(item, Heard):
            yield item
        elif isinstance(item, Fault):
            # What is away with its drive is heard once it is back.
            if not item.fault.absent and is_as_known(item.track):
                session.library.put_fault(item.track.path, item.track.stamp, item.fault.cause)
            yield item.fault
        else:
            fresh = as_kept(digest, item.scored)
            session.library.put_scores(item.track.path, item.track.stamp, fresh)
            yield _heard(session, item.track, fresh)


@dataclass(frozen=True, slots=True)
class Answer:
    """What an engine said of a track just now."""

    track: Track
    scored: Scored


@dataclass(frozen=True, slots=True)
class Fault:
    """Why it could not listen to one."""

    track: Track
    fault: FileFault


def listen(
    engine: Engine,
    tracks: Iterable[Track],
    kept: Callable[[Track], T | None],
    cancel: Event,
    tell: Callable[[Path, float], None],
) -> Iterator[T | Answer | Fault]:
    """Hand tracks to an engine and yield what comes back, in order of arrival. Keeps nothing.

    :param kept: what is known of a track already; the engine is not asked then
    :raises EngineFault: the engine cannot be started, or was closed
    :raises ModelFault: the model cannot be used
    """
    pending: dict[Future[Scored], Track] = {}
    todo = iter(tracks)
    more = True
    try:
        while (more or pending) and not cancel.is_set():
            while more and len(pending) < AHEAD and not cancel.is_set():
                track = next(todo, None)
                if track is None:
                    more = False
                    break
                known = kept(track)
                if known is not None:
                    yield known
                    continue
                pending[engine.score(track.path, partial(tell, track.path))] = track
            done, _ = wait(pending, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                track = pending.pop(future)
                if future.cancelled():
                    if cancel.is_set():
                        return
                    raise EngineFault("the engine was closed before the track was heard")
                fault = future.exception()
                if isinstance(fault, FileFault):
                    yield Fault(track, fault)
                elif fault is not None:
                    raise fault
                else:
                    yield Answer(track, future.result())
    finally:
        if pending:
            engine.cancel_scoring()


def as_kept(digest: str, scored: Scored) -> KeptScores:
    """An engine's answer as the library keeps it."""
    scores = Scores(
        digest,
        TrackId(scored.track_id),
        scored.seconds,
        [round(value, 6) for value in scored.values],
        scored.silent,
    )
    return KeptScores(
        scores, pack(np.frombuffer(scored.taggram, np.float16)), scored.positions, scored.features
    )


def _heard(session: Session, track: Track, kept: KeptScores) -> Heard:
    return Heard(track.path, replace(kept.scores, taught=session.taught.scores(kept.features)))


def pack(scores: NDArray[np.float16]) -> bytes:
    """Scores in 0..1 as compressed bytes of their square roots: 0.001 apart at 0.02, 0.008 at 1.

    A library of 30,000 tracks of four minutes would hold 600 MB of taggrams in half precision.
    """
    roots = np.round(np.sqrt(scores.astype(np.float32)) * 255).astype(np.uint8)
    return zlib.compress(roots.tobytes(), 6)


def unpack(packed: bytes) -> NDArray[np.float16]:
    """Inverse of :func:`pack`, within its resolution; [n]."""
    roots = np.frombuffer(zlib.decompress(packed), np.uint8).astype(np.float32) / 255
    return (roots**2).astype(np.float16)
