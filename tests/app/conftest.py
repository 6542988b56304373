from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mat_desktop.app.session import Session
from tests.models import tiny_model


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """On a data folder of its own, with a tiny model."""
    tiny_model(tmp_path / "model")
    session = Session(tmp_path / "data", str(tmp_path / "model"))
    yield session
    session.close()
