"""The built wheel works without the checkout: its resources are inside."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def run(site: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_resources_come_from_the_wheel(site: Path, tmp_path: Path) -> None:
    done = run(
        site, tmp_path, "-c", "from mat_desktop.app.resources import resource; print(resource('demo'))"
    )
    assert Path(done.stdout.strip()) == site / "mat_desktop" / "resources" / "demo"


def test_it_tags_the_demo_tracks_from_another_folder(site: Path, tmp_path: Path) -> None:
    environment = {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"} & set(os.environ)
    code = f"import os, sys; [os.environ.pop(n) for n in {environment!r}]; "
    code += "from mat_desktop.__main__ import main; sys.exit(main(['demo', '--data-dir', 'data']))"
    done = run(site, tmp_path, "-c", code)
    assert done.returncode == 0, done.stderr
    assert "8 of 8 files heard" in done.stderr
    assert "genre" in done.stdout
