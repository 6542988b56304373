"""Files that are replaced as a whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mat_desktop.whole_file import whole_file


def test_it_takes_the_place_only_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    with whole_file(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    with pytest.raises(ZeroDivisionError), whole_file(path) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a.txt"]  # noqa: PTH208 - a name is enough


def test_two_at_once_spoil_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with whole_file(path) as first, whole_file(path) as second:
        first.write(b"first")
        second.write(b"2")
    assert path.read_bytes() == b"first"


@pytest.mark.skipif(os.name == "nt", reason="links and modes of POSIX")
def test_a_link_and_a_mode_stay(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to("real")
    with whole_file(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o640


def test_a_file_that_is_open_elsewhere_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Windows the window reads a run's files just when training replaces them."""
    path = tmp_path / "a.txt"
    path.write_bytes(b"old")
    real, waits = Path.replace, list[float]()

    def busy(self: Path, target: Path) -> Path:
        if len(waits) < 2:
            error = PermissionError(13, "in use")
            error.winerror = 32  # type: ignore[attr-defined, unused-ignore]
            raise error
        return real(self, target)

    monkeypatch.setattr(Path, "replace", busy)
    monkeypatch.setattr("mat_desktop.whole_file.time.sleep", waits.append)
    with whole_file(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
    assert len(waits) == 2
