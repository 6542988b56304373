"""Looks at the whole installation: versions, data, models, engine, sound, display. Changes nothing.

It is asked when something is broken, so that it stands on as little as it can: what may fail to load is
imported by the check that looks at it, and a check that fails is itself a finding.
"""

from __future__ import annotations

import importlib.util
import json
import locale
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mat_desktop
from mat_desktop.app.diagnosis import Finding, State, without_home
from mat_desktop.display import missing_display
from mat_desktop.domain.counting import count
from mat_desktop.errors import MatError, UnwritableStore

if TYPE_CHECKING:
    from mat_desktop.inference.client import Engine
    from mat_desktop.store.health import Health

PACKAGES = (
    *("PySide6-Essentials", "pyqtgraph", "torch", "numpy", "safetensors", "av", "soundfile", "sounddevice"),
    *("soxr", "mutagen", "msgspec", "filelock", "platformdirs", "watchfiles", "rich"),
)
"""Distributions that the program needs; torch is only asked for its version, never loaded here."""

VARIABLES = (
    *("QT_QPA_PLATFORM", "QT_SCALE_FACTOR", "QT_SCREEN_SCALE_FACTORS", "QT_FONT_DPI", "QT_PLUGIN_PATH"),
    *("QT_QPA_PLATFORM_PLUGIN_PATH", "XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP", "DISPLAY", "WAYLAND_DISPLAY"),
    *("XDG_DATA_HOME", "LD_LIBRARY_PATH", "LD_PRELOAD", "PYTHONPATH", "PYTHONHOME", "CUDA_VISIBLE_DEVICES"),
    *("OMP_NUM_THREADS", "MKL_NUM_THREADS", "PULSE_SERVER", "LANG", "LC_ALL"),
)
"""Environment variables that change what the program does."""

SUSPECTS = {
    "QT_PLUGIN_PATH": "it may bring plugins of another Qt in; unset it where the window does not open",
    "QT_QPA_PLATFORM_PLUGIN_PATH": "it may lead to another Qt; unset it where the window does not open",
    "PYTHONHOME": "it leads Python to another installation; unset it",
    "LD_PRELOAD": "it loads a foreign library into the program; unset it where the program crashes",
}

FULL, SCARCE = 50_000_000, 1_000_000_000
"""Free bytes below which nothing can be kept any more, and below which it soon cannot."""

PATIENCE = 20
"""Seconds that a process which only looks may take."""

WINDOW_SECONDS = 60
"""Longest wait for one window of sound."""

DEBIAN = {"libglib-2.0.so.0": "libglib2.0-0", "libdbus-1.so.3": "libdbus-1-3"}
"""Packages whose names do not follow from the library's."""


@dataclass(frozen=True, slots=True)
class Check:
    """One look: its findings stand under ``group``.

    :param slow: it waits for the engine
    :param stop: gives it up, from any thread
    """

    group: str
    look: Callable[[], Iterator[Finding]]
    slow: bool = False
    stop: Callable[[], None] = lambda: None

    def findings(self) -> list[Finding]:
        """What it finds, where it breaks off as well."""
        found: list[Finding] = []
        try:
            found += self.look()
        except Exception as error:  # whatever is broken is what the doctor was asked for
            text = without_home(f"{type(error).__name__}: {error}")
            found.append(Finding(self.group, "check", State.FAULT, text, "install the program anew"))
        return found


def checks(data_dir: Path, device: str | None = None) -> list[Check]:
    """Every look, in the order of the report.

    :param data_dir: where the databases lie
    :param device: that the engine is to run on; the one in the settings by default
    """
    engine = _EngineCheck(data_dir, device)
    return [
        Check("Program", _program),
        Check("System", _system),
        Check("Data", lambda: _data(data_dir)),
        Check("Models", lambda: _models(data_dir)),
        Check("Sound", _sound),
        Check("Window", _window),
        Check("Engine", engine.look, slow=True, stop=engine.stop),
    ]


def _program() -> Iterator[Finding]:
    yield Finding("Program", "mat-desktop", State.OK, mat_desktop.__version__)
    yield Finding("Program", "Python", State.OK, f"{platform.python_version()}, {sys.implementation.name}")
    for name in PACKAGES:
        try:
            yield Finding("Program", name, State.OK, metadata.version(name))
        except metadata.PackageNotFoundError:
            way_out = "install the program anew with pip, as its README says"
            yield Finding("Program", name, State.FAULT, "not installed", way_out)


def _system() -> Iterator[Finding]:
    yield Finding("System", "system", State.OK, f"{_system_name()}, {platform.machine()}")
    memory = _memory()
    size = f", {memory / 2**30:.1f} GiB of memory" if memory else ""
    yield Finding("System", "processor", State.OK, f"{os.cpu_count() or 1} cores{size}")
    encoding = sys.getfilesystemencoding()
    good = encoding.lower().replace("-", "") == "utf8"
    yield Finding(
        "System",
        "file names",
        State.OK if good else State.WARNING,
        f"{encoding}, language {locale.getlocale()[0] or 'C'}",
        "" if good else "set LANG to a UTF-8 locale: names with other letters cannot be read",
    )
    for name in VARIABLES:
        if name in os.environ:
            way_out = SUSPECTS.get(name, "")
            state = State.WARNING if way_out else State.OK
            yield Finding("System", name, state, without_home(os.environ[name]) or "(empty)", way_out)


def _system_name() -> str:
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = ""
    return f"{name} ({platform.platform(terse=True)})" if name else platform.platform(terse=True)


def _memory() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0  # Windows has no sysconf


# what lies in the data folder


def _data(data_dir: Path) -> Iterator[Finding]:
    from mat_desktop.app.settings_file import SettingsFile
    from mat_desktop.app.tag_file import TagFile
    from mat_desktop.store.health import look_at_journal, look_at_library

    yield _folder(data_dir)
    finding, _ = _database(
        "library",
        lambda: look_at_library(data_dir / "library.db"),
        "close the program and rename library.db: tracks are listened to anew, decisions are lost",
        lambda n: (
            f"{count(n['tracks'], 'track')} of {count(n['folders'], 'folder')}, {n['heard']:,} heard, "
            f"{n['failed']:,} failed when listened to, {count(n['decisions'], 'decision')}, "
            f"{n['waiting']:,} waiting; files that cannot be read at all are not kept, and not counted here"
        ),
    )
    yield finding
    finding, counts = _database(
        "journal",
        lambda: look_at_journal(data_dir / "journal.db"),
        "keep journal.db, undo rests on it; rename it to be able to write again",
        lambda n: f"{count(n['files'], 'file')} written to, {count(n['runs'], 'run')} in the history",
    )
    yield finding
    if counts:
        yield _unfinished(data_dir, counts)
    try:
        changes = len(TagFile(data_dir / "tags.toml").read())
    except MatError as fault:
        text = without_home(str(fault))
        yield Finding("Data", "changed tags", State.FAULT, text, "mend tags.toml, or rename it")
    else:
        yield Finding("Data", "changed tags", State.OK, str(changes))
    reading = SettingsFile(data_dir).read()
    for slip in reading.slips:
        text = without_home(f"{slip.why}; {slip.cost}")
        yield Finding("Data", "settings", State.WARNING, text, "mend settings.toml, or rename it")
    if not reading.slips:
        yield Finding("Data", "settings", State.OK, f"{len(reading.given)} not as by default")


def _folder(data_dir: Path) -> Finding:
    there = next((path for path in (data_dir, *data_dir.parents) if path.exists()), data_dir)
    place = without_home(str(data_dir))
    try:
        free = shutil.disk_usage(there).free
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        way_out = "make the folder writable, or name another with --data-dir"
        return Finding("Data", "folder", State.FAULT, f"{place}: {error.strerror or error}", way_out)
    state = State.FAULT if free < FULL else State.WARNING if free < SCARCE else State.OK
    text = f"{place}{'' if there == data_dir else ' (not made yet)'}, writable, {free / 1e9:,.1f} GB free"
    return Finding("Data", "folder", state, text, "" if state is State.OK else "make room on this disk")


def _database(
    name: str, look: Callable[[], Health | None], way_out: str, say: Callable[[Mapping[str, int]], str]
) -> tuple[Finding, Mapping[str, int]]:
    """What to tell of it, and its counts."""
    try:
        health = look()
    except UnwritableStore as fault:
        # SQLite makes the index of the log anew wherever it may: nothing is wrong with the database.
        way = "make the folder writable and look again: nothing is lost"
        return Finding("Data", name, State.WARNING, str(fault), way), {}
    except MatError as fault:
        return Finding("Data", name, State.FAULT, without_home(str(fault)), way_out), {}
    if health is None:
        return Finding("Data", name, State.OK, "none yet"), {}
    if health.problem:
        return Finding("Data", name, State.FAULT, f"damaged: {health.problem}", way_out), {}
    counts = say(health.counts) if health.counts else "of an older version, to be converted at the next start"
    text = f"whole, {health.size / 1e6:,.1f} MB; {counts}"
    return Finding("Data", name, State.OK, text), health.counts


def _unfinished(data_dir: Path, counts: Mapping[str, int]) -> Finding:
    from mat_desktop.store.journal import being_written

    name, files, runs = "unfinished writes", counts["unfinished"], counts["interrupted"]
    if not files and not runs:
        return Finding("Data", name, State.OK, "none")
    if being_written(data_dir):
        return Finding("Data", name, State.OK, "another mat-desktop is writing at this moment")
    text = f"runs interrupted: {runs:,}, files on their way: {files:,}; each file is whole, old or new"
    return Finding(
        "Data", name, State.WARNING, text, "open the window with their folders in reach: it settles them"
    )


def _models(data_dir: Path) -> Iterator[Finding]:
    from mat_desktop.app.models import BrokenModel, list_models, usable_model
    from mat_desktop.app.settings_file import SettingsFile
    from mat_desktop.app.taught import Shelf
    from mat_desktop.app.trunks import Trunks
    from mat_desktop.inference.cards import read_weights

    chosen, slip = usable_model(data_dir, SettingsFile(data_dir).read().settings.model)
    if slip is not None:
        text = without_home(f"{slip.why}; {slip.cost}")
        yield Finding("Models", "choice", State.WARNING, text, "choose a model on the Models page")
    trunks = Trunks(data_dir)
    for model in list_models(data_dir):
        needed = State.FAULT if model.name == chosen else State.WARNING
        use = "in use, " if model.name == chosen else ""
        if isinstance(model, BrokenModel):
            yield Finding("Models", model.name, needed, use + without_home(model.reason), model.way_out)
            continue
        try:
            read_weights(model.folder, model.card)
        except MatError as fault:
            way_out = "install the program anew" if model.bundled else "import the model anew"
            yield Finding("Models", model.name, needed, use + without_home(str(fault)), way_out)
            continue
        shelf = Shelf(data_dir / "taught", model.card, trunks.named)
        text = (
            f"{use}{model.origin}, whole, {len(model.card.tags)} outputs, "
            f"SHA-256 {model.card.weights.sha256[:16]}, {len(shelf.tags)} taught tags"
        )
        yield Finding("Models", model.name, State.OK, text)
        if shelf.faults:
            text = f"{len(shelf.faults)} taught tags cannot be used"
            yield Finding("Models", model.name, State.WARNING, text, "mat-desktop taught names them")


# what other processes say


def _sound() -> Iterator[Finding]:
    from mat_desktop.audio import decoders

    lost = decoders.missing()
    text = ", ".join(f"{name} {version}" for name, version in decoders.versions().items())
    if lost:
        way_out = "install PyAV from PyPI: it brings its own FFmpeg"
        yield Finding("Sound", "decoders", State.WARNING, f"{text}; none for {', '.join(lost)}", way_out)
    else:
        yield Finding("Sound", "decoders", State.OK, f"{text}; all {len(decoders.WANTED)} usual formats")
    said, why = _ask("mat_desktop.audio.check")
    reason = why if said is None else str(said["reason"])
    if reason:
        way_out = (
            "tracks cannot be played, everything else works; connect a device and look again in the player"
        )
        yield Finding("Sound", "device", State.WARNING, reason, way_out)
    elif said is not None:
        text = f"{said['devices']} devices, {said['rate']:,} Hz"
        yield Finding("Sound", "device", State.OK, text)


def _window() -> Iterator[Finding]:
    reason = missing_display()
    if reason:
        way_out = "start it where there is a desktop; the command line works without"
        yield Finding("Window", "display", State.WARNING, reason, way_out)
        return
    said, why = _ask("mat_desktop.gui.check")
    if said is not None:
        yield Finding(
            "Window", "Qt", State.OK, f"{said['qt']}, platform {said['platform']}, {said['scheme']}"
        )
        yield Finding("Window", "screens", State.OK, "; ".join(said["screens"]) or "none")
        return
    libraries = _missing_libraries()
    way_out = "install the program anew"
    if libraries:
        why = f"these libraries are missing: {', '.join(libraries)}"
        way_out = f"Debian, Ubuntu: sudo apt-get install {' '.join(map(debian_package, libraries))}"
    yield Finding("Window", "Qt", State.FAULT, why, way_out)


def _ask(module: str) -> tuple[dict[str, Any] | None, str]:
    """What a process that only looks prints, or why it printed nothing."""
    package = str(Path(mat_desktop.__file__).resolve().parent.parent)
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    try:
        process = subprocess.run(
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except subprocess.TimeoutExpired:
        return None, f"no answer within {PATIENCE} s"
    except OSError as error:
        return None, str(error.strerror or error)
    try:
        answer: dict[str, Any] = json.loads(process.stdout)
        return answer, ""
    except ValueError:
        lines = process.stderr.decode("utf-8", "replace").strip().splitlines()
        last = lines[-1].strip() if lines else f"it ended with status {process.returncode}"
        return None, without_home(last)


def _missing_libraries() -> list[str]:
    """Libraries that Qt's platform plugin for X11 needs and the system lacks; found on Linux only."""
    found = importlib.util.find_spec("PySide6")
    tool = shutil.which("ldd")
    if found is None or found.origin is None or tool is None:
        return []
    plugins = Path(found.origin).parent / "Qt" / "plugins" / "platforms"
    missing: dict[str, None] = {}
    for plugin in sorted(plugins.glob("libq*.so")):
        if plugin.stem in ("libqxcb", "libqwayland", "libqwayland-generic"):
            shown = subprocess.run([tool, str(plugin)], capture_output=True, text=True, timeout=PATIENCE)
            missing.update(missing_libraries(shown.stdout))
    return list(missing)


def missing_libraries(shown: str) -> dict[str, None]:
    """Names in what ``ldd`` shows that it did not find."""
    return {line.split()[0]: None for line in shown.splitlines() if line.strip().endswith("=> not found")}


def debian_package(library: str) -> str:
    """The Debian package that usually holds a library: ``libxcb-cursor.so.0`` is in libxcb-cursor0."""
    if library in DEBIAN:
        return DEBIAN[library]
    name, _, version = library.lower().partition(".so.")
    return f"{name}{'-' if name[-1:].isdigit() else ''}{version}"


class _EngineCheck:
    """Starts an engine of its own and lets it hear one window of a quiet tone."""

    def __init__(self, data_dir: Path, device: str | None) -> None:
        self._data_dir, self._device = data_dir, device
        self._engine: Engine | None = None
        self._stopped = False

    def stop(self) -> None:
        """End the engine; the look breaks off."""
        self._stopped = True
        if self._engine is not None:
            self._engine.close()

    def look(self) -> Iterator[Finding]:
        """Start time, device, and time of one window."""
        from mat_desktop.app.models import chosen_model, find_model
        from mat_desktop.app.settings_file import SettingsFile
        from mat_desktop.inference.cards import open_card
        from mat_desktop.inference.client import Engine

        folder = find_model(self._data_dir, chosen_model(self._data_dir))
        settings = SettingsFile(self._data_dir).read().settings
        wish, insist = self._device or settings.device, self._device is not None
        self._engine = engine = Engine(folder, wish, settings.threads, insist=insist)
        try:
            if self._stopped:
                return
            begun = time.monotonic()
            device = engine.start()
            seconds = time.monotonic() - begun
            yield Finding("Engine", "start", State.OK, f"{device}, up in {seconds:.1f} s")
            if engine.instead:
                way_out = "choose another device on the Settings page"
                yield Finding("Engine", "device", State.WARNING, engine.instead, way_out)
            card = open_card(folder)
            with tempfile.TemporaryDirectory() as place:
                path = Path(place) / "tone.wav"
                seconds = card.mel.window_seconds
                _tone(path, seconds)
                engine.score(path).result(WINDOW_SECONDS)  # the first one finds everything cold
                begun = time.monotonic()
                engine.score(path).result(WINDOW_SECONDS)
                took = time.monotonic() - begun
            text = f"{took:.2f} s for {seconds:.0f} s of sound"
            yield Finding("Engine", "one window", State.OK, text)
        except (MatError, TimeoutError) as fault:
            text = without_home(str(fault)) or f"no answer within {WINDOW_SECONDS} s"
            way_out = "choose another model or device, or install torch anew"
            yield Finding("Engine", "start", State.FAULT, text, way_out)
        finally:
            engine.close()


def _tone(path: Path, seconds: float) -> None:
    """A quiet tone as a WAV file."""
    rate = 16_000
    period = b"".join((1000 if i < 20 else -1000).to_bytes(2, "little", signed=True) for i in range(40))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(period * round(seconds * rate / len(period) * 2))
