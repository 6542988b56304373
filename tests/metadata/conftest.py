from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sample_files


@pytest.fixture(scope="session")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("originals")
    return {extension: sample_files.make(folder, extension) for extension in sample_files.ALL}


@pytest.fixture
def music(tmp_path: Path, originals: dict[str, Path]) -> Callable[[str], Path]:
    """A fresh copy of the sample with an extension."""

    def copy(extension: str) -> Path:
        return Path(shutil.copy(originals[extension], tmp_path))

    return copy
