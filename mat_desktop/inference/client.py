"""The near side of the engine: starts the process, hands out work, survives its death.

Requests are sent a few at a time, so that a cancelled batch leaves little behind. When the process dies, the
files that it was working on are tried again one by one: the one that kills it again is to blame and fails,
and the others lose nothing.
"""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path
from typing import Any, BinaryIO, Literal

import mat_desktop
from mat_desktop.errors import DecodeError, EngineFault, ModelFault
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
    receive_answer,
    send,
)

START_SECONDS = 120
"""Longest wait for the process to load torch and the model: minutes on a cold, slow disk."""

CANCELLED: tuple[tuple[type, Literal["scores", "evidence", "pictures"]], ...] = (
    (ScoreFile, "scores"),
    (FindEvidence, "evidence"),
    (DrawFile, "pictures"),
)
"""What can be withdrawn from the process itself."""


@dataclass(slots=True)
class _Job:
    request: ScoreFile | DrawFile | FindEvidence
    future: Future[Scored] | Future[Drawn] | Future[Found]
    tell: Callable[[Any], None] | None = None
    suspect: bool = False


class Engine:
    """One engine process and the model in it. Every method may be called from any thread."""

    def __init__(
        self, model_folder: Path, device: str = "auto", threads: int = 0, *, insist: bool = True
    ) -> None:
        """Nothing is started yet.

        :param device: "auto", "cuda", "mps", "xpu" or "cpu"
        :param threads: files scored at once, and cores that the network uses; 0 for all there are
        :param insist: do not start where the device is not there, instead of taking the next best
        """
        cores = cpu_count() or 1
        self._model_folder = model_folder
        self._wish, self._insist = device, insist
        self._threads = min(threads or cores, cores)
        self._ids = itertools.count()
        self._lock = threading.RLock()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: BinaryIO | None = None
        self._ready: Future[Ready] | None = None
        self._waiting: deque[_Job] = deque()
        self._running: dict[int, _Job] = {}
        self._held = False
        self._closed = False

    @property
    def device(self) -> str | None:
        """The device's name for people, None while the engine is not up."""
        ready = self._loaded
        return None if ready is None else ready.device

    @property
    def devices(self) -> Mapping[str, str]:
        """The devices that are there, with their names for people; none while the engine is not up."""
        ready = self._loaded
        return {} if ready is None else ready.devices

    @property
    def instead(self) -> str:
        """Why it runs on another device than the one wished; empty where it does not."""
        ready = self._loaded
        return "" if ready is None else ready.instead

    @property
    def _loaded(self) -> Ready | None:
        ready = self._ready
        return ready.result() if ready is not None and ready.done() and not ready.exception() else None

    def start(self) -> str:
        """Start the process if it is not up, wait until the model is loaded, return the device's name.

        :raises EngineFault: the process cannot be started or dies
        :raises ModelFault: the model is broken, or the wished device is not there
        """
        with self._starting:
            with self._lock:
                if self._closed:
                    raise EngineFault("the engine is closed")
                if self._process is None:
                    self._spawn()
                ready = self._ready
            assert ready is not None
            try:
                return ready.result(START_SECONDS).device
            except TimeoutError:
                self._kill()
                raise EngineFault("the engine did not start within two minutes") from None

    def score(self, path: Path, tell: Callable[[float], None] | None = None) -> Future[Scored]:
        """Listen to a file. The future raises DecodeError, EngineFault or CancelledError.

        :param tell: is told now and then, in a thread of the engine's, the share that is done
        """
        future: Future[Scored] = Future()
        self._submit(_Job(ScoreFile(next(self._ids), os.fsencode(path)), future, tell))
        return future

    def draw(self, path: Path, tell: Callable[[Drawing], None] | None = None) -> Future[Drawn]:
        """The picture of a file's log-mel; goes before all scoring. Raises as :meth:`score` does.

        :param tell: is told now and then, in a thread of the engine's, what is drawn so far
        """
        future: Future[Drawn] = Future()
        self._submit(_Job(DrawFile(next(self._ids), os.fsencode(path)), future, tell))
        return future

    def find_evidence(
        self, path: Path, tags: Sequence[int], tell: Callable[[float], None] | None = None
    ) -> Future[Found]:
        """Where in a file some outputs come from; goes before all scoring. Raises as :meth:`score` does.

        :param tell: is told now and then, in a thread of the engine's, the share that is done
        """
        future: Future[Found] = Future()
        self._submit(_Job(FindEvidence(next(self._ids), os.fsencode(path), list(tags)), future, tell))
        return future

    def hold(self, on: bool) -> None:
        """Rest from scoring, or go on with it; also in the middle of a file."""
        with self._lock:
            self._held = on
            if self._process is not None:
                self._send(Hold(on))

    def cancel_scoring(self) -> None:
        """Withdraw every file that was to be scored until now; pictures still come."""
        self._withdraw(ScoreFile)

    def cancel_evidence(self) -> None:
        """Withdraw all evidence that was to be found until now."""
        self._withdraw(FindEvidence)

    def cancel_drawing(self) -> None:
        """Withdraw every picture that was to be drawn until now."""
        self._withdraw(DrawFile)

    def _withdraw(self, *kinds: type[ScoreFile | DrawFile | FindEvidence]) -> None:
        with self._lock:
            jobs = [j for j in (*self._waiting, *self._running.values()) if isinstance(j.request, kinds)]
            self._waiting = deque(job for job in self._waiting if not isinstance(job.request, kinds))
            for job in jobs:
                self._running.pop(job.request.id, None)
            for kind, what in CANCELLED:
                ids = [job.request.id for job in jobs if isinstance(job.request, kind)]
                if ids and self._process is not None:
                    self._send(Cancel(max(ids), what))
        _cancel(jobs)

    def close(self) -> None:
        """End the process; what was asked for is cancelled."""
        with self._lock:
            self._closed = True
        self._withdraw(ScoreFile, DrawFile, FindEvidence)
        self._kill()

    def _submit(self, job: _Job) -> None:
        self.start()
        with self._lock:
            if self._closed:  # meanwhile
                raise EngineFault("the engine is closed")
            if isinstance(job.request, ScoreFile):
                self._waiting.append(job)
            else:
                self._waiting.appendleft(job)
            self._pump()

    def _pump(self) -> None:
        """Send what may be under way now: files to be scored a few at a time; with a suspect about, one."""
        if self._process is None:
            return
        limit = 2 * self._threads
        while self._waiting:
            first = self._waiting[0]
            full = len(self._running) >= limit and isinstance(first.request, ScoreFile)
            suspect = first.suspect or any(job.suspect for job in self._running.values())
            if full or (suspect and self._running):
                return
            job = self._waiting.popleft()
            self._running[job.request.id] = job
            self._send(job.request)

    def _send(self, request: Request) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        # Where the process is gone, its reader thread notices and settles everything.
        with suppress(OSError):
            send(self._process.stdin, request)  # type: ignore[arg-type]

    def _spawn(self) -> None:
        """Called with the lock held."""
        package = str(Path(mat_desktop.__file__).resolve().parent.parent)
        paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
        # The front end's products are small: threads of their own wait for each other, on a busy computer ten
        # times as long as the product takes. Torch's threads are counted elsewhere.
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "OPENBLAS_NUM_THREADS": "1",
        }
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        try:
            # -P: a torch.py in the folder of music that the user stands in must not be imported.
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "mat_desktop.inference.serve", str(self._threads)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=environment,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        except OSError as error:
            raise EngineFault(f"the engine cannot be started: {error}") from error
        self._process = process
        self._ready = Future()
        load = LoadModel(next(self._ids), os.fsencode(self._model_folder), self._wish, self._insist)
        self._send(load)
        if self._held:
            self._send(Hold(True))
        threading.Thread(
            target=self._read, args=(process, self._errors, self._ready), name="engine", daemon=True
        ).start()

    def _read(self, process: subprocess.Popen[bytes], errors: BinaryIO, ready: Future[Ready]) -> None:
        """Deliver answers until the process ends, then settle what it left undone."""
        assert process.stdout is not None
        with suppress(OSError, ValueError):
            while (answer := receive_answer(process.stdout)) is not None:  # type: ignore[arg-type]
                self._deliver(answer, ready)
        process.kill()
        process.wait()
        process.stdout.close()
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        cause = _last_line(errors) or _ended(process.returncode)
        errors.close()
        if not ready.done():
            ready.set_exception(EngineFault(f"the engine ended while starting: {cause}"))
        self._after_death(process)

    def _deliver(self, answer: Answer, ready: Future[Ready]) -> None:
        if not ready.done():
            if isinstance(answer, Ready):
                ready.set_result(answer)
            elif isinstance(answer, Failed):
                ready.set_exception(ModelFault(answer.cause))
            return
        if isinstance(answer, Hearing | Drawing):
            with self._lock:
                job = self._running.get(answer.id)
            if job is not None and job.tell is not None:
                job.tell(answer.share if isinstance(answer, Hearing) else answer)
            return
        with self._lock:
            job = self._running.pop(answer.id, None)
            self._pump()
        if job is None or not job.future.set_running_or_notify_cancel():
            return
        if isinstance(answer, Failed):
            path = Path(os.fsdecode(job.request.path))
            job.future.set_exception(DecodeError(path, answer.cause, absent=answer.absent))
        else:
            job.future.set_result(answer)  # type: ignore[arg-type]

    def _after_death(self, process: subprocess.Popen[bytes]) -> None:
        with self._lock:
            if self._process is not process:
                return
            self._process = None
            lost = list(self._running.values())
            self._running.clear()
            given_up: list[_Job] = []
            guilty = None
            if self._closed:
                given_up = [*lost, *self._waiting]
                self._waiting.clear()
            elif len(lost) == 1:
                guilty = lost[0]
            else:
                for job in lost:
                    job.suspect = True
                self._waiting.extendleft(reversed(lost))
            restart = bool(self._waiting)
            if restart:
                self._spawn()
                ready = self._ready
        _cancel(given_up)
        if guilty is not None and guilty.future.set_running_or_notify_cancel():
            path = Path(os.fsdecode(guilty.request.path))
            guilty.future.set_exception(DecodeError(path, "the decoder crashed on this file"))
        if restart:
            assert ready is not None
            ready.add_done_callback(self._resume)

    def _resume(self, ready: Future[Ready]) -> None:
        fault = ready.exception()
        with self._lock:
            if fault is None:
                self._pump()
                return
            jobs = list(self._waiting)
            self._waiting.clear()
        for job in jobs:
            if job.future.set_running_or_notify_cancel():
                job.future.set_exception(fault)

    def _kill(self) -> None:
        with self._lock:
            process = self._process
        if process is not None:
            process.kill()
            process.wait()


def _cancel(jobs: Sequence[_Job]) -> None:
    """Nobody hears of them any more; whoever waits for one is woken, which cancelling alone does not do."""
    for job in jobs:
        if job.future.cancel():
            job.future.set_running_or_notify_cancel()


def _ended(status: int) -> str:
    """How a process ended that said nothing."""
    if status in (-9, 137):
        return "the system or another program ended it, as where memory runs out"
    return f"with status {status}, saying nothing"


def _last_line(file: BinaryIO) -> str:
    file.seek(0)
    lines = file.read()[-4000:].decode("utf-8", "replace").strip().splitlines()
    return lines[-1].strip() if lines else ""
