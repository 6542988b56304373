from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mat_desktop.app.session import Session
from tests.models import tiny_model
from tests.sounds import encode, tone


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """On a data folder of its own, with a tiny model."""
    tiny_model(tmp_path / "model")
    session = Session(tmp_path / "data", str(tmp_path / "model"))
    yield session
    session.close()


@pytest.fixture
def music(tmp_path: Path) -> list[Path]:
    """Three files, each in another container."""
    folder = tmp_path / "music"
    folder.mkdir()
    return [encode(folder / name, tone(1.0)) for name in ("a.flac", "b.mp3", "c.m4a")]
