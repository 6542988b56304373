"""The whole way of some real files through the real window, on an X server, with the bundled model."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import mutagen
import numpy as np
import pytest

from mat_desktop.app.resources import resource
from mat_desktop.audio.decode import decode
from tests.sounds import encode

DEMO = (
    "05 Courtyard Guitar.ogg",
    "06 Slow Light.opus",
    "02 Adagio for Evening Strings.m4a",
)
PIANO = "01 Morning Piano.flac"
TRACKS = (*DEMO, "01 Morning Piano.mp3")
"""Of each the model is sure of something."""


@pytest.fixture
def display() -> Iterator[str]:
    """An X server of our own."""
    if shutil.which("Xvfb") is None:
        pytest.skip("Xvfb is not installed: the test in a real window is left out")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1440x900x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as pipe:
        number = pipe.readline().strip()
    assert number, "Xvfb did not start"
    yield f":{number}"
    server.terminate()
    server.wait(10)


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_open_listen_review_write_and_undo_by_keyboard(display: str, tmp_path: Path) -> None:
    music = tmp_path / "music"
    music.mkdir()
    for name in DEMO:
        shutil.copyfile(resource("demo", name), music / name)
    encode(music / TRACKS[-1], decode(resource("demo", PIANO), 44_100)[np.newaxis], 44_100)
    before = digests(music)
    environment = {
        **os.environ,
        "DISPLAY": display,
        "QT_QPA_PLATFORM": "xcb",
        "PYSIDE6_OPTION_LAZY": "0",
        "XDG_RUNTIME_DIR": str(tmp_path),
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.gui.keyboard_walk", str(tmp_path / "data"), str(music)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=Path(__file__).parents[2],
    ) as window:
        assert window.stdout is not None
        assert window.stdin is not None

        def told() -> dict[str, object]:
            assert window.stdout is not None
            line = window.stdout.readline()
            assert line, f"the window ended with {window.wait(10)}"
            facts: dict[str, object] = json.loads(line)
            return facts

        accepted = told()["accepted"]
        assert isinstance(accepted, dict)
        assert set(accepted) == set(TRACKS)
        assert all(accepted.values())
        assert told() == {"written": len(TRACKS)}
        changed = digests(music)
        assert all(changed[name] != before[name] for name in TRACKS)
        for name in TRACKS:
            assert written_tags(music / name) == set(accepted[name])
        window.stdin.write("\n")
        window.stdin.flush()
        assert told() == {"undone": True}
        assert window.wait(20) == 0
    assert digests(music) == before


def written_tags(path: Path) -> set[str]:
    """Names in MAT_TAGS, as mutagen reads it: "genre:rock", in ID3v2.3 all in one text."""
    tags = mutagen.File(path).tags
    names = ("TXXX:MAT_TAGS", "MAT_TAGS", "----:com.apple.iTunes:MAT_TAGS")
    # Not every kind of tag knows `in`, and Vorbis comments fold case.
    values = next(tags[name] for name in names if name in tags.keys() or name.lower() in tags.keys())  # noqa: SIM118
    texts = getattr(values, "text", values)
    words = [text.decode() if isinstance(text, bytes) else str(text) for text in texts]
    return {tag.split(":")[1] for text in words for tag in text.split("; ")}
