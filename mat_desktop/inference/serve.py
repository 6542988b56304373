"""The engine: a process of its own that decodes, computes log-mel and runs the network.

It reads requests from standard input and writes answers to what was standard output when it started; both are
pipes of :mod:`mat_desktop.inference.client`. A codec or driver that crashes takes this process with it, and
neither the window nor the review. It ends when its input ends, so it never outlives its parent.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import av.logging
import numpy as np
import torch
from numpy.typing import NDArray

from mat_desktop.audio.decode import Decoding
from mat_desktop.audio.mel import FRAMES_AT_ONCE, log_mel_parts, log_mel_stream
from mat_desktop.audio.windows import windows
from mat_desktop.domain.melspec import MelSpec
from mat_desktop.errors import FileFault, MatError, ModelFault
from mat_desktop.inference.evidence import FRAMES_PER_COLUMN, find_evidence
from mat_desktop.inference.protocol import (
    Answer,
    Cancel,
    DrawFile,
    Drawing,
    Drawn,
    Failed,
    FindEvidence,
    Found,
    Hearing,
    Hold,
    LoadModel,
    Ready,
    Request,
    Scored,
    ScoreFile,
    receive_request,
    send,
)
from mat_desktop.inference.tagger import Tagger, choose_device, devices
from mat_desktop.mounts import missing

RANGE_DB = 96.0
"""What a picture holds below its loudest cell: 0.4 dB a step."""

KEPT = 3
"""Log-mels kept, because evidence is asked of a file that was just drawn."""

DECODING = 0.65
"""Part of the work on a file that is decoding and the log-mel; the network has the rest."""

SAY_SECONDS = 0.25
"""Least time between two words on how far a file is."""

COLUMNS = 2400
"""Columns at most, but for files of a day, of what is drawn of a picture so far."""

KINDS: dict[type, str] = {ScoreFile: "scores", FindEvidence: "evidence", DrawFile: "pictures"}
"""By what name each is withdrawn."""

Samples = NDArray[np.float32]


class _Cancelled(Exception):
    """The request was withdrawn while it was being met."""


class Engine:
    """Answers requests: scoring in some threads, pictures and evidence beside them."""

    def __init__(self, answers: BinaryIO, threads: int) -> None:
        """Nothing is loaded yet.

        :param answers: where answers are written
        :param threads: files scored at once, and cores that the network uses
        """
        torch.set_num_threads(threads)
        self._answers, self._threads = answers, threads
        self._sending = threading.Lock()
        self._judging = threading.Lock()
        self._keeping = threading.Lock()
        self._cancelled = {"scores": -1, "evidence": -1, "pictures": -1}
        self._kept: OrderedDict[tuple[bytes, int, int, MelSpec], NDArray[np.float32]] = OrderedDict()
        self._going = threading.Event()
        self._going.set()
        self._tagger: Tagger | None = None
        self._scoring = ThreadPoolExecutor(threads, "score")
        self._drawing = ThreadPoolExecutor(1, "draw")
        self._finding = ThreadPoolExecutor(1, "evidence")

    def run(self, requests: BinaryIO) -> None:
        """Until the other side closes its end."""
        while (request := receive_request(requests)) is not None:
            match request:
                case Cancel():
                    self._cancelled[request.what] = max(self._cancelled[request.what], request.up_to)
                case Hold():
                    if request.on:
                        self._going.clear()
                    else:
                        self._going.set()
                case DrawFile():
                    self._drawing.submit(self._answer, request)
                case FindEvidence():
                    self._finding.submit(self._answer, request)
                case LoadModel():
                    self._answer(request)
                case ScoreFile():
                    self._scoring.submit(self._answer, request)

    def _answer(self, request: LoadModel | ScoreFile | DrawFile | FindEvidence) -> None:
        try:
            answer = self._meet(request)
        except _Cancelled:
            return
        except FileFault as fault:
            # What went away while it was read may have failed in any way.
            told = missing(fault.path) or fault
            answer = Failed(request.id, told.cause, told.absent)
        except MatError as fault:
            answer = Failed(request.id, str(fault))
        except MemoryError:
            answer = Failed(request.id, "not enough memory")
        except Exception as error:  # one file must never cost the others
            answer = Failed(request.id, f"unexpected {type(error).__name__}: {error}")
        self._tell(answer)

    def _meet(self, request: Request) -> Answer:
        match request:
            case LoadModel():
                return self._load(request)
            case ScoreFile():
                return self._score(request)
            case DrawFile():
                return self._draw(request)
            case FindEvidence():
                return self._find(request)
            case Cancel() | Hold():
                raise TypeError("this has no answer")

    def _load(self, request: LoadModel) -> Ready:
        there, instead = devices(self._threads), ""
        try:
            device = choose_device(request.device, there)
        except ModelFault as fault:
            if request.insist:
                raise
            device, instead = choose_device("auto", there), str(fault)
        self._tagger = Tagger.open(Path(os.fsdecode(request.folder)), torch.device(device))
        return Ready(request.id, there[device], there, instead)

    def _score(self, request: ScoreFile) -> Scored:
        if self._tagger is None:
            raise MatError("no model is loaded")
        spec = self._tagger.card.mel
        tell = _Teller(request.id, self._tell)
        decoding, log_mel = self._hear(request, spec, loop=True, tell=lambda share: tell(DECODING * share))

        @contextmanager
        def turn(share: float) -> Iterator[None]:
            self._rest(request)
            tell(DECODING + (1 - DECODING) * share)
            with self._judging:  # evidence comes between two batches, and while scoring rests
                yield

        judgement = self._tagger.judge(log_mel, turn)
        return Scored(
            request.id,
            str(decoding.track_id),
            decoding.seconds,
            judgement.values.tolist(),
            judgement.silent,
            judgement.taggram.tobytes(),
            judgement.taggram.shape[1],
            judgement.features.tobytes(),
        )

    def _draw(self, request: DrawFile) -> Drawn:
        spec = MelSpec() if self._tagger is None else self._tagger.card.mel
        log_mel = self._look(request, spec, _Sketch(request.id, spec, self._tell))
        picture, top = _grey(log_mel, spec)
        self._stop_if_cancelled(request)
        bands, frames = picture.shape
        return Drawn(request.id, picture.tobytes(), bands, frames, spec.frames_per_second, top, RANGE_DB)

    def _find(self, request: FindEvidence) -> Found:
        tagger = self._tagger
        if tagger is None:
            raise MatError("no model is loaded")
        spec = tagger.card.mel
        log_mel = self._look(request, spec)
        frames = log_mel.shape[1]
        if frames < spec.window_frames:  # as scoring does, a short clip is repeated; its first pass is shown
            log_mel = np.take(log_mel, np.arange(spec.window_frames) % frames, axis=1)

        tell, number = _Teller(request.id, self._tell), len(windows(frames, spec.window_frames))
        seen = itertools.count()

        @contextmanager
        def turn() -> Iterator[None]:
            self._stop_if_cancelled(request)
            tell(next(seen) / number)
            with self._judging:  # scoring takes features from the same network
                yield

        evidence = find_evidence(tagger, log_mel, request.tags, turn)
        evidence = evidence[:, : -(-frames // FRAMES_PER_COLUMN)]
        return Found(request.id, evidence.tobytes(), *evidence.shape)

    def _look(
        self, request: DrawFile | FindEvidence, spec: MelSpec, sketch: _Sketch | None = None
    ) -> NDArray[np.float32]:
        """The log-mel of a file, kept from the last time if the file is as it was."""
        try:
            state = Path(os.fsdecode(request.path)).stat()
        except OSError:
            return self._hear(request, spec)[1]  # which says why
        key = (request.path, state.st_mtime_ns, state.st_size, spec)
        with self._keeping:
            log_mel = self._kept.get(key)
        if log_mel is None:
            log_mel = self._hear(request, spec, sketch=sketch)[1]
            with self._keeping:
                self._kept[key] = log_mel
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return log_mel

    def _hear(
        self,
        request: ScoreFile | DrawFile | FindEvidence,
        spec: MelSpec,
        *,
        loop: bool = False,
        tell: Callable[[float], None] = lambda share: None,
        sketch: _Sketch | None = None,
    ) -> tuple[Decoding, NDArray[np.float32]]:
        """Decode and transform; with ``loop`` a clip shorter than a window is repeated to fill it.

        :param tell: is told the share that is decoded, where the file's length is known
        :param sketch: is handed the log-mel as it comes
        """
        decoding = Decoding(Path(os.fsdecode(request.path)), spec.sample_rate)
        blocks: list[Samples] = []

        def watched() -> Iterable[Samples]:
            for block in decoding:
                self._rest(request)
                if decoding.expected:
                    tell(min(1.0, decoding.seconds / decoding.expected))
                if loop and decoding.samples < spec.window_samples:
                    blocks.append(block)
                yield block

        self._rest(request)
        parts: list[NDArray[np.float32]] = []
        for part in log_mel_parts(watched(), spec):
            parts.append(part)
            if sketch is not None:
                sketch.add(part, decoding.expected)
        log_mel = np.concatenate(parts, axis=1)
        if loop and log_mel.shape[1] < spec.window_frames:
            clip = np.resize(np.concatenate(blocks), spec.window_samples)
            log_mel = log_mel_stream([clip], spec)
        return decoding, log_mel

    def _rest(self, request: ScoreFile | DrawFile | FindEvidence) -> None:
        """Wait while scoring is held. :raises _Cancelled: the file was withdrawn"""
        if isinstance(request, ScoreFile):
            while request.id > self._cancelled["scores"] and not self._going.wait(0.1):
                pass
        self._stop_if_cancelled(request)

    def _stop_if_cancelled(self, request: ScoreFile | DrawFile | FindEvidence) -> None:
        if request.id <= self._cancelled[KINDS[type(request)]]:
            raise _Cancelled

    def _tell(self, answer: Answer) -> None:
        with self._sending:
            send(self._answers, answer)


class _Teller:
    """Says how far a file is, not too often."""

    def __init__(self, number: int, tell: Callable[[Answer], None]) -> None:
        self._id, self._tell = number, tell
        self._last = time.monotonic()

    def __call__(self, share: float) -> None:
        now = time.monotonic()
        if now - self._last >= SAY_SECONDS:
            self._last = now
            self._tell(Hearing(self._id, share))


class _Sketch:
    """Says what is drawn of a picture so far, not too often, and with no more columns than can be seen."""

    def __init__(self, number: int, spec: MelSpec, tell: Callable[[Answer], None]) -> None:
        self._id, self._spec, self._tell = number, spec, tell
        self._last = time.monotonic()
        self._step = 0
        self._parts: list[NDArray[np.float32]] = []

    def add(self, log_mel: NDArray[np.float32], seconds: float | None) -> None:
        """More of it.

        :param log_mel: dB [bands, frames], of :data:`FRAMES_AT_ONCE` frames but for the last
        :param seconds: how long the file says it is
        """
        if not self._step:
            self._step = _step((seconds or 0.0) * self._spec.frames_per_second)
        if log_mel.shape[1] != FRAMES_AT_ONCE:
            return  # the whole is about to come
        self._parts.append(_pooled(log_mel, self._step))
        now = time.monotonic()
        if now - self._last < SAY_SECONDS:
            return
        self._last = now
        so_far = np.concatenate(self._parts, axis=1)
        if so_far.shape[1] > 2 * COLUMNS and self._step < FRAMES_AT_ONCE:  # longer than it said
            so_far = _pooled(so_far, 2)
            self._step *= 2
        self._parts = [so_far]
        picture, top = _grey(so_far, self._spec)
        bands, columns = picture.shape
        pace = self._spec.frames_per_second / self._step
        self._tell(Drawing(self._id, picture.tobytes(), bands, columns, pace, top, RANGE_DB))


def _step(frames: float) -> int:
    """How many frames make a column where a file has so many: a power of two, so that parts divide evenly."""
    step = 1
    while step < FRAMES_AT_ONCE and frames / step > COLUMNS:
        step *= 2
    return step


def _pooled(log_mel: NDArray[np.float32], step: int) -> NDArray[np.float32]:
    bands, frames = log_mel.shape
    pooled: NDArray[np.float32] = log_mel.reshape(bands, frames // step, step).mean(axis=2)
    return pooled


def _grey(log_mel: NDArray[np.float32], spec: MelSpec) -> tuple[NDArray[np.uint8], float]:
    """The uint8 values of a picture, and its loudest level in dB."""
    top = max(float(log_mel.max()), RANGE_DB + 10 * float(np.log10(spec.amin)))
    picture = np.clip((log_mel - (top - RANGE_DB)) * (255 / RANGE_DB), 0, 255).astype(np.uint8)
    return picture, top


def main() -> None:
    """Run the engine on this process's pipes, with as many threads as the only argument says."""
    # Libraries print to standard output; the answers go through a copy of it that they do not know.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (0, answers.fileno()):
            msvcrt.setmode(descriptor, os.O_BINARY)
    # Ctrl+C in a terminal reaches this process too; the parent stops cleanly and closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(5)  # the window goes first
    av.logging.set_level(av.logging.PANIC)
    Engine(answers, int(sys.argv[1])).run(sys.stdin.buffer)
    os._exit(0)  # without waiting for files that nobody asks for any more


if __name__ == "__main__":
    main()
